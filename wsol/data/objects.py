"""The objects of a picture: which class is its label, and which boxes count.

An object is a class and a box. An object without a box has four zeros in its place.
"""

import difflib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wsol.boxes.geometry import area
from wsol.errors import InputError


class Labelled(NamedTuple):
    """A picture's label and its boxes."""

    label: int
    boxes_yxyx: np.ndarray  # (boxes, 4) float, fractions of the image
    several: bool  # whether the picture has objects of other classes too


def labelled(labels: np.ndarray, boxes_yxyx: np.ndarray, new_labels: np.ndarray) -> Labelled | None:
    """The label of a picture and that class's boxes.

    The label is the class of the largest total area. Where no object has a box it is the most frequent class. Of equal
    classes it is the first.

    Args:
        labels: (objects,) int, the classes in the source.
        boxes_yxyx: (objects, 4) float; zeros for an object without a box.
        new_labels: (classes,) int, as `relabelling` gives them.

    Returns:
        None where no object is of a chosen class.

    >>> boxes_yxyx = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.4, 0.4], [0.5, 0.5, 0.9, 0.9]])
    >>> labelled(np.array([0, 1, 1]), boxes_yxyx, np.array([0, 1])).label  # areas 0.25, and 0.16 + 0.16
    1
    """
    labels = new_labels[np.asarray(labels, int)]
    labels, boxes_yxyx = labels[labels >= 0], np.asarray(boxes_yxyx, float).reshape(-1, 4)[labels >= 0]
    if not len(labels):
        return None
    areas, counts = np.bincount(labels, weights=area(boxes_yxyx)), np.bincount(labels)
    label = max(np.unique(labels).tolist(), key=lambda label: (areas[label], counts[label], -label))
    of_label = boxes_yxyx[labels == label]
    return Labelled(label, of_label[area(of_label) > 0], bool((labels != label).any()))


def relabelling(names: Sequence[str], wanted: Sequence[str] | str) -> np.ndarray:
    """The new label of each class of a source, or -1 for a class that is not wanted.

    The classes keep the order of the source.

    Args:
        names: of the source's classes.
        wanted: names, or `all`.

    Raises:
        InputError: a wanted class does not exist, or is named twice; or the source has fewer than two classes.

    >>> relabelling(["beagle", "pug", "whippet"], ["whippet", "beagle"])
    array([ 0, -1,  1])
    """
    if len(names) < 2:
        raise InputError(
            f"Expected at least two classes to tell apart; got {len(names)} ({', '.join(names)}): add one."
        )
    if wanted == "all":
        return np.arange(len(names))
    for name in wanted:
        if name not in names:
            nearest = ", ".join(difflib.get_close_matches(name, names, n=3, cutoff=0))
            raise InputError(f"Expected classes to name classes of the dataset; got {name!r}, nearest are {nearest}.")
        if list(wanted).count(name) > 1:
            raise InputError(f"Expected classes to name each class once; got {name!r} twice: remove one.")
    is_wanted = np.isin(names, list(wanted))
    return np.where(is_wanted, np.cumsum(is_wanted) - 1, -1)
