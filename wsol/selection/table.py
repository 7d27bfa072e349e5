"""What each selector chooses, and what the choice is worth. Ground-truth boxes serve this report alone."""

import numpy as np
import pandas as pd

from wsol.maps.keys import KEY
from wsol.scores.tables import with_intervals
from wsol.selection.candidates import FIXED_RULE

HOLDOUTS_BOXES = "holdouts_boxes"  # the choice with the ground truth of all of holdout, beside the selectors
CANDIDATE = ["map", "layer", "threshold"]
ENDS = ["low", "high"]
COLUMNS = ["selector", *CANDIDATE, "mean_iou", *ENDS, "loss", "loss_low", "loss_high", "rank_correlation"]


def choices(numbers: pd.DataFrame) -> pd.DataFrame:
    """The candidate with each selector's highest number; of equals, the first.

    Args:
        numbers: a row a candidate: map, layer, refinement, threshold, and a column a selector.

    Returns:
        Columns selector, map, layer, threshold, and `candidate`, the row in `numbers`.

    Example:
        >>> numbers = pd.DataFrame({"map": ["cam"] * 2, "layer": "conv5", "refinement": "none"})
        >>> choices(numbers.assign(threshold=[0.1, 0.2], occlusion=[0.3, 0.4])).to_numpy().tolist()
        [['occlusion', 'cam', 'conv5', 0.2, 1]]
    """
    selectors = numbers.columns.drop([*KEY, "threshold"])
    best = [int(numbers[name].to_numpy().argmax()) for name in selectors]
    rows = numbers[CANDIDATE].iloc[best].reset_index(drop=True)
    rows.insert(0, "selector", selectors)
    return rows.assign(candidate=best)


def table(
    numbers: pd.DataFrame, ious: np.ndarray, best_on_holdout: pd.Series | None, counts: np.ndarray
) -> pd.DataFrame:
    """The table of selectors.

    Args:
        numbers: as for `choices`.
        ious: (candidates, test images) float. With no image, what each selector chooses is all that is known.
        best_on_holdout: of the map and threshold that are best on holdout, of all that are drawn: map, layer,
            threshold, and `values`, its IoUs (test images,). None if holdout has no box.
        counts: (draws, test images), as `wsol.scores.bootstrap.resampled` gives it.

    Returns:
        Columns selector, map, layer, threshold; mean_iou of the choice on test with its 95 % interval; loss, the mean
        IoU of `best_on_holdout` less that of the choice, paired, with its interval; rank_correlation, Spearman's, of
        the selector's numbers and the candidates' mean IoU on test. The first row is the choice of `best_on_holdout`.
        The fixed rule has no rank correlation: it orders nothing.
    """
    rows = choices(numbers)
    if not ious.shape[1]:
        return rows.reindex(columns=COLUMNS)
    rows["values"] = list(ious[rows["candidate"]])
    means = ious.mean(axis=1)
    rows["rank_correlation"] = [
        np.nan if name == FIXED_RULE else spearman(numbers[name].to_numpy(), means) for name in rows["selector"]
    ]
    if best_on_holdout is not None:
        first = best_on_holdout[[*CANDIDATE, "values"]].to_frame().T.assign(selector=HOLDOUTS_BOXES)
        rows = pd.concat([first, rows], ignore_index=True)
    return _with_loss(rows, counts, best_on_holdout)[COLUMNS]


def _with_loss(rows: pd.DataFrame, counts: np.ndarray, best_on_holdout: pd.Series | None) -> pd.DataFrame:
    scored = with_intervals(rows, counts).rename(columns={"estimate": "mean_iou"})
    if best_on_holdout is None:
        return scored.assign(loss=np.nan, loss_low=np.nan, loss_high=np.nan)
    losses = [best_on_holdout["values"] - values for values in rows["values"]]
    loss = with_intervals(pd.DataFrame({"values": losses}), counts)
    return scored.assign(loss=loss["estimate"], loss_low=loss["low"], loss_high=loss["high"])


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's rank correlation, equal values at their mean rank. NaN if all values of one are equal.

    Args:
        first, second: (n,) float.

    Example:
        >>> spearman(np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 9.0]))
        1.0
    """
    ranks = [pd.Series(values).rank().to_numpy() for values in (first, second)]
    if any(values.min() == values.max() for values in ranks):
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1].round(12))
