"""Localization scores of a map over a set of images, each as one value an image.

A score is the mean of its values over the images, so that one resampling of the images gives the
interval of every score.
"""

from typing import NamedTuple

import numpy as np

LOCALIZED = 0.5  # IoU from which an image counts as localized
# the columns of what `wsol.scores.max_box_acc.localized` gives
MAX_BOX_ACCS = ("max_box_acc", "max_box_acc_v2_30", "max_box_acc_v2_50", "max_box_acc_v2_70")


class Found(NamedTuple):
    """What a map found in a set of images: IoU (images, thresholds) and `wsol.scores.max_box_acc.localized` of each."""

    ious: np.ndarray
    localized: np.ndarray


class Score(NamedTuple):
    """A score's value for each image, and the threshold it was taken at: a fraction, or NaN for a mean over several."""

    values: np.ndarray
    threshold: float


def fixed(ious: np.ndarray, threshold: float, top1: np.ndarray, top5: np.ndarray) -> dict[str, Score]:
    """The scores at one threshold.

    Args:
        ious: (images,) float.
        threshold: what they were taken at.
        top1, top5: (images,) bool, whether the true class is the first, or among the first five, predicted.

    Returns:
        Mean IoU; GT-known Loc, an IoU of at least .5; Top-1 and Top-5 Loc, that and the class.
    """
    hit = ious >= LOCALIZED
    values = {"mean_iou": ious, "gt_known_loc": hit, "top1_loc": hit & top1, "top5_loc": hit & top5}
    return {name: Score(own.astype(float), threshold) for name, own in values.items()}


def transferred(
    choice: Found, found: Found, thresholds: np.ndarray, top1: np.ndarray, top5: np.ndarray
) -> dict[str, Score]:
    """The scores whose thresholds are chosen on one set of images and reported on another; of equals the lowest.

    Args:
        choice: of the images on which thresholds are chosen: those of the highest mean IoU, MaxBoxAcc….
        found: of the images reported on. The same images for both give the oracle: the best in hindsight,
            which is how the field reports MaxBoxAcc.
        thresholds: (thresholds,) of `ious`.
        top1, top5: as for `fixed`.

    Returns:
        The scores of `fixed` at the threshold of the best mean IoU, with `_chosen` after their names; MaxBoxAcc;
        MaxBoxAccV2, the mean of those at an IoU of .3, .5 and .7, and each (Choe et al. 2020, section 4.1).
    """
    at = int(choice.ious.mean(axis=0).argmax())
    scores = fixed(found.ious[:, at], float(thresholds[at]), top1, top5)
    scores = {f"{name}_chosen": score for name, score in scores.items()}
    levels = choice.localized.mean(axis=0).argmax(axis=0)  # (4,)
    for column, (name, level) in enumerate(zip(MAX_BOX_ACCS, levels.tolist(), strict=True)):
        hit = found.localized[:, level, column].astype(float)
        scores[name] = Score(hit, level / found.localized.shape[1])
    v2 = np.mean([scores[name].values for name in MAX_BOX_ACCS[1:]], axis=0)
    return scores | {"max_box_acc_v2": Score(v2, np.nan)}


def empty_maps(heatmaps: np.ndarray) -> int:
    """How many of the heatmaps (images, h, w) have no positive value, and so no box."""
    return int((heatmaps.max(axis=(1, 2)) <= 0).sum())
