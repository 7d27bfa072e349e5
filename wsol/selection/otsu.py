"""Otsu's threshold (Otsu 1979): the one that parts a map's values best into two groups."""

from collections.abc import Sequence

import numpy as np


def separability(heatmap: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """Otsu's criterion at each threshold: the variance between the two groups, divided by the variance of all values.

    Otsu's threshold is the one with the highest criterion. Otsu calls that value the separability of the groups (his
    eta, equation 15), which does not depend on the scale of the values, and so compares maps, too.

    Args:
        heatmap: (h, w) float.
        thresholds: values of the heatmap. The groups are the values above a threshold and the others.

    Returns:
        (thresholds,) float64 in 0..1. 0 where one of the groups is empty, as in a map of equal values.

    Example:
        >>> separability(np.array([[0.0, 0.0, 1.0, 1.0]]), [0.5, 1.0]).tolist()
        [1.0, 0.0]
    """
    values = np.sort(np.asarray(heatmap, float).ravel())
    below = np.searchsorted(values, np.asarray(thresholds, values.dtype), side="right")  # (thresholds,)
    sums = np.concatenate([[0.0], np.cumsum(values - values.mean())])[below]  # of the lower group, about the mean
    # w0 w1 (m1 - m0)^2 = sums^2 / (below * above), since the sums of both groups add up to 0
    between = np.divide(sums**2, below * (values.size - below), out=np.zeros(len(below)), where=_both(below, values))
    variance = values.var()
    return between / variance if variance > 0 else np.zeros(len(below))


def _both(below: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Whether both groups have a value: (thresholds,) bool."""
    return (below > 0) & (below < values.size)
