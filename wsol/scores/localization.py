"""Localization scores of a map's boxes, each as one value an image.

A score is the mean of its values over the images, so one resampling of the images gives the interval of every score.

Scores travel as one tidy table: a row for each map, layer, refinement, split and score, with the `threshold` at which
the boxes were drawn (a fraction, or NaN for a mean over several) and `values`, an array (images,) float64.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from wsol.boxes.geometry import DELTAS, localized
from wsol.maps.keys import KEY, UNREFINED, Key
from wsol.scores.images import mean_of_images

HALF = 0.5  # IoU from which an image counts as localized
# the columns of `wsol.scores.max_box_acc.localized`
MAX_BOX_ACCS = ("max_box_acc", "max_box_acc_v2_30", "max_box_acc_v2_50", "max_box_acc_v2_70")


class Localizations(NamedTuple):
    """How a map's boxes overlap the ground truth of a set of images, and whether the classifier is right.

    A refined map has one box an image: one threshold, NaN, and one level.
    """

    ious: np.ndarray  # (thresholds, images) float64
    hits: np.ndarray  # (levels, images, 4) bool, as `wsol.scores.max_box_acc.localized` gives them for an image
    top1_right: np.ndarray  # (images,) bool
    top5_right: np.ndarray  # (images,) bool


def at_threshold(ious: np.ndarray, threshold: float, top1_right: np.ndarray, top5_right: np.ndarray) -> pd.DataFrame:
    """The scores of boxes drawn at one threshold.

    Args:
        ious: (images,) float.
        threshold: written into the table.
        top1_right, top5_right: (images,) bool, whether the true class is the first, or among the first five, predicted.

    Returns:
        Columns score, threshold, values. Scores are mean_iou; gt_known_loc, which is 1 for an IoU of at least 0.5;
        top1_loc and top5_loc, which also require the class to be right.

    Example:
        >>> right = np.array([True, False])
        >>> table = at_threshold(np.array([0.6, 0.4]), 0.1, right, right)
        >>> {row.score: float(row.values.mean()) for row in table.itertuples()}
        {'mean_iou': 0.5, 'gt_known_loc': 0.5, 'top1_loc': 0.5, 'top5_loc': 0.5}
    """
    hits = localized(ious, HALF)
    values = {"mean_iou": ious, "gt_known_loc": hits, "top1_loc": hits & top1_right, "top5_loc": hits & top5_right}
    return _table([(name, threshold, score) for name, score in values.items()])


def at_best_thresholds(choice: Localizations, reported: Localizations, thresholds: np.ndarray) -> pd.DataFrame:
    """The scores whose thresholds are the best on one set of images, reported on another. Of equals, the lowest wins.

    Args:
        choice: the images on which each score's threshold is chosen.
        reported: the images of the values. With the same images as `choice` the scores are optimistic; this is how
            the field reports MaxBoxAcc.
        thresholds: (thresholds,) of `ious`.

    Returns:
        Columns score, threshold, values. Scores are those of `at_threshold` with `_chosen` after their names, at the
        threshold of the best mean IoU; MaxBoxAcc; MaxBoxAccV2 at IoUs of 0.3, 0.5 and 0.7 and their mean
        (Choe et al. 2020, section 4.1). If `choice` has no image and there are several thresholds, none can be chosen:
        thresholds and values are NaN.

    Example:
        >>> right, hits = np.array([True]), np.zeros((2, 1, 4), bool)
        >>> holdout = Localizations(np.array([[0.2], [0.6]]), hits, right, right)  # best at the second threshold
        >>> test = Localizations(np.array([[0.9], [0.7]]), hits, right, right)
        >>> print(*at_best_thresholds(holdout, test, np.array([0.1, 0.3])).iloc[0])
        mean_iou_chosen 0.3 [0.7]
    """
    best = int(mean_of_images(choice.ious).argmax())
    chosen = at_threshold(reported.ious[best], float(thresholds[best]), reported.top1_right, reported.top5_right)
    chosen["score"] += "_chosen"
    levels = mean_of_images(choice.hits, axis=1).argmax(axis=0)  # (4,)
    count = len(reported.hits) if len(reported.hits) > 1 else np.nan  # a refined map has no threshold
    accuracies = [
        (name, level / count, reported.hits[level, :, column])
        for column, (name, level) in enumerate(zip(MAX_BOX_ACCS, levels.tolist(), strict=True))
    ]
    v2 = np.mean([hits for *_, hits in accuracies[1:]], axis=0)
    table = pd.concat([chosen, _table([*accuracies, ("max_box_acc_v2", np.nan, v2)])], ignore_index=True)
    return table if choice.ious.shape[1] or len(thresholds) == 1 else _not_chosen(table)


def _not_chosen(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(threshold=np.nan, values=[np.full(len(values), np.nan) for values in table["values"]])


def with_fixed(chosen: pd.DataFrame, fixed: pd.DataFrame) -> pd.DataFrame:
    """The scores at the fixed threshold stand for those at a threshold that could not be chosen.

    Args:
        chosen: rows of the tidy table, as `at_best_thresholds` gives them.
        fixed: rows of the same maps and splits at the fixed threshold, as `at_threshold` gives them.

    Returns:
        The rows of `chosen`. Those of a score `..._chosen` whose threshold could not be chosen have the threshold and
        the values of the fixed one. MaxBoxAcc, whose thresholds are of another scale, stays NaN.

    Example:
        >>> key = {"map": ["cam"], "layer": "conv5", "refinement": "none", "split": "test"}
        >>> unknown, known = [np.array([np.nan])], [np.array([0.5])]
        >>> chosen = pd.DataFrame(key | {"score": "mean_iou_chosen", "threshold": np.nan, "values": unknown})
        >>> fixed = pd.DataFrame(key | {"score": "mean_iou", "threshold": 0.1, "values": known})
        >>> with_fixed(chosen, fixed)[["score", "threshold", "values"]].to_numpy().tolist()
        [['mean_iou_chosen', 0.1, array([0.5])]]
    """
    at_a_threshold = (chosen["refinement"] == UNREFINED) & chosen["score"].str.endswith("_chosen")
    not_chosen = at_a_threshold & chosen["threshold"].isna()
    if not not_chosen.any():
        return chosen
    stand_ins = fixed.assign(score=fixed["score"] + "_chosen")
    replaced = chosen[not_chosen].drop(columns=["threshold", "values"]).merge(stand_ins, on=[*KEY, "split", "score"])
    return pd.concat([chosen[~not_chosen], replaced], ignore_index=True)


def hits_of_boxes(ious: np.ndarray) -> np.ndarray:
    """The `hits` (1, images, 4) of images that have one box, from its IoUs (1, images).

    Example:
        >>> hits_of_boxes(np.array([[0.4, 0.8]])).astype(int).tolist()
        [[[0, 1, 0, 0], [1, 1, 1, 1]]]
    """
    return localized(ious[..., None], np.array([HALF, *DELTAS]))


def _table(rows: list[tuple[str, float, np.ndarray]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["score", "threshold", "values"])
    return table.assign(values=[values.astype(float) for values in table["values"]])


def with_oracle(table: pd.DataFrame, oracle: pd.DataFrame) -> pd.DataFrame:
    """Adds `oracle`, each score's mean with the threshold chosen on the images themselves, and `oracle_threshold`.

    Args:
        table: as `at_best_thresholds` gives it, with thresholds chosen on other images.
        oracle: the same, with thresholds chosen on the reported images.
    """
    assert table["score"].tolist() == oracle["score"].tolist()
    means = [float(mean_of_images(values)) for values in oracle["values"]]
    return table.assign(oracle=means, oracle_threshold=oracle["threshold"].to_numpy())


def of_map(scores: pd.DataFrame, key: Key) -> pd.DataFrame:
    """The rows of one map: (map, layer, refinement).

    Example:
        >>> table = pd.DataFrame([("cam", "last", "none"), ("grad_cam", "last", "none")], columns=KEY)
        >>> of_map(table, ("grad_cam", "last", "none")).index.tolist()
        [1]
    """
    return scores[(scores[KEY] == list(key)).all(axis=1)]


def empty_maps(heatmaps: np.ndarray) -> np.ndarray:
    """Which of the heatmaps (images, h, w) have no positive value, and so no box: (images,) bool.

    Example:
        >>> empty_maps(np.array([[[0, 1]], [[0, 0]], [[0, -1]]]))
        array([False,  True,  True])
    """
    return heatmaps.max(axis=(1, 2)) <= 0
