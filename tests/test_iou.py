import numpy as np
import pytest

from wsol.boxes.geometry import area, iou, iou_with_ground_truth, padded_boxes

UNIT = [0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("box", "other", "expected"),
    [
        (UNIT, UNIT, 1.0),  # identical
        (UNIT, [0, 0, 0.5, 1], 0.5),  # nested: 0.5 / (1 + 0.5 - 0.5)
        (UNIT, [0.5, 0.5, 1.5, 1.5], 0.25 / (2 - 0.25)),  # a quarter of each overlaps
        (UNIT, [0, 1, 1, 2], 0.0),  # touching at an edge
        (UNIT, [1, 1, 2, 2], 0.0),  # touching at a corner
        (UNIT, [3, 3, 4, 4], 0.0),  # disjoint on both axes: two negative sides must not make an area
        (UNIT, [0, 0, 0, 0], 0.0),  # empty
        ([0, 0, 0, 0], [0, 0, 0, 0], 0.0),  # both empty
        (UNIT, [0.5, 0.5, 0.5, 0.9], 0.0),  # a line
        (UNIT, [1, 1, 0, 0], 0.0),  # crossed edges
        (UNIT, [-1, -1, 2, 2], 1 / 9),  # leaves the image
    ],
)
def test_iou(box: list[float], other: list[float], expected: float) -> None:
    assert iou(np.array(box), np.array(other)) == pytest.approx(expected, abs=1e-12)
    assert iou(np.array(other), np.array(box)) == pytest.approx(expected, abs=1e-12)


def test_area_of_no_boxes() -> None:
    assert area(np.zeros((0, 4))).shape == (0,)


def test_best_and_first_of_several() -> None:
    boxes = np.array([[UNIT], [UNIT]])  # two images, one threshold
    truth = np.array([[[0, 0, 0.5, 1], UNIT], [[0, 0, 0.25, 1], [0, 0, 0, 0]]])
    # image 1: 0.5 with its first box, 1 with its second; image 2 has one box, of a quarter
    assert iou_with_ground_truth(boxes, truth, "first").ravel() == pytest.approx([0.5, 0.25])
    assert iou_with_ground_truth(boxes, truth, "best").ravel() == pytest.approx([1.0, 0.25])


def test_padded_boxes() -> None:
    padded = padded_boxes([np.array([*UNIT, 0, 0, 0.5, 0.5]), np.array([]), np.array([0.2, 0.2, 0.2, 0.9])])
    assert padded.shape == (3, 2, 4)
    assert padded[0].tolist() == [UNIT, [0, 0, 0.5, 0.5]]
    assert not padded[1].any()  # no box
    assert not padded[2].any()  # a box of no height is none


def test_padded_boxes_of_no_images() -> None:
    assert padded_boxes([]).shape == (0, 0, 4)
