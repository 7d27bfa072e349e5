"""How fast are the boxes of one map at many thresholds?

    python -m benchmarks.boxes

Random maps of 7 x 7 and 28 x 28 on a canvas of 224 x 224, one thread. Ours gives the box of the
component of the most pixels, by one sweep. The peers search the contours at each threshold:

findContours     the outer contours alone, the cheapest mode, and the box of the one of most area
wsolevaluation   `compute_bboxes_from_scoremaps` of clovaai/wsolevaluation, which is on no registry,
                 written out from its definition: 8 bit, all contours as a tree

Upsampling is the same for all and is not timed. Thresholds lie evenly, and none on a map's value.
"""

import time
from collections.abc import Callable

import cv2
import numpy as np

from benchmarks import timing
from wsol.boxes import heatmap_boxes, union_find

MAPS, ROUNDS, CANVAS = 20, 15, 224


def main() -> None:
    cv2.setNumThreads(1)
    results: dict[str, dict[str, float]] = {}
    for size in (7, 28):
        canvases = [heatmap_boxes.upsampled(heatmap, CANVAS) for heatmap in heatmaps(size)]
        for count in (20, 100, 255):
            thresholds = ((np.arange(count) + 0.5) / count).astype(np.float32)
            title = f"{size} x {size} at {count} thresholds"
            found = compare(title, canvases, thresholds)
            results |= {f"{peer}, {title}": ratio for peer, ratio in found.items()}
    timing.write("boxes", {"unit": "ours over the peer's", "ratios": results})


def heatmaps(size: int) -> np.ndarray:
    maps = np.random.default_rng(0).random((MAPS, size, size)).astype(np.float32)
    return maps / maps.max(axis=(1, 2), keepdims=True)


def compare(title: str, canvases: list[np.ndarray], thresholds: np.ndarray) -> dict[str, dict[str, float]]:
    methods = {"ours": union_find.largest_boxes, "findContours": find_contours, "wsolevaluation": wsolevaluation}
    contestants = {name: timed(method, canvases, thresholds) for name, method in methods.items()}
    for run in contestants.values():
        run()
    seconds = timing.in_turn(contestants, ROUNDS)
    ratios = timing.ratios(seconds, "ours")
    timing.table(title, "ms a map", seconds, ratios)
    return ratios


def timed(method: Callable, canvases: list[np.ndarray], thresholds: np.ndarray) -> Callable[[], float]:
    def run() -> float:
        start = time.perf_counter()
        for canvas in canvases:
            method(canvas, thresholds)
        return (time.perf_counter() - start) / len(canvases)

    return run


def find_contours(canvas: np.ndarray, thresholds: np.ndarray) -> list[tuple[int, ...]]:
    found = []
    for threshold in thresholds:
        mask = (canvas > threshold).astype(np.uint8)
        contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        found.append(tuple(cv2.boundingRect(max(contours, key=cv2.contourArea))) if contours else (0, 0, 0, 0))
    return found


def wsolevaluation(scoremap: np.ndarray, thresholds: np.ndarray) -> list[list[int]]:
    """[x0, y0, x1, y1] at each threshold, a fraction of the map's maximum, in whole grey levels."""
    height, width = scoremap.shape
    grey = np.expand_dims((scoremap * 255).astype(np.uint8), 2)
    found = []
    for threshold in thresholds:
        _, mask = cv2.threshold(grey, int(threshold * np.max(grey)), 255, cv2.THRESH_BINARY)
        contours = cv2.findContours(mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[0]
        x, y, w, h = cv2.boundingRect(max(contours, key=cv2.contourArea)) if contours else (0, 0, 0, 0)
        found.append([x, y, min(x + w, width - 1), min(y + h, height - 1)])
    return found


if __name__ == "__main__":
    main()
