import numpy as np
import pytest

from wsol.data import objects
from wsol.errors import InputError

NAMES = ["beagle", "pug", "whippet"]
ALL = np.arange(3)
NO_BOX = [0.0, 0.0, 0.0, 0.0]


def label_of(labels: list[int], boxes_yxyx: list[list[float]], new_labels: np.ndarray = ALL) -> int | None:
    labelled = objects.labelled(np.array(labels), np.array(boxes_yxyx), new_labels)
    return None if labelled is None else labelled.label


def test_the_label_has_the_largest_total_area() -> None:
    quarter, tenth = [0, 0, 0.5, 0.5], [0, 0, 0.2, 0.5]
    assert label_of([0, 1], [quarter, tenth]) == 0
    assert label_of([0, 1, 1, 1], [quarter, tenth, tenth, tenth]) == 1  # 0.25, and 3 * 0.1
    assert label_of([0, 0, 0, 1], [NO_BOX, NO_BOX, NO_BOX, tenth]) == 1  # a box beats any number without


def test_without_boxes_it_is_the_most_frequent() -> None:
    assert label_of([2, 0, 2], [NO_BOX] * 3) == 2
    assert label_of([2, 0], [NO_BOX] * 2) == 0  # of equal ones the first


def test_the_boxes_are_the_labels() -> None:
    boxes_yxyx = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.1, 0.1], NO_BOX, [0.5, 0.5, 1, 1]])
    labelled = objects.labelled(np.array([1, 0, 1, 1]), boxes_yxyx, ALL)
    assert labelled is not None
    assert labelled.boxes_yxyx.tolist() == [[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]]
    assert labelled.several


def test_only_chosen_classes_count() -> None:
    new_labels = objects.relabelling(NAMES, ["whippet", "pug"])
    assert new_labels.tolist() == [-1, 0, 1]  # in the source's order
    assert label_of([0, 2], [[0, 0, 1, 1], [0, 0, 0.1, 0.1]], new_labels) == 1  # the beagle is larger
    assert label_of([0], [[0, 0, 1, 1]], new_labels) is None
    assert label_of([], [], new_labels) is None


@pytest.mark.parametrize(
    ("names", "wanted", "sentence"),
    [
        (NAMES, ["pug", "begle"], "got 'begle', nearest are beagle"),
        (NAMES, ["pug", "pug"], "each class once; got 'pug' twice"),
        (["pug"], "all", r"at least two classes to tell apart; got 1 \(pug\)"),
    ],
)
def test_slips(names: list[str], wanted: list[str] | str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        objects.relabelling(names, wanted)
