"""Boxes that do not look at the image. A useful map beats them.

Boxes are boxes_yxyx, fractions of the image, upper edges exclusive.
"""

import numpy as np
import pandas as pd

from wsol.boxes.geometry import area, iou_with_ground_truth
from wsol.maps.keys import KEY, NO_LAYER, UNREFINED
from wsol.scores.localization import Localizations, at_best_thresholds, at_threshold, hits_of_boxes

CENTRE_BOX = "centre_box"
FULL_IMAGE_YXYX = np.array([0.0, 0.0, 1.0, 1.0])
SIDES = np.arange(1, 101) / 100  # of the centre box, fractions of the image's sides
UNCHOSEN_SIDE = 0.71  # of the centre box where none can be chosen: half of the image's area
EDGES = ["ymin", "xmin", "ymax", "xmax"]


def centre_boxes() -> np.ndarray:
    """Boxes (sides, 4) around the image's centre, one for each of SIDES.

    Example:
        >>> centre_boxes()[49].tolist()
        [0.25, 0.25, 0.75, 0.75]
    """
    return np.stack([(1 - SIDES) / 2] * 2 + [(1 + SIDES) / 2] * 2, axis=1)


def mean_box(ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """The mean (4,) of all ground-truth boxes (images, most, 4), edge by edge.

    Example:
        >>> mean_box(np.array([[[0, 0, 0.5, 1]], [[0.5, 0, 1, 1]]])).tolist()
        [0.25, 0.0, 0.75, 1.0]
    """
    return ground_truth_yxyx[area(ground_truth_yxyx) > 0].mean(axis=0)


def ious(boxes_yxyx: np.ndarray, ground_truth_yxyx: np.ndarray, rule: str) -> np.ndarray:
    """IoU (boxes, images) of the same boxes (boxes, 4) with every image's ground truth (images, most, 4).

    Example:
        >>> ious(FULL_IMAGE_YXYX[None], np.array([[[0, 0, 0.5, 1]], [[0, 0, 1, 1]]]), "best").tolist()
        [[0.5, 1.0]]
    """
    shape = len(boxes_yxyx), len(ground_truth_yxyx), 4
    return iou_with_ground_truth(np.broadcast_to(boxes_yxyx[:, None], shape), ground_truth_yxyx, rule)


def chosen_boxes(ground_truth_yxyx: np.ndarray, rule: str) -> dict[str, np.ndarray]:
    """The baselines' boxes, each (4,): the full image, the centre box with the best mean IoU, and the mean box.

    Args:
        ground_truth_yxyx: (images, most, 4) float, of the images on which the last two are chosen.
        rule: `best` or `first` (see `wsol.boxes.geometry.iou_with_ground_truth`).

    Returns:
        The boxes by name. If no image has a ground-truth box, the centre box has UNCHOSEN_SIDE, and there is no mean
        box.

    Example:
        >>> chosen_boxes(np.array([[[0.25, 0.25, 0.75, 0.75]]]), "best")["centre_box"].tolist()
        [0.25, 0.25, 0.75, 0.75]
    """
    centres = centre_boxes()
    if not (area(ground_truth_yxyx) > 0).any():
        (unchosen,) = centres[np.isclose(SIDES, UNCHOSEN_SIDE)]
        return {"full_image": FULL_IMAGE_YXYX, CENTRE_BOX: unchosen}
    best = int(ious(centres, ground_truth_yxyx, rule).mean(axis=1).argmax())
    return {"full_image": FULL_IMAGE_YXYX, CENTRE_BOX: centres[best], "mean_box": mean_box(ground_truth_yxyx)}


def scores(
    boxes: dict[str, np.ndarray],
    ground_truth_yxyx: np.ndarray,
    rule: str,
    top1_right: np.ndarray,
    top5_right: np.ndarray,
) -> pd.DataFrame:
    """The scores of the baselines' boxes (4,) on images with ground truth (images, most, 4).

    These are all scores of a map with one box an image, as a refined map has it. A box has no threshold: a score and
    the same one with `_chosen` after its name are equal.

    Returns:
        Columns baseline, ymin, xmin, ymax, xmax, score, values.

    Example:
        >>> right, ground_truth_yxyx = np.array([True]), np.array([[[0, 0, 0.5, 1]]])
        >>> print(*scores({"full_image": FULL_IMAGE_YXYX}, ground_truth_yxyx, "best", right, right).iloc[0])
        full_image 0.0 0.0 1.0 1.0 mean_iou [0.5]
    """
    tables = []
    for name, box_yxyx in boxes.items():
        overlaps = ious(box_yxyx[None], ground_truth_yxyx, rule)[0]
        boxes_of_images = Localizations(overlaps[None], hits_of_boxes(overlaps[None]), top1_right, top5_right)
        chosen = at_best_thresholds(boxes_of_images, boxes_of_images, np.array([np.nan]))
        table = pd.concat([at_threshold(overlaps, np.nan, top1_right, top5_right), chosen]).drop(columns="threshold")
        for place, (column, value) in enumerate(zip(["baseline", *EDGES], [name, *box_yxyx], strict=True)):
            table.insert(place, column, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def among_maps(table: pd.DataFrame) -> pd.DataFrame:
    """The baselines' scores as rows of the tidy table: the map is the baseline's name, the layer is NO_LAYER.

    Args:
        table: columns baseline, score, values.

    Returns:
        Columns map, layer, refinement, score, threshold (NaN), values.

    Example:
        >>> table = pd.DataFrame({"baseline": ["centre_box"], "score": "mean_iou", "values": [np.array([0.5])]})
        >>> print(*among_maps(table).iloc[0])
        centre_box none none mean_iou nan [0.5]
    """
    key = {"map": table["baseline"], "layer": NO_LAYER, "refinement": UNREFINED}
    return table.assign(**key, threshold=np.nan)[[*KEY, "score", "threshold", "values"]]
