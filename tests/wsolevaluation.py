"""clovaai/wsolevaluation's MaxBoxAcc and MaxBoxAccV2, written out from their definition.

A score map is resized cubically, brought from its minimum at 0 to its maximum at 1 and to 8 bits. At each
threshold, a fraction of the map's maximum, the contours of what lies above it are searched as a tree; a contour's box
is its bounding rectangle, [x, y, x + width, y + height], the last two at most the last column and row. MaxBoxAcc looks
at the contour of the largest area, V2 at all. IoU counts a pixel more than the difference of two coordinates;
ground truth is in whole pixels of the resized image; the best ground-truth box counts.
"""

import pathlib

import cv2
import numpy as np
import pandas as pd

from wsol.boxes.geometry import padded_boxes

DELTAS = (0.3, 0.5, 0.7)


def grey(heatmap: np.ndarray, size: int) -> np.ndarray:
    resized = cv2.resize(heatmap.astype(np.float64), (size, size), interpolation=cv2.INTER_CUBIC)
    resized -= resized.min()
    return (resized / resized.max() * 255).astype(np.uint8) if resized.any() else resized.astype(np.uint8)


def boxes_xyxy(grey: np.ndarray, level: int) -> tuple[list[tuple[int, ...]], int]:
    """The boxes of all contours above a grey level, and which of them is the largest contour's."""
    height, width = grey.shape
    contours = cv2.findContours((grey > level).astype(np.uint8), cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[0]
    if not contours:
        return [(0, 0, 0, 0)], 0
    found: list[tuple[int, ...]] = [
        (x, y, min(x + w, width - 1), min(y + h, height - 1)) for x, y, w, h in map(cv2.boundingRect, contours)
    ]
    return found, int(np.argmax([cv2.contourArea(contour) for contour in contours]))


def iou(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0]) + 1
    height = min(one[3], other[3]) - max(one[1], other[1]) + 1
    both = max(width, 0) * max(height, 0)
    areas = [(xmax - xmin + 1) * (ymax - ymin + 1) for xmin, ymin, xmax, ymax in (one, other)]
    return both / (sum(areas) - both)


def ious(heatmap: np.ndarray, ground_truth_yxyx: np.ndarray, size: int) -> np.ndarray:
    """(255, 2): IoU of the largest contour and the best, at each grey level: of the 1,000 thresholds these differ."""
    # kept in float32, a fraction may lie a little below the whole pixel it stands for
    truth = [tuple(int(edge * size + 1e-4) for edge in box[[1, 0, 3, 2]]) for box in ground_truth_yxyx if box.any()]
    canvas, found = grey(heatmap, size), []
    for level in range(255):
        boxes, largest = boxes_xyxy(canvas, level)
        best = [max(iou(box, own) for own in truth) for box in boxes]
        found.append((best[largest], max(best)))
    return np.array(found)


def scores(heatmaps: np.ndarray, ground_truth_yxyx: np.ndarray, size: int) -> tuple[float, float]:
    """MaxBoxAcc and MaxBoxAccV2 of maps (images, h, w) and ground truth (images, most, 4), fractions of the image."""
    pairs = zip(heatmaps, ground_truth_yxyx, strict=True)
    found = np.stack([ious(heatmap, own, size) for heatmap, own in pairs])  # (images, 255, 2)
    accuracies = [(found[..., 1] >= delta).mean(axis=0).max() for delta in DELTAS]
    return float((found[..., 0] >= 0.5).mean(axis=0).max()), float(np.mean(accuracies))


def beside_ours(folder: pathlib.Path, layer: str, size: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Grad-CAM's MaxBoxAcc and V2 on test at a layer: in the tables of a clone that has run, and by definition."""
    index = pd.read_parquet(folder / "data/heatmaps/index.parquet")
    rows = (index["split"] == "test").to_numpy()
    heatmaps = np.load(folder / f"data/heatmaps/grad_cam-{layer}.npy")[rows]
    table = pd.read_csv(folder / "tables/scores.csv").set_index(["map", "layer", "score"])["oracle"]
    ours = tuple(table.loc[("grad_cam", layer, score)] for score in ("max_box_acc", "max_box_acc_v2"))
    return ours, scores(heatmaps, padded_boxes(index.loc[rows, "boxes_yxyx"]), size)
