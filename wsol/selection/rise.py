"""Insertion and deletion (RISE, Petsiuk et al. 2018, section 4.3): how fast the class appears and vanishes.

The pixels of a picture are shown, or hidden, in the order of a map's values, highest first. The area under the curve of
the class's probability over the share of pixels rates the map: a high one of insertion, a low one of deletion.

Two differences to the authors' code (eclique/RISE, evaluation.py): hidden pixels are blurred in both curves, where
theirs are grey in deletion; and the curve has few points, since each is a forward pass.
"""

import numpy as np

from wsol.boxes.heatmap_boxes import upsampled

FRACTIONS = (0.2, 0.5)  # of the pixels, between none and all


def steps(hidden: np.ndarray, shown: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """Pictures of which the first FRACTIONS of the pixels are shown.

    Args:
        hidden, shown: (side, side, 3) float32; the blurred and the whole picture for insertion, the reverse for
            deletion.
        heatmap: (h, w) float. Of equal values, the first in raster order comes first.

    Returns:
        (FRACTIONS, side, side, 3) float32.

    Example:
        >>> black, white = np.zeros((2, 2, 1)), np.ones((2, 2, 1))
        >>> steps(black, white, np.array([[0.0, 1.0], [0.5, 0.0]]))[1, ..., 0].tolist()  # two of four pixels
        [[0.0, 1.0], [1.0, 0.0]]
    """
    values = upsampled(heatmap, len(shown)).ravel()
    places = np.empty(values.size, int)
    places[np.argsort(-values, kind="stable")] = np.arange(values.size)
    pictures = [
        np.where((places < round(fraction * values.size)).reshape(shown.shape[:2] + (1,)), shown, hidden)
        for fraction in FRACTIONS
    ]
    return np.stack(pictures)


def area_under_curve(first: np.ndarray, between: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The area under the curve of probabilities, by trapezoids.

    Args:
        first, last: (...) float, with no and with all pixels.
        between: (..., FRACTIONS) float.

    Returns:
        (...) float64 in 0..1.

    Example:
        >>> float(area_under_curve(np.array(0.0), np.array([0.2, 0.5]), np.array(1.0)))  # a straight line
        0.5
    """
    curve = np.concatenate([np.asarray(first)[..., None], between, np.asarray(last)[..., None]], axis=-1)
    return np.trapezoid(curve.astype(float), [0, *FRACTIONS, 1], axis=-1)
