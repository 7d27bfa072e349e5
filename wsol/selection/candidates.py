"""What a selector chooses from: every map at a few thresholds, looked at on a few images."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from wsol.boxes.geometry import is_empty
from wsol.maps.keys import FUSION, KEY

PARTS = 10  # of a side, to which the edges of boxes are rounded before pictures are made of them
FIXED_RULE = "fixed_rule"  # name of the selector that measures nothing
FIXED_MAP, FIXED_THRESHOLD = "layer_cam", 0.1  # of the fixed rule


def nearest(thresholds: Sequence[float], wanted: Sequence[float]) -> list[int]:
    """Indices of the thresholds that are nearest to the wanted ones, ascending and without repeats.

    Args:
        thresholds: ascending.
        wanted: in any order. Of two thresholds that are equally near, the lower one is taken.

    Example:
        >>> nearest([0.05, 0.1, 0.3], [0.3, 0.1, 0.12])
        [1, 2]
    """
    distances = np.abs(np.subtract.outer(np.asarray(wanted), np.asarray(thresholds))).round(9)  # (wanted, thresholds)
    return np.unique(distances.argmin(axis=1)).tolist()


def candidates(maps: pd.DataFrame, thresholds: Sequence[float]) -> pd.DataFrame:
    """Each map at each threshold: a row a candidate, map by map.

    Args:
        maps: columns map, layer, refinement.
        thresholds: ascending.

    Example:
        >>> maps = pd.DataFrame({"map": ["cam"], "layer": "conv5", "refinement": "none"})
        >>> candidates(maps, [0.1, 0.2]).to_numpy().tolist()
        [['cam', 'conv5', 'none', 0.1], ['cam', 'conv5', 'none', 0.2]]
    """
    rows = maps[KEY].loc[maps.index.repeat(len(thresholds))].reset_index(drop=True)
    return rows.assign(threshold=np.tile(np.asarray(thresholds, float), len(maps)))


def fixed_rule(table: pd.DataFrame) -> int:
    """The row of the candidate that is taken where nothing is measured.

    That is the mean of LayerCAM over the layers, or the first mean over layers that is drawn, or the first map, at the
    threshold nearest to 0.1.

    Args:
        table: as `candidates` gives it.

    Example:
        >>> maps = pd.DataFrame({"map": ["cam", "layer_cam"], "layer": ["conv5", "all"], "refinement": "none"})
        >>> fixed_rule(candidates(maps, [0.1, 0.2]))
        2
    """
    fused = table["layer"] == FUSION
    by_preference = (fused & (table["map"] == FIXED_MAP), fused, fused | True)
    rows = next(np.flatnonzero(rows) for rows in by_preference if rows.any())
    rows = rows[(table[KEY].iloc[rows] == table[KEY].iloc[rows[0]]).all(axis=1)]  # of one map
    return int(rows[nearest(table["threshold"].iloc[rows].tolist(), [FIXED_THRESHOLD])[0]])


def first_images(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Rows of a few images, spread evenly over the classes.

    Args:
        labels: (images,) int.
        count: number of images; all of them if there are no more.
        seed: of the order of each class's images, and of the classes.

    Returns:
        (min(count, images),) int, ascending. A larger count gives the same rows and more.

    Example:
        >>> labels = np.array([0, 0, 0, 1, 1, 1])
        >>> labels[first_images(labels, 4, seed=0)].tolist()
        [0, 0, 1, 1]
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    places = pd.Series(labels[order]).groupby(labels[order]).cumcount().to_numpy()  # of an image in its class
    return np.sort(order[np.argsort(places, kind="stable")][:count])


def rounded(boxes_yxyx: np.ndarray) -> np.ndarray:
    """Boxes with edges on a grid of PARTS parts of a side, so that few of them differ.

    Args:
        boxes_yxyx: (..., 4) float, fractions of the image.

    Returns:
        (..., 4) float64 in 0..1. A box that is not empty has a side of at least one part. Empty boxes are four zeros.

    Example:
        >>> rounded(np.array([0.42, 0.5, 0.43, 1.0])).tolist()
        [0.4, 0.5, 0.5, 1.0]
    """
    edges = np.clip(np.round(np.asarray(boxes_yxyx, float) * PARTS), 0, PARTS)
    lower = np.minimum(edges[..., :2], PARTS - 1)
    upper = np.maximum(edges[..., 2:], lower + 1)
    boxes = np.concatenate([lower, upper], axis=-1) / PARTS
    return np.where(is_empty(np.asarray(boxes_yxyx))[..., None], 0.0, boxes)
