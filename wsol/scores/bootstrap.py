"""Intervals of means by resampling the images, and paired tests (Efron and Tibshirani 1993, chapters 13 and 15)."""

from collections.abc import Iterator

import numpy as np
from tqdm import tqdm

PERCENTILES = (2.5, 97.5)  # of a 95 % interval
DRAWS_AT_ONCE = 256  # draws held as float64
COLUMNS_AT_ONCE = 256
ROUNDING = 1e-9  # relative; means this close are equal


def resampled(images: int, draws: int, seed: int) -> np.ndarray:
    """How often each draw contains each image.

    Args:
        images: number of images; a draw takes as many, with repeats.
        draws: number of draws.
        seed: of the random numbers.

    Returns:
        (draws, images) uint8. An image is in no draw 256 times: the chance is below 1e-300.

    Example:
        >>> resampled(5, 3, seed=0).sum(axis=1).tolist()
        [5, 5, 5]
    """
    rng, counts = np.random.default_rng(seed), np.empty((draws, images), np.uint8)
    for row in tqdm(counts, desc="bootstrap", unit=" draws", disable=None):
        row[:] = np.bincount(rng.integers(0, images, images), minlength=images)
    return counts


def interval(values: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means and their 95 % percentile intervals.

    Args:
        values: (images, columns) float.
        counts: (draws, images), as `resampled` gives it, or its columns of the images of a group. Draws with none of
            the images are left out.

    Returns:
        Mean, lower and upper end, each (columns,) float64.

    Example:
        >>> mean, low, high = interval(np.array([[0.0], [1.0]]), counts=np.array([[2, 0], [1, 1], [0, 2]]))
        >>> print(mean, low, high)  # the draws' means are 0, 0.5 and 1
        [0.5] [0.025] [0.975]
    """
    drawn = counts.sum(axis=1)
    means = products(counts, values)[drawn > 0] / drawn[drawn > 0, None]  # (draws, columns)
    low, high = np.percentile(means, PERCENTILES, axis=0)
    return values.mean(axis=0), low, high


def sign_flip_p(differences: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Two-sided p of the paired randomization test: the mean, had each image's difference either sign by chance.

    p is (1 + draws whose mean is at least as far from 0) / (1 + draws).

    Args:
        differences: (images, columns) float.
        draws: number of random sign patterns.
        seed: of the random signs.

    Returns:
        (columns,) float64 in 0..1; 1 where all differences are 0.

    Example:
        >>> differences = np.array([[0.1, 0.0], [0.2, 0.0], [0.3, 0.0]])
        >>> sign_flip_p(differences, draws=10_000, seed=0).round(2).tolist()  # 2 of 8 sign patterns reach 0.6
        [0.25, 1.0]
    """
    signs = np.random.default_rng(seed).integers(0, 2, (draws, len(differences)), np.int8) * np.int8(2) - np.int8(1)
    flipped, observed = np.abs(products(signs, differences)), np.abs(differences.sum(axis=0))
    tolerance = ROUNDING * np.abs(differences).sum(axis=0)
    return (1 + (flipped >= observed - tolerance).sum(axis=0)) / (1 + draws)


def products(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`weights @ values`, (draws, images) of small integers @ (images, columns), a few weights at a time as float.

    Example:
        >>> products(np.array([[2, 0], [1, 1]], np.uint8), np.array([[0.5], [1.0]])).tolist()
        [[1.0], [1.5]]
    """
    parts = [weights[rows].astype(float) @ values for rows in _slices(len(weights), DRAWS_AT_ONCE)]
    return np.concatenate(parts)


def column_slices(columns: int) -> Iterator[slice]:
    """Slices of at most COLUMNS_AT_ONCE columns, which bound the memory of `interval`."""
    return _slices(columns, COLUMNS_AT_ONCE)


def _slices(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's (1979) adjusted p values (tests,) of one family: the smallest times all, the next times one fewer, ...

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
        [0.03, 0.06, 0.06]
    """
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1)
    return adjusted
