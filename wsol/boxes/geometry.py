"""What a box is, and the IoU of boxes.

Conventions, of the whole project:

- boxes_yxyx = [ymin, xmin, ymax, xmax] on the last axis. Upper edges are exclusive.
- Units are fractions of the image, or pixels where stated.
- A box without area is empty. This includes crossed edges. An empty box has IoU 0 with any box.
- "No box" is written as four zeros, and zeros pad arrays of images with fewer boxes.
- Areas are height · width, without the `+ 1` of some codes.
"""

from collections.abc import Iterable

import numpy as np

# IoUs are compared with delta - TOLERANCE. Edges stored as float32 fractions have a relative error of
# 6e-8, so an IoU of exactly delta can be computed as less. Measured on 200,000 pairs of boxes with an
# IoU of 1/2: at most 8e-7 less if the box's sides are at least 5 % of the image's. Smaller boxes can
# still be missed (5e-6 less). A larger tolerance would reach the next IoU below 1/2 of large images.
TOLERANCE = 1e-6
DELTAS = (0.3, 0.5, 0.7)  # IoUs of MaxBoxAccV2 from which an image counts as localized; MaxBoxAcc's is the middle one


def iou(first_yxyx: np.ndarray, second_yxyx: np.ndarray) -> np.ndarray:
    """Intersection over union of pairs of boxes.

    Args:
        first_yxyx: (..., 4) float boxes_yxyx, in any unit.
        second_yxyx: (..., 4) float boxes_yxyx, in the same unit. The shapes are broadcast.

    Returns:
        (...) float64 in 0..1. 0 if one of the boxes is empty.

    >>> import numpy as np
    >>> print(iou(np.array([0, 0, 2, 2]), np.array([[0, 0, 2, 2], [0, 0, 1, 2], [2, 2, 3, 3]])))
    [1.  0.5 0. ]
    """
    first, second = np.asarray(first_yxyx, float), np.asarray(second_yxyx, float)
    overlap = area(_intersection(first, second))
    union = area(first) + area(second) - overlap
    return np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)


def area(boxes_yxyx: np.ndarray) -> np.ndarray:
    """Areas of boxes.

    Args:
        boxes_yxyx: (..., 4) float or int, in any unit.

    Returns:
        (...) of the same dtype, in the unit squared. 0 for empty boxes.

    >>> import numpy as np
    >>> print(area(np.array([[0, 0, 2, 3], [2, 3, 0, 0]])))  # the second has crossed edges
    [6 0]
    """
    sides = np.clip(boxes_yxyx[..., 2:] - boxes_yxyx[..., :2], 0, None)
    return sides[..., 0] * sides[..., 1]


def is_empty(boxes_yxyx: np.ndarray) -> np.ndarray:
    """Whether boxes (..., 4) have no area: (...) bool."""
    return area(boxes_yxyx) == 0


def localized(ious: np.ndarray, delta: float | np.ndarray) -> np.ndarray:
    """Whether IoUs reach a threshold, up to the rounding of float32 fractions.

    Args:
        ious: (...) float64.
        delta: IoU threshold, such as 0.5. An array is broadcast.

    Returns:
        (...) bool, ious >= delta - TOLERANCE.

    >>> import numpy as np
    >>> print(localized(np.array([0.5, 0.49999998, 0.4999]), 0.5))
    [ True  True False]
    """
    return np.asarray(ious) >= delta - TOLERANCE


def centred(boxes_yxyx: np.ndarray) -> np.ndarray:
    """Boxes of the same heights and widths around the image's centre.

    Args:
        boxes_yxyx: (..., 4) float, fractions of the image.

    Returns:
        (..., 4) of the same dtype. Boxes that are four zeros become four times 0.5, which is empty, too.

    >>> import numpy as np
    >>> print(centred(np.array([0, 0, 0.5, 1])))
    [0.25 0.   0.75 1.  ]
    """
    sides = boxes_yxyx[..., 2:] - boxes_yxyx[..., :2]
    return np.concatenate([(1 - sides) / 2, (1 + sides) / 2], axis=-1)


def padded_boxes(boxes_yxyx: Iterable[np.ndarray]) -> np.ndarray:
    """Stack the ground truth of images with different numbers of boxes.

    Args:
        boxes_yxyx: for each image its boxes, flat: (4 * boxes,) float.

    Returns:
        (images, most, 4) float64. `most` is the largest number of boxes of an image. Empty boxes are
        dropped, the others keep their order. Zeros pad images with fewer boxes.
    """
    images = [np.reshape(flat, (-1, 4)).astype(float) for flat in boxes_yxyx]
    images = [boxes[~is_empty(boxes)] for boxes in images]
    padded = np.zeros((len(images), max(map(len, images), default=0), 4))
    for row, boxes in zip(padded, images, strict=True):
        row[: len(boxes)] = boxes
    return padded


def iou_with_ground_truth(boxes_yxyx: np.ndarray, ground_truth_yxyx: np.ndarray, rule: str) -> np.ndarray:
    """IoU of each image's boxes with the image's ground truth.

    Args:
        boxes_yxyx: (..., images, 4) float, such as (thresholds, images, 4), fractions of the image.
        ground_truth_yxyx: (images, most, 4) float, fractions of the image, padded with zeros.
        rule: `best`, the highest IoU with any ground-truth box of the image, or `first`, the IoU with
            its first box.

    Returns:
        (..., images) float64 in 0..1. 0 for empty boxes, and for images without ground truth.

    Raises:
        ValueError: the numbers of images differ.
    """
    if boxes_yxyx.shape[-2:] != (len(ground_truth_yxyx), 4):
        raise ValueError(
            f"Expected boxes_yxyx of shape (..., {len(ground_truth_yxyx)}, 4) for {len(ground_truth_yxyx)} images of "
            f"ground truth, received {boxes_yxyx.shape}: put the images on the last axis but one."
        )
    if rule == "first":
        ground_truth_yxyx = ground_truth_yxyx[:, :1]
    best = np.zeros(boxes_yxyx.shape[:-1])
    for number in range(ground_truth_yxyx.shape[1]):
        nth_yxyx = ground_truth_yxyx[:, number]  # (images, 4)
        images = np.flatnonzero(~is_empty(nth_yxyx))  # few images have a second box: skip the others
        ious = iou(boxes_yxyx[..., images, :], nth_yxyx[images])
        best[..., images] = np.maximum(best[..., images], ious)
    return best


def _intersection(first_yxyx: np.ndarray, second_yxyx: np.ndarray) -> np.ndarray:
    """The overlap (..., 4) of pairs of boxes. Its edges are crossed where they do not overlap."""
    lower = np.maximum(first_yxyx[..., :2], second_yxyx[..., :2])
    upper = np.minimum(first_yxyx[..., 2:], second_yxyx[..., 2:])
    return np.concatenate([lower, upper], axis=-1)
