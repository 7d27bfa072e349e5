"""The thresholds at which boxes are drawn, as fractions of a heatmap's maximum."""

from collections.abc import Sequence

import numpy as np


def grid(step: float, also: Sequence[float]) -> list[float]:
    """The multiples of a step below 1, and more thresholds, ascending and without repeats.

    Args:
        step: in 0..1, greater than 0.
        also: thresholds to add, in 0..1.

    Example:
        >>> grid(0.25, [0.1, 0.25])
        [0.1, 0.25, 0.5, 0.75]
    """
    multiples = np.arange(step, 1 - 1e-9, step)
    return np.unique(np.round([*multiples, *also], 9)).tolist()


def index_of(thresholds: Sequence[float] | np.ndarray, threshold: float) -> int:
    """The index of a threshold on the grid.

    Raises:
        ValueError: it is not on the grid.
    """
    indices = np.flatnonzero(np.isclose(thresholds, threshold, rtol=0, atol=1e-9))
    if not len(indices):
        raise ValueError(f"threshold {threshold} is not on the grid: add it to boxes.thresholds.also")
    return int(indices[0])
