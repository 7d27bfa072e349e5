"""The selectors: what each says of every candidate, from measures in which no ground-truth box has a part.

Each selector gives a number a candidate; higher is better. The best candidate is the first with the highest number.
"""

import numpy as np
import pandas as pd

from wsol.selection.agreement import mirror_consistency
from wsol.selection.candidates import FIXED_RULE, fixed_rule
from wsol.selection.variants import Measures


def numbers(measures: Measures, table: pd.DataFrame, maps: np.ndarray) -> dict[str, np.ndarray]:
    """Every selector's numbers.

    Args:
        measures: of `wsol.selection.variants.measures`, with an axis of images before the others; and separability
            and agreement, (images, candidates); boxes_yxyx and of_mirrored_yxyx, (images, candidates, 4).
        table: as `wsol.selection.candidates.candidates` gives it.
        maps: (candidates,) int, the number of each candidate's map.

    Returns:
        Numbers (candidates,) float64 by the selector's name.

        - fixed_rule: 1 for the candidate of `fixed_rule`, 0 for the others. Nothing is measured.
        - otsu: the mean of Otsu's criterion (see `wsol.selection.otsu`).
        - agreement, mirror: see `wsol.selection.agreement`.
        - average_drop_crop, increase_crop: of the box's crop (see `average_drop` and `increase`).
        - occlusion: the class's probability with all but the box blurred, less that with the box blurred.
        - occlusion_less_centred: the same, less that of a box of the same size in the image's centre.
        - average_drop_masked, increase_masked, insertion, deletion: of a map, with no threshold. Otsu's criterion
          orders the thresholds of a map.
        - occlusion_otsu: the map is that of the best candidate by occlusion; Otsu's criterion orders its thresholds.
    """
    whole = measures["probability"][:, None]  # (images, 1)
    otsu = measures["separability"].mean(axis=0)
    occlusion = measures["kept"] - measures["removed"]
    of_centred = measures["kept_centred"] - measures["removed_centred"]
    by_map = {
        "average_drop_masked": average_drop(whole, measures["masked"]),
        "increase_masked": increase(whole, measures["masked"]),
        "insertion": measures["insertion"].mean(axis=0),
        "deletion": -measures["deletion"].mean(axis=0),
        "occlusion_otsu": best_of_maps(occlusion.mean(axis=0), maps),
    }
    return {
        FIXED_RULE: (np.arange(len(table)) == fixed_rule(table)).astype(float),
        "otsu": otsu,
        "agreement": measures["agreement"].mean(axis=0),
        "mirror": mirror_consistency(measures["boxes_yxyx"], measures["of_mirrored_yxyx"]),
        "average_drop_crop": average_drop(whole, measures["cropped"]),
        "increase_crop": increase(whole, measures["cropped"]),
        "occlusion": occlusion.mean(axis=0),
        "occlusion_less_centred": (occlusion - of_centred).mean(axis=0),
        **{name: lexicographic(values[maps], -maps, otsu) for name, values in by_map.items()},
    }


def average_drop(whole: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """The mean share of the probability that is lost, negated: -relu(p - p') / p (Chattopadhay 2018, section 4.1).

    Args:
        whole: (images, 1) float, the class's probability p of the whole pictures.
        changed: (images, n) float, p' of the changed pictures.

    Returns:
        (n,) float64 in -1..0. An image with p = 0 has nothing to lose and counts as 0.

    Example:
        >>> average_drop(np.array([[0.5], [0.0]]), np.array([[0.25, 0.75], [0.5, 0.0]])).tolist()
        [-0.25, 0.0]
    """
    lost = np.maximum(whole - changed, 0)
    return -np.divide(lost, whole, out=np.zeros_like(lost), where=whole > 0).mean(axis=0) + 0.0


def increase(whole: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """The share of images whose probability rises, 1[p' > p] (Chattopadhay 2018, section 4.1).

    Args:
        whole, changed: as for `average_drop`.

    Returns:
        (n,) float64 in 0..1.

    Example:
        >>> increase(np.array([[0.8], [0.1]]), np.array([[0.9, 0.8], [0.5, 0.2]])).tolist()
        [1.0, 0.5]
    """
    return (changed > whole).mean(axis=0)


def best_of_maps(values: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """The highest value of each map's candidates: (maps,) from values and numbers of maps, (candidates,) each.

    Example:
        >>> best_of_maps(np.array([0.1, 0.3, 0.2, 0.0]), np.array([0, 0, 1, 1])).tolist()
        [0.3, 0.2]
    """
    return pd.Series(values).groupby(maps).max().to_numpy()


def lexicographic(*values: np.ndarray) -> np.ndarray:
    """Numbers that order by the first values, where these are equal by the second, and so on.

    Args:
        values: (n,) float each.

    Returns:
        (n,) float64: 0 for the lowest, 1 for the next one, and so on. Equals have the same number.

    Example:
        >>> lexicographic(np.array([0.5, 0.5, 0.9]), np.array([0.2, 0.7, 0.1])).tolist()
        [0.0, 1.0, 2.0]
    """
    return np.unique(np.stack(values, axis=1), axis=0, return_inverse=True)[1].astype(float)
