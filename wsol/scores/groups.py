"""Groups of images by which a mean is broken down."""

import numpy as np

from wsol.boxes.geometry import area

THIRDS = ("small", "middle", "large")


def groups(
    labels: np.ndarray, classes: list[str], predicted: np.ndarray, ground_truth_yxyx: np.ndarray
) -> list[tuple[str, str, np.ndarray]]:
    """All groups that have an image.

    Args:
        labels, predicted: (images,) indices of `classes`.
        classes: names.
        ground_truth_yxyx: (images, most, 4) float, fractions of the image; rows of zeros are none.

    Returns:
        (breakdown, group, rows (members,) of its images). `size` splits the images into thirds by the area of their
        largest ground-truth box; of equal areas, the first images go into the smaller third.

    Example:
        >>> labels, ground_truth_yxyx = np.array([0, 1]), np.array([[[0, 0, 1, 1]], [[0, 0, 0.5, 0.5]]])
        >>> parts = groups(labels, ["beagle", "pug"], labels, ground_truth_yxyx)
        >>> [(breakdown, group, rows.tolist()) for breakdown, group, rows in parts if breakdown == "size"]
        [('size', 'small', [1]), ('size', 'middle', [0])]
    """
    areas = area(ground_truth_yxyx)
    by_area = np.array_split(np.argsort(areas.max(axis=1), kind="stable"), len(THIRDS))
    several, right = (areas > 0).sum(axis=1) > 1, labels == predicted
    all_groups = [
        ("all", "all", np.arange(len(labels))),
        *(("size", name, np.sort(rows)) for name, rows in zip(THIRDS, by_area, strict=True)),
        *(("boxes", name, np.flatnonzero(mask)) for name, mask in (("one", ~several), ("several", several))),
        *(("prediction", name, np.flatnonzero(mask)) for name, mask in (("right", right), ("wrong", ~right))),
        *(("class", name, np.flatnonzero(labels == label)) for label, name in enumerate(classes)),
    ]
    return [(breakdown, group, rows) for breakdown, group, rows in all_groups if len(rows)]
