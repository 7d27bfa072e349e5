"""Rules that choose the images of the gallery and of the layer strip. Ties are broken by a seed."""

import numpy as np

DIGITS = 9  # values are compared after rounding, so that rounding errors of a sum do not decide


def gallery_groups(ious: np.ndarray, per_group: int, seed: int) -> dict[str, list[int]]:
    """Choose the images of the gallery.

    `best`, `median` and `worst` go by the mean of an image's IoUs: the highest means, the means closest to the median
    of all images, and the lowest means. `differ most` goes by the largest difference of an image's IoUs; there is no
    such group of a single map. An image is in the first group that selects it and in no other.

    Args:
        ious: (images, maps) float, IoUs of CAM, where it is drawn, and of the compared map, 0..1.
        per_group: highest number of images in a group.
        seed: decides the order of images with equal values.

    Returns:
        Dict from a group's name to image numbers, best match first. Empty groups are left out.

    >>> cam, compared = np.array([0.9, 0.1, 0.5, 0.8, 0.6]), np.array([0.9, 0.1, 0.5, 0.0, 0.6])
    >>> gallery_groups(np.stack([cam, compared], axis=1), per_group=1, seed=0)
    {'best': [0], 'median': [2], 'worst': [1], 'differ most': [3]}
    """
    mean, difference = ious.mean(axis=1), np.ptp(ious, axis=1)
    sort_keys = {
        "best": -mean,
        "median": np.abs(mean - np.median(mean)),
        "worst": mean,
        "differ most": -difference,
    }
    if ious.shape[1] == 1:
        del sort_keys["differ most"]
    groups: dict[str, list[int]] = {}
    chosen: set[int] = set()
    for name, key in sort_keys.items():
        groups[name] = [image for image in _sorted_images([key], seed) if image not in chosen][:per_group]
        chosen.update(groups[name])
    return {name: images for name, images in groups.items() if images}


def typical_image(ious: np.ndarray, eligible: np.ndarray, without_box: np.ndarray, seed: int) -> int:
    """Choose the image whose IoU by layer correlates most with the mean IoU by layer.

    The image is one of those with the fewest maps without a box. Of these, an eligible one is chosen if there is one.
    The correlation is Pearson's over the layers. It counts as 0 where one of the two is constant. Ties are broken by
    the mean absolute difference to the mean IoU, then by the seed.

    Args:
        ious: (images, layers) float, 0..1. All images count for the mean.
        eligible: (images,) bool, which images may be chosen. If none is, all are.
        without_box: (images,) int, number of an image's maps that have no box.
        seed: decides between images that are equal in all of this.

    Returns:
        Number of the image.

    >>> ious = np.array([[0.1, 0.9], [0.5, 0.7], [0.9, 0.8]])
    >>> typical_image(ious, np.array([True, True, True]), without_box=np.array([0, 0, 0]), seed=0)
    1
    >>> typical_image(ious, np.array([True, True, True]), without_box=np.array([0, 1, 0]), seed=0)
    0
    """
    mean = ious.mean(axis=0, keepdims=True)  # (1, layers)
    distance = np.abs(ious - mean).mean(axis=1)
    return _sorted_images([without_box, ~eligible, -_correlation(ious, mean), distance], seed)[0]


def random_images(eligible: np.ndarray, number: int, seed: int) -> tuple[dict[str, list[int]], int]:
    """Choose images at random, where no image has an IoU.

    Args:
        eligible: (images,) bool, which images may be in the layer strip. If none is, all are.
        number: of images of the gallery, at most.
        seed: of the random order.

    Returns:
        Dict from the group `random` to image numbers, and the image number for the layer strip.

    >>> groups, strip = random_images(np.array([False, True, False]), number=2, seed=0)
    >>> len(groups["random"]), strip
    (2, 1)
    """
    images = _sorted_images([np.zeros(len(eligible))], seed)[:number]
    return {"random": images}, _sorted_images([~eligible], seed)[0]


def _correlation(ious: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Pearson's correlation (images,) of each row of ious (images, layers) with mean (1, layers)."""
    ious, mean = (values - values.mean(axis=1, keepdims=True) for values in (ious, mean))
    spread = np.sqrt((ious**2).sum(axis=1) * (mean**2).sum())
    constant = spread < 10.0**-DIGITS  # a constant less its mean leaves rounding errors only
    return np.divide((ious * mean).sum(axis=1), spread, out=np.zeros(len(ious)), where=~constant)


def _sorted_images(keys: list[np.ndarray], seed: int) -> list[int]:
    """Image numbers sorted in ascending order of the first key, then of the next, then at random."""
    random_order = np.random.default_rng(seed).permutation(len(keys[0]))
    rounded = [np.round(np.asarray(key, float), DIGITS) for key in keys]
    return np.lexsort([random_order, *reversed(rounded)]).tolist()
