"""Boxes that look at nothing: what a map has to beat. Fractions of the image, yxyx, upper edges exclusive."""

import numpy as np

from wsol.boxes.geometry import area, iou_with_ground_truth

FULL_IMAGE_YXYX = np.array([[0.0, 0.0, 1.0, 1.0]])
SIDES = np.arange(1, 101) / 100  # of the centre box, fractions of the image's


def centre_boxes() -> np.ndarray:
    """Boxes (sides, 4) around the image's centre, one for each of SIDES."""
    return np.stack([(1 - SIDES) / 2] * 2 + [(1 + SIDES) / 2] * 2, axis=1)


def mean_box(ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """The mean (1, 4) of all ground-truth boxes (images, most, 4), edge by edge."""
    return ground_truth_yxyx[area(ground_truth_yxyx) > 0].mean(axis=0, keepdims=True)


def centred(boxes_yxyx: np.ndarray) -> np.ndarray:
    """Boxes (..., 4) of the same heights and widths around the image's centre."""
    sides = boxes_yxyx[..., 2:] - boxes_yxyx[..., :2]
    return np.concatenate([(1 - sides) / 2, (1 + sides) / 2], axis=-1)


def ious(boxes_yxyx: np.ndarray, ground_truth_yxyx: np.ndarray, rule: str) -> np.ndarray:
    """IoU (images, boxes) of the same boxes (boxes, 4) with every image's ground truth (images, most, 4)."""
    same = np.broadcast_to(boxes_yxyx, (len(ground_truth_yxyx), *boxes_yxyx.shape))
    return iou_with_ground_truth(same, ground_truth_yxyx, rule)


def boxes(ground_truth_yxyx: np.ndarray, rule: str) -> dict[str, np.ndarray]:
    """The baselines' boxes, each (1, 4): the full image, the centre box of the best mean IoU, and the mean box.

    Args:
        ground_truth_yxyx: (images, most, 4) float, of the images on which the last two are chosen.
        rule: `best` or `first` (see `wsol.boxes.geometry.iou_with_ground_truth`).
    """
    centres = centre_boxes()
    best = int(ious(centres, ground_truth_yxyx, rule).mean(axis=0).argmax())
    return {
        "full_image": FULL_IMAGE_YXYX,
        "centre_box": centres[best : best + 1],
        "mean_box": mean_box(ground_truth_yxyx),
    }
