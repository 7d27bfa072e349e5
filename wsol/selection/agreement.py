"""How a candidate's boxes agree: with those of other maps, and with those on mirrored pictures."""

import numpy as np

from wsol.boxes.geometry import iou, is_empty


def agreement(boxes_yxyx: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Mean IoU of each candidate's box with the boxes of all candidates of other maps.

    Args:
        boxes_yxyx: (candidates, 4) float, of one image.
        maps: (candidates,) int, the number of each candidate's map.

    Returns:
        (candidates,) float64 in 0..1. 0 if there is no other map.

    Example:
        >>> boxes_yxyx = np.array([[0, 0, 1, 1], [0, 0, 0.5, 1], [0, 0, 1, 1]])
        >>> agreement(boxes_yxyx, np.array([0, 0, 1])).tolist()  # the third: (1 + 0.5) / 2
        [1.0, 0.5, 0.75]
    """
    others = maps[:, None] != maps  # (candidates, candidates)
    overlaps = np.where(others, iou(boxes_yxyx[:, None], boxes_yxyx), 0)
    counts = others.sum(axis=1)
    return np.divide(overlaps.sum(axis=1), counts, out=np.zeros(len(maps)), where=counts > 0)


def mirrored(boxes_yxyx: np.ndarray) -> np.ndarray:
    """Boxes (..., 4), fractions of the image, on the picture whose left and right are swapped. Empty ones stay zeros.

    Example:
        >>> mirrored(np.array([0, 0, 1, 0.25])).tolist()
        [0.0, 0.75, 1.0, 1.0]
    """
    ymin, xmin, ymax, xmax = np.moveaxis(np.asarray(boxes_yxyx, float), -1, 0)
    flipped = np.stack([ymin, 1 - xmax, ymax, 1 - xmin], axis=-1)
    return np.where(is_empty(np.asarray(boxes_yxyx))[..., None], 0.0, flipped)


def mirror_consistency(boxes_yxyx: np.ndarray, of_mirrored_yxyx: np.ndarray) -> np.ndarray:
    """Mean IoU of a candidate's box with its box on the mirrored picture, corrected for chance.

    Chance is the mean IoU with the boxes of the other pictures' mirror images. The correction is that of Cohen's
    kappa, (mean - chance) / (1 - chance): a candidate whose box is the same for all pictures has 0, not 1.

    Args:
        boxes_yxyx: (images, candidates, 4) float, fractions of the image.
        of_mirrored_yxyx: the same shape, drawn on the mirrored pictures and then mirrored back.

    Returns:
        (candidates,) float64, at most 1. 0 where chance is 1. Chance is 0 if there is one image.

    Example:
        >>> halves = np.array([[[0, 0, 1, 0.5]], [[0, 0.5, 1, 1]]])
        >>> mirror_consistency(halves, halves).tolist()  # 1 with its own, 0 with the other's
        [1.0]
    """
    overlaps = iou(boxes_yxyx[:, None], of_mirrored_yxyx[None])  # (images, images, candidates)
    images = len(overlaps)
    same = np.einsum("iic->c", overlaps) / images
    chance = (overlaps.sum(axis=(0, 1)) - same * images) / max(images * (images - 1), 1)
    return np.divide(same - chance, 1 - chance, out=np.zeros_like(same), where=chance < 1 - 1e-9)
