"""Which images the pictures show: chosen by rule, ties broken by seed."""

import numpy as np

# a tie is not to hang on the last digits of a sum
DIGITS = 9


def gallery(cam_ious: np.ndarray, grad_cam_ious: np.ndarray, each: int, seed: int) -> dict[str, list[int]]:
    """The images of the gallery.

    `best`, `median` and `worst` go by the mean of an image's two IoUs: the highest, those nearest to the images'
    median, the lowest. `differ most` goes by the two IoUs' absolute difference. An image is shown once, in the first
    group that asks for it; of equals the seed decides.

    Args:
        cam_ious, grad_cam_ious: (images,) float, in 0..1.
        each: images a group, at the most.
        seed: of the order in which equals come.

    Returns:
        Group to its rows, what fits it best first; groups that would be empty are left out.
    """
    mean = (cam_ious + grad_cam_ious) / 2
    unlike = {
        "best": -mean,
        "median": np.abs(mean - np.median(mean)),
        "worst": mean,
        "differ most": -np.abs(cam_ious - grad_cam_ious),
    }
    groups: dict[str, list[int]] = {}
    shown: set[int] = set()
    for name, key in unlike.items():
        groups[name] = [row for row in _ascending([key], seed) if row not in shown][:each]
        shown.update(groups[name])
    return {name: rows for name, rows in groups.items() if rows}


def typical(ious: np.ndarray, suited: np.ndarray, seed: int) -> int:
    """The image whose IoU rises and falls over the layers most as the mean IoU does.

    That is the highest correlation over the layers with the mean of all images, 0 where there is no rise and fall;
    of equals the one nearest to the mean, by the mean absolute difference, and then the seed decides.

    Args:
        ious: (images, layers) float, in 0..1.
        suited: (images,) bool; only such an image is chosen, unless there is none.

    Returns:
        Its row.
    """
    mean = ious.mean(axis=0, keepdims=True)  # (1, layers)
    distance = np.abs(ious - mean).mean(axis=1)
    return _ascending([~suited, -_correlation(ious, mean), distance], seed)[0]


def _correlation(rows: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Pearson's, of rows (images, layers) with another (1, layers)."""
    rows, other = (own - own.mean(axis=1, keepdims=True) for own in (rows, other))
    spread = np.sqrt((rows**2).sum(axis=1) * (other**2).sum())
    flat = spread < 10.0**-DIGITS  # what is left of a constant after its mean is rounding alone
    return np.divide((rows * other).sum(axis=1), spread, out=np.zeros(len(rows)), where=~flat)


def _ascending(keys: list[np.ndarray], seed: int) -> list[int]:
    """Rows in the ascending order of the first key, then of the next, then of chance."""
    chance = np.random.default_rng(seed).permutation(len(keys[0]))
    rounded = [np.round(np.asarray(key, float), DIGITS) for key in keys]
    return np.lexsort([chance, *reversed(rounded)]).tolist()
