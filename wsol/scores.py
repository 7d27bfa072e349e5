"""Localization scores over a set of images."""

from collections.abc import Iterable

import numpy as np

from wsol.iou import area, iou_with_ground_truth

FULL_IMAGE_YXYX = np.array([0.0, 0.0, 1.0, 1.0])


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


def mean_ious(boxes_yxyx: np.ndarray, ground_truth_yxyx: np.ndarray, rule: str) -> np.ndarray:
    """Mean IoU over the images at each threshold.

    Args:
        boxes_yxyx: (images, thresholds, 4) float.
        ground_truth_yxyx: (images, most, 4) float, as `padded_boxes` gives it.
        rule: `best` or `first` (see `wsol.iou.iou_with_ground_truth`).

    Returns:
        (thresholds,) float64.
    """
    return iou_with_ground_truth(boxes_yxyx, ground_truth_yxyx, rule).mean(axis=0)


def full_image_iou(ground_truth_yxyx: np.ndarray, rule: str) -> float:
    """Mean IoU of the box that looks at nothing: the whole image."""
    boxes_yxyx = np.broadcast_to(FULL_IMAGE_YXYX, (len(ground_truth_yxyx), 1, 4))
    return float(mean_ious(boxes_yxyx, ground_truth_yxyx, rule)[0])


def empty_maps(heatmaps: np.ndarray) -> int:
    """How many of the heatmaps (images, h, w) have no positive value, and so no box."""
    return int((heatmaps.max(axis=(1, 2)) <= 0).sum())
