"""Intersection over union of boxes."""

from collections.abc import Iterable

import numpy as np


def iou(boxes_yxyx: np.ndarray, others_yxyx: np.ndarray) -> np.ndarray:
    """IoU of boxes pair by pair, by areas, without the field's occasional +1.

    Args:
        boxes_yxyx: (..., 4) float, [ymin, xmin, ymax, xmax], upper edges exclusive, in any unit.
        others_yxyx: (..., 4) float, in the same unit; the shapes are broadcast.

    Returns:
        (...) float64 in 0..1; 0 wherever one box is empty.
    """
    boxes, others = np.asarray(boxes_yxyx, float), np.asarray(others_yxyx, float)
    overlap = area(np.concatenate(_intersection(boxes, others), -1))
    union = area(boxes) + area(others) - overlap
    return np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)


def area(boxes_yxyx: np.ndarray) -> np.ndarray:
    """Areas (...) of boxes (..., 4); a box whose edges are crossed has none."""
    sides = np.clip(boxes_yxyx[..., 2:] - boxes_yxyx[..., :2], 0, None)
    return sides[..., 0] * sides[..., 1]


def _intersection(boxes: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.maximum(boxes[..., :2], others[..., :2]), np.minimum(boxes[..., 2:], others[..., 2:])


def padded_boxes(boxes: Iterable[np.ndarray]) -> np.ndarray:
    """Ground truth of images with any number of boxes, as one array.

    Args:
        boxes: for each image its boxes, flat: (4 * count,) float.

    Returns:
        (images, most, 4) float64 boxes_yxyx; boxes with no area are dropped, zeros fill up.
    """
    kept = [own[area(own) > 0] for own in (np.reshape(flat, (-1, 4)).astype(float) for flat in boxes)]
    padded = np.zeros((len(kept), max(map(len, kept), default=0), 4))
    for row, own in zip(padded, kept, strict=True):
        row[: len(own)] = own
    return padded


def iou_with_ground_truth(boxes_yxyx: np.ndarray, ground_truth_yxyx: np.ndarray, rule: str) -> np.ndarray:
    """IoU of each image's boxes with its ground truth.

    Args:
        boxes_yxyx: (images, thresholds, 4) float, fractions of the image.
        ground_truth_yxyx: (images, most, 4) float; rows of zeros fill up images with fewer.
        rule: `best` of the image's ground-truth boxes, or the `first`, as in the paper.

    Returns:
        (images, thresholds) float64.
    """
    if rule == "first":
        ground_truth_yxyx = ground_truth_yxyx[:, :1]
    best = np.zeros(boxes_yxyx.shape[:2])
    for number in range(ground_truth_yxyx.shape[1]):
        own_yxyx = ground_truth_yxyx[:, number : number + 1]  # (images, 1, 4)
        rows = np.flatnonzero(area(own_yxyx))  # few images have a second box, and hardly any a fifth
        best[rows] = np.maximum(best[rows], iou(boxes_yxyx[rows], own_yxyx[rows]))
    return best
