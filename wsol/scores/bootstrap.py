"""Intervals of means by resampling the images, and paired comparisons (Efron and Tibshirani 1993, chapter 13)."""

import numpy as np
import scipy.stats
from tqdm import tqdm

PERCENTILES = (2.5, 97.5)  # of a 95 % interval


def resampled(images: int, draws: int, seed: int) -> np.ndarray:
    """How often each image is drawn: (draws, images) float64, each row a set of as many images, with repeats."""
    rng, counts = np.random.default_rng(seed), np.empty((draws, images))
    for own in tqdm(counts, desc="bootstrap", unit=" draws", disable=None):
        own[:] = np.bincount(rng.integers(0, images, images), minlength=images)
    return counts


def interval(values: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means and their 95 % percentile intervals.

    Args:
        values: (images, columns) float.
        counts: (draws, images), as `resampled` gives it, or its columns of the images of a group: draws with
            none of them are left out.

    Returns:
        Mean, lower and upper end, each (columns,) float64.
    """
    drawn = counts.sum(axis=1)
    means = (counts @ values)[drawn > 0] / drawn[drawn > 0, None]  # (draws, columns)
    low, high = np.percentile(means, PERCENTILES, axis=0)
    return values.mean(axis=0), low, high


def signed_rank_p(differences: np.ndarray) -> np.ndarray:
    """Two-sided p of the Wilcoxon signed-rank test for each column of (images, columns); 1 where all are 0."""
    some = differences.any(axis=0)
    p = np.ones(differences.shape[1])
    if some.any():
        p[some] = scipy.stats.wilcoxon(differences[:, some], axis=0, method="approx").pvalue
    return p


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's (1979) adjusted p values (tests,) of one family: the smallest times all, the next times one fewer…"""
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1)
    return adjusted
