"""The thresholds of GrabCut's seeds: `low` and `high` of `grabcut.py`."""

import itertools

LOWS = (0.1, 0.16, 0.25, 0.4, 0.6)  # each about 1.6 times the one before: the best differs that much between datasets
HIGHS = (0.7, 0.9)


def pairs(low: float | str, high: float | str, choose: bool = True) -> list[tuple[float, float]]:
    """The pairs of thresholds to try on holdout.

    Args:
        low: a fraction of the heatmap's maximum, or `holdout`, which stands for LOWS.
        high: a fraction of the heatmap's maximum, or `holdout`, which stands for HIGHS.
        choose: whether holdout can choose among several pairs. If not, the first pair stands for the best.

    Returns:
        Every (low, high) of these with low < high, in ascending order.

    Raises:
        ValueError: there is no such pair.

    >>> pairs(0.16, "holdout")
    [(0.16, 0.7), (0.16, 0.9)]
    >>> pairs("holdout", "holdout", choose=False)
    [(0.1, 0.7)]
    """
    lows = LOWS if isinstance(low, str) else (low,)
    highs = HIGHS if isinstance(high, str) else (high,)
    ascending = [(first, second) for first, second in itertools.product(lows, highs) if first < second]
    if not ascending:
        raise ValueError(f"low {low} is not below high {high}: lower low, or raise high")
    return ascending if choose else ascending[:1]
