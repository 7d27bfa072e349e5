"""Checks of heatmaps before they are stored."""

from collections.abc import Mapping

import numpy as np


def not_finite(heatmaps: Mapping[tuple[str, str], np.ndarray]) -> tuple[str, str, int] | None:
    """Find the first heatmap with a NaN or an infinity.

    Every comparison with NaN is false, so such a heatmap would give a wrong box without an error.

    Args:
        heatmaps: (map, layer) -> (n, h, w) float32. Check before the cast to float16.

    Returns:
        Map, layer and row, or None if every value is finite.

    >>> not_finite({("cam", "conv5"): np.array([[[0.5]], [[np.nan]]])})
    ('cam', 'conv5', 1)
    """
    for (map_name, layer), values in heatmaps.items():
        finite = np.isfinite(values).all(axis=(1, 2))  # (n,)
        if not finite.all():
            return map_name, layer, int(finite.argmin())
    return None
