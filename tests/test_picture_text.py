"""Names of classes, and what the JSON file of a picture holds."""

import numpy as np
import pytest

from wsol.errors import InputError
from wsol.maps import picture_text
from wsol.maps.keys import MapKey

NAMES = ["crane", "dog", "maillot", "crane", "7"]


def test_a_class_by_name_or_number() -> None:
    assert picture_text.class_number("dog", NAMES) == 1
    assert picture_text.class_number("3", NAMES) == 3
    assert picture_text.class_number("7", NAMES) == 4  # a name that looks like a number


def test_a_name_of_two_classes_is_answered_with_their_numbers() -> None:
    with pytest.raises(InputError, match="'crane' is the name of the classes 0 and 3: give one of these numbers"):
        picture_text.class_number("crane", NAMES)


@pytest.mark.parametrize("wanted", ["5", "-1", "cat", ""])
def test_no_such_class(wanted: str) -> None:
    with pytest.raises(InputError, match="Expected --class to be a number from 0 to 4 or a class's name"):
        picture_text.class_number(wanted, NAMES)


@pytest.mark.parametrize("encoded", [b"cat\nGro\xc3\x9fhund", b"\xef\xbb\xbfcat\r\n Gro\xc3\x9fhund \r\n\r\n"])
def test_names_of_a_file(encoded: bytes) -> None:
    assert picture_text.class_names(encoded, 2, "names.txt") == ["cat", "Großhund"]


@pytest.mark.parametrize(
    ("encoded", "sentence"),
    [
        (b"", r"Expected 2 names of classes in names\.txt, one a line, .*; got 0"),
        (b"cat\ndog\nemu", "got 3"),
        (b"cat\nGro\xdfhund", r"Expected names\.txt to be a text file in UTF-8"),
    ],
)
def test_a_wrong_file_of_names(encoded: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        picture_text.class_names(encoded, 2, "names.txt")


def test_the_five_best_classes_and_the_mapped_one() -> None:
    content = picture_text.classes(np.array([0.1, 0.3, 0.3, 0.1, 0.05, 0.15]), "abcdef", label=4)
    assert content["predicted"] == {"label": 1, "name": "b", "probability": 0.3}  # of equals the first
    assert content["mapped"] == {"label": 4, "name": "e", "probability": 0.05}
    assert [chosen["name"] for chosen in content["classes"]] == ["b", "c", "f", "a", "d"]


def test_the_predicted_class_is_mapped_where_none_is_given() -> None:
    content = picture_text.classes(np.array([0.2, 0.8]), ["cat", "dog"], label=None)
    assert content["mapped"] == content["predicted"] == {"label": 1, "name": "dog", "probability": 0.8}


def test_boxes_in_pixels_and_in_fractions() -> None:
    boxes_yxyx = {
        MapKey("cam", "last"): np.array([0.25, 0.1, 0.75, 0.6]),
        MapKey("cam", "other", "grabcut"): np.zeros(4),
    }
    box, none = picture_text.boxes(boxes_yxyx, height=40, width=60)
    assert box["box_yxyx_fractions"] == [0.25, 0.1, 0.75, 0.6]
    # x 0.1 * 60, y 0.25 * 40, width 0.5 * 60, height 0.5 * 40
    assert box["box_xywh_pixels"] == [6, 10, 30, 20]
    key = {"map": "cam", "layer": "other", "refinement": "grabcut"}
    assert none == key | {"box_yxyx_fractions": None, "box_xywh_pixels": None}
