"""Time of the boxes of a map at many thresholds, in comparison with contours at each threshold.

    python -m benchmarks.boxes

Random maps of 7 x 7 and 28 x 28 on a canvas of 224 x 224, one thread.

ours             the box of the component of the most pixels, by one union-find for all thresholds
findContours     OpenCV at each threshold: outer contours only, its cheapest mode, and the box of the
                 contour of the largest area
wsolevaluation   `compute_bboxes_from_scoremaps` of clovaai/wsolevaluation, written from its definition,
                 because it is not on PyPI: 8 bit, OpenCV at each threshold, all contours as a tree

Upsampling is the same for all and is not timed. The thresholds are evenly spaced.
"""

import time
from collections.abc import Callable

import cv2
import numpy as np

from benchmarks import timing
from wsol.boxes.heatmap_boxes import upsampled
from wsol.boxes.union_find import largest_boxes

MAPS, ROUNDS, CANVAS_SIZE = 20, 15, 224


def main() -> None:
    cv2.setNumThreads(1)
    results: dict[str, dict[str, float]] = {}
    for size in (7, 28):
        canvases = [upsampled(heatmap, CANVAS_SIZE) for heatmap in heatmaps(size)]
        for count in (20, 100, 255):
            thresholds = ((np.arange(count) + 0.5) / count).astype(np.float32)
            title = f"{size} x {size} at {count} thresholds"
            ratios = compare(title, canvases, thresholds)
            results |= {f"{peer}, {title}": ratio for peer, ratio in ratios.items()}
    timing.write("boxes", {"unit": "ours over the peer's", "ratios": results})


def heatmaps(size: int) -> np.ndarray:
    """Noise (maps, size, size) float32, each of maximum 1."""
    maps = np.random.default_rng(0).random((MAPS, size, size)).astype(np.float32)
    return maps / maps.max(axis=(1, 2), keepdims=True)


def compare(title: str, canvases: list[np.ndarray], thresholds: np.ndarray) -> dict[str, dict[str, float]]:
    """Time all methods in turn, print a table, and return our time over each peer's."""
    methods = {"ours": largest_boxes, "findContours": find_contours, "wsolevaluation": wsolevaluation}
    contestants = {name: timed(method, canvases, thresholds) for name, method in methods.items()}
    for warm_up in contestants.values():
        warm_up()
    seconds = timing.in_turn(contestants, ROUNDS)
    ratios = timing.ratios(seconds, "ours")
    timing.table(title, "ms a map", seconds, ratios)
    return ratios


def timed(method: Callable, canvases: list[np.ndarray], thresholds: np.ndarray) -> Callable[[], float]:
    """A function that runs the method on all canvases and returns the seconds a map."""

    def run() -> float:
        start = time.perf_counter()
        for canvas in canvases:
            method(canvas, thresholds)
        return (time.perf_counter() - start) / len(canvases)

    return run


def find_contours(canvas: np.ndarray, thresholds: np.ndarray) -> list[tuple[int, ...]]:
    """x, y, width and height at each threshold, pixels."""
    boxes_xywh = []
    for threshold in thresholds:
        mask = (canvas > threshold).astype(np.uint8)
        contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        boxes_xywh.append(tuple(cv2.boundingRect(max(contours, key=cv2.contourArea))) if contours else (0, 0, 0, 0))
    return boxes_xywh


def wsolevaluation(canvas: np.ndarray, thresholds: np.ndarray) -> list[list[int]]:
    """xmin, ymin, xmax and ymax at each threshold, a fraction of the maximum, in whole grey levels."""
    height, width = canvas.shape
    grey = np.expand_dims((canvas * 255).astype(np.uint8), 2)
    boxes_xyxy = []
    for threshold in thresholds:
        _, mask = cv2.threshold(grey, int(threshold * np.max(grey)), 255, cv2.THRESH_BINARY)
        contours = cv2.findContours(mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[0]
        x, y, w, h = cv2.boundingRect(max(contours, key=cv2.contourArea)) if contours else (0, 0, 0, 0)
        boxes_xyxy.append([x, y, min(x + w, width - 1), min(y + h, height - 1)])
    return boxes_xyxy


if __name__ == "__main__":
    main()
