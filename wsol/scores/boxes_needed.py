"""How many images with boxes it takes to choose a map, a layer and a threshold.

The choice is repeated on many draws of a few images of holdout. Each time the candidate with the highest mean IoU on
the drawn images is chosen, and its mean IoU on test is reported.
"""

import numpy as np
import pandas as pd

from wsol.maps.keys import CAM, FUSION, UNREFINED
from wsol.maps.titles import method_title, title
from wsol.scores.bootstrap import products

PERCENTILES = (0.05, 0.95)
DIGITS = 9  # means that agree in these decimals are equal
COLUMNS = ["role", "candidates", "k", "mean_iou", "low", "high"]

Candidates = tuple[str, str, np.ndarray]  # role, name, rows of the table of maps


def sizes(images: int) -> list[int]:
    """The numbers of images that are drawn: 1, 2, 5, 10, 20, 50, ... below the number of images, and that number.

    Example:
        >>> sizes(70)
        [1, 2, 5, 10, 20, 50, 70]
    """
    steps = [digit * 10**power for power in range(len(str(images))) for digit in (1, 2, 5)]
    return [size for size in steps if size < images] + [images] * (images > 0)


def draws(images: int, repeats: int, seed: int) -> np.ndarray:
    """Which images each draw contains, without replacement.

    Args:
        images: number of images.
        repeats: number of draws of each size but the last. There is one draw of all images.
        seed: of the random numbers. A draw is part of the larger draws of the same repeat.

    Returns:
        (draws, images) bool, smaller draws first.

    Example:
        >>> draws(3, repeats=2, seed=0).sum(axis=1).tolist()
        [1, 1, 2, 2, 3]
    """
    places = np.tile(np.arange(images), (repeats, 1))
    order = np.random.default_rng(seed).permuted(places, axis=1)
    parts = [order[: 1 if size == images else repeats] < size for size in sizes(images)]
    return np.concatenate([np.zeros((0, images), bool), *parts])


def choices(ious: np.ndarray, reported: np.ndarray, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best candidate of each draw. Of equals, the first is chosen.

    Args:
        ious: (candidates, images) float, of the images that are drawn from.
        reported: (candidates,) float, mean IoU on the images of the report.
        drawn: (draws, images) bool, at least one image a draw.

    Returns:
        The chosen candidate's mean IoU on the drawn images and its `reported`, each (draws,) float64.

    Example:
        >>> ious = np.array([[0.2, 0.6], [0.3, 0.1]])
        >>> choices(ious, np.array([0.5, 0.4]), np.array([[True, False], [True, True]]))
        (array([0.3, 0.4]), array([0.4, 0.5]))
    """
    means = np.round(products(drawn, ious.T) / drawn.sum(axis=1)[:, None], DIGITS)  # (draws, candidates)
    best = means.argmax(axis=1)
    return means[np.arange(len(means)), best], reported[best]


def candidates(maps: pd.DataFrame) -> list[Candidates]:
    """The sets of maps among which the choice is made, each map at all of its thresholds.

    Args:
        maps: columns map, layer, refinement.

    Returns:
        Role, name and rows (maps,) bool of each set: `all`, every unrefined map; `refined`, these and the refined maps,
        which have no threshold; a `method`, its unrefined maps at any layer; a `fusion`, one map. The fusion is
        LayerCAM's, or each one where LayerCAM has none. A set that repeats an earlier one is left out.

    Example:
        >>> maps = pd.DataFrame({"map": ["cam", "grad_cam"], "layer": "conv5", "refinement": "none"})
        >>> for role, name, rows in candidates(maps):
        ...     print(role, name, rows)
        all all maps [ True  True]
        method CAM [ True False]
        method Grad-CAM, any layer [False  True]
    """
    unrefined = (maps["refinement"] == UNREFINED).to_numpy()
    every = np.ones(len(maps), bool)
    sets = [("all", "all maps", unrefined), ("refined", "all maps and refined maps", every)]
    for name in maps.loc[unrefined, "map"].unique():
        sets.append(("method", _any_layer(name), unrefined & (maps["map"] == name).to_numpy()))
    fused = unrefined & (maps["layer"] == FUSION).to_numpy()
    layer_cam = fused & (maps["map"] == "layer_cam").to_numpy()
    for row in np.flatnonzero(layer_cam if layer_cam.any() else fused):
        sets.append(("fusion", title(maps["map"].iloc[row], FUSION), np.arange(len(maps)) == row))
    return _distinct(sets)


def _any_layer(map_name: str) -> str:
    return method_title(map_name) if map_name == CAM else f"{method_title(map_name)}, any layer"


def _distinct(sets: list[Candidates]) -> list[Candidates]:
    """The sets that have a map, without those that repeat an earlier one."""
    first = {rows.tobytes(): place for place, (*_, rows) in reversed(list(enumerate(sets))) if rows.any()}
    return [sets[place] for place in sorted(first.values())]


def table(maps: pd.DataFrame, highest: np.ndarray, reported: np.ndarray, drawn: np.ndarray) -> pd.DataFrame:
    """What the choice on k images gives, for each set of candidates and each k.

    Args:
        maps: columns map, layer, refinement.
        highest, reported: (maps, draws) float, as `choices` gives them for the thresholds of each map.
        drawn: (draws, images) bool, as `draws` gives it.

    Returns:
        Columns role, candidates, k; mean_iou, low and high: mean, 5th and 95th percentile over the draws of the
        mean IoU of the choice. No row without draws.
    """
    tables = [pd.DataFrame(columns=COLUMNS)]
    for role, name, rows in candidates(maps):
        best = highest[rows].argmax(axis=0)  # (draws,); of equal maps, the first
        chosen = np.take_along_axis(reported[rows], best[None], axis=0)[0]
        tables.append(_summary(drawn.sum(axis=1), chosen).assign(role=role, candidates=name))
    return pd.concat([part for part in tables if len(part)] or tables, ignore_index=True)[COLUMNS]


def _summary(k: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    groups = pd.Series(values).groupby(k)
    low, high = (groups.quantile(percentile) for percentile in PERCENTILES)
    return pd.DataFrame({"mean_iou": groups.mean(), "low": low, "high": high}).rename_axis("k").reset_index()
