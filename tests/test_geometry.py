import numpy as np
import pytest

from wsol.boxes import geometry

UNIT = [0.0, 0.0, 1.0, 1.0]
CANVAS = 224


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (UNIT, UNIT, 1.0),  # identical
        (UNIT, [0, 0, 0.5, 1], 0.5),  # nested: 0.5 / (1 + 0.5 - 0.5)
        (UNIT, [0.5, 0.5, 1.5, 1.5], 0.25 / (2 - 0.25)),  # a quarter of each overlaps
        ([0, 0, 2, 6], [0, 3, 4, 6], 6 / (12 + 12 - 6)),  # pixels; the axes are not the same
        (UNIT, [0, 1, 1, 2], 0.0),  # touching at an edge
        (UNIT, [1, 1, 2, 2], 0.0),  # touching at a corner
        (UNIT, [3, 3, 4, 4], 0.0),  # disjoint on both axes: two negative sides must not make an area
        (UNIT, [0, 0, 0, 0], 0.0),  # empty
        ([0, 0, 0, 0], [0, 0, 0, 0], 0.0),  # both empty
        (UNIT, [0.5, 0.5, 0.5, 0.9], 0.0),  # a line
        (UNIT, [1, 1, 0, 0], 0.0),  # crossed edges
        (UNIT, [-1, -1, 2, 2], 1 / 9),  # extends beyond the image
    ],
)
def test_iou(first: list[float], second: list[float], expected: float) -> None:
    assert geometry.iou(np.array(first), np.array(second)) == pytest.approx(expected, abs=1e-12)
    assert geometry.iou(np.array(second), np.array(first)) == pytest.approx(expected, abs=1e-12)


def test_iou_broadcasts() -> None:
    boxes = np.array([UNIT, [0, 0, 0.5, 1], [0, 0, 0.25, 1]])
    # each with each: the areas are 1, 1/2 and 1/4, and the smaller is always inside the larger
    assert geometry.iou(boxes[:, None], boxes).tolist() == [[1, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 1]]
    assert geometry.iou(np.zeros((0, 4)), np.array(UNIT)).shape == (0,)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([1, 2, 4, 7], 15),  # (4 - 1) * (7 - 2), no + 1
        ([0, 0, 0, 0], 0),  # no box
        ([1, 2, 1, 7], 0),  # a line
        ([1, 7, 4, 2], 0),  # crossed on one axis: not negative
        ([4, 7, 1, 2], 0),  # crossed on both axes: not 15
    ],
)
def test_area_and_is_empty(box: list[int], expected: int) -> None:
    assert geometry.area(np.array(box)) == expected
    assert geometry.is_empty(np.array(box)) == (expected == 0)


def test_area_of_no_boxes() -> None:
    assert geometry.area(np.zeros((0, 4))).shape == (0,)
    assert geometry.is_empty(np.zeros((0, 4))).shape == (0,)


def pairs_with_half_iou(gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Boxes and ground truth (pairs, 4), as wide as the image, the box inside the ground truth.

    The box has p of the canvas's 224 rows, and the ground truth q of the image's `size`, plus `gap`.
    With q = p * size / 112 the IoU is (p / 224) / (q / size) = 1/2 for gap 0.
    """
    boxes, ground_truth = [], []
    for size in range(100, 501):
        for p in range(12, CANVAS // 2 + 1):  # from 5 % of the canvas on
            q = p * size // 112 + gap
            if p * size % 112 == 0 and q <= size:
                top = (size - q) // 2
                row = -(-top * CANVAS // size)  # the first row of the canvas inside the ground truth
                assert (row + p) * size <= (top + q) * CANVAS  # and the last one is inside, too
                boxes.append([row / CANVAS, 0, (row + p) / CANVAS, 1])
                ground_truth.append([top / size, 0, (top + q) / size, 1])
    return np.array(boxes).astype(np.float32), np.array(ground_truth).astype(np.float32)


def test_an_iou_of_one_half_is_localized_in_spite_of_float32() -> None:
    ious = geometry.iou(*pairs_with_half_iou(gap=0))
    assert len(ious) > 1000
    assert (ious < 0.5).any()  # plain comparison misses some
    assert geometry.localized(ious, 0.5).all()


def test_an_iou_below_one_half_is_not_localized() -> None:
    # one row of ground truth more: (p / 224) / ((q + 1) / size) = 1/2 * q / (q + 1)
    assert not geometry.localized(geometry.iou(*pairs_with_half_iou(gap=1)), 0.5).any()
    # an image of 224 x 224: 168 * 148 of 223 * 223 pixels is 24864 / 49729 = 1/2 - 1 / 99458
    pixels = np.array([[3, 5, 3 + 168, 5 + 148], [1, 1, 224, 224]])
    box, ground_truth = (pixels / CANVAS).astype(np.float32)
    assert geometry.iou(box, ground_truth) == pytest.approx(0.5 - 1 / 99458, abs=1e-7)
    assert not geometry.localized(geometry.iou(box, ground_truth), 0.5)


def test_localized_at_several_thresholds() -> None:
    ious = np.array([0.3, 0.5, 0.7, 1.0])[:, None]
    expected = [[True, False, False], [True, True, False], [True, True, True], [True, True, True]]
    assert geometry.localized(ious, np.array([0.3, 0.5, 0.7])).tolist() == expected


def test_centred_keeps_the_size() -> None:
    centred = geometry.centred(np.array([[0, 0, 0.2, 0.4], [0, 0, 0, 0], [-0.1, 0, 1.1, 1], [0.6, 0.3, 0.8, 0.7]]))
    assert centred[0] == pytest.approx([0.4, 0.3, 0.6, 0.7])  # (1 - 0.2) / 2, (1 - 0.4) / 2, and the sides added
    assert geometry.is_empty(centred).tolist() == [False, True, False, False]
    assert centred[2] == pytest.approx([-0.1, 0, 1.1, 1])  # is centred already
    assert centred[3] == pytest.approx(centred[0])  # of the same size


def test_padded_boxes() -> None:
    padded = geometry.padded_boxes(
        [
            np.array([*UNIT, 0, 0, 0.5, 0.5]),
            np.array([]),  # no box
            np.array([0.2, 0.2, 0.2, 0.9, *UNIT]),  # the first has no height: dropped
        ]
    )
    zeros = [0, 0, 0, 0]
    assert padded.tolist() == [[UNIT, [0, 0, 0.5, 0.5]], [zeros, zeros], [UNIT, zeros]]
    assert padded.dtype == np.float64


def test_padded_boxes_of_no_images() -> None:
    assert geometry.padded_boxes([]).shape == (0, 0, 4)
    assert geometry.padded_boxes([np.array([]), np.array([])]).shape == (2, 0, 4)


# three images: with two boxes, with one, and with none
GROUND_TRUTH = np.array(
    [
        [[0, 0, 0.5, 1], UNIT],
        [[0, 0, 0.25, 1], [0, 0, 0, 0]],
        [[0, 0, 0, 0], [0, 0, 0, 0]],
    ]
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # of the unit box: 0.5 with the first box of image 0, and 1 with its second; 0.25 with image 1's
        # of the box of half the height: 1 and 0.5 with image 0's; 0.25 / 0.5 with image 1's
        ("first", [[0.5, 0.25, 0], [1, 0.5, 0], [0, 0, 0]]),
        ("best", [[1, 0.25, 0], [1, 0.5, 0], [0, 0, 0]]),
    ],
)
def test_iou_with_ground_truth(rule: str, expected: list[list[float]]) -> None:
    boxes = np.repeat(np.array([UNIT, [0, 0, 0.5, 1], [0, 0, 0, 0]])[:, None], 3, axis=1)  # (thresholds, images, 4)
    ious = geometry.iou_with_ground_truth(boxes.astype(np.float32), GROUND_TRUTH, rule)
    assert ious.tolist() == expected
    assert ious.dtype == np.float64


def test_iou_with_ground_truth_takes_any_leading_axes() -> None:
    boxes = np.array([[0, 0, 0.5, 1], UNIT, UNIT])  # one box for each image
    assert geometry.iou_with_ground_truth(boxes, GROUND_TRUTH, "best").tolist() == [1, 0.25, 0]
    assert geometry.iou_with_ground_truth(boxes[None, None], GROUND_TRUTH, "best").tolist() == [[[1, 0.25, 0]]]
    assert geometry.iou_with_ground_truth(np.zeros((0, 3, 4)), GROUND_TRUTH, "best").shape == (0, 3)


def test_iou_with_no_ground_truth_at_all() -> None:
    for rule in ("best", "first"):
        assert geometry.iou_with_ground_truth(np.array([UNIT]), np.zeros((1, 0, 4)), rule).tolist() == [0]


def test_ground_truth_of_another_number_of_images_is_an_error() -> None:
    boxes = np.zeros((3, 100, 4))  # (images, thresholds, 4)
    with pytest.raises(ValueError, match=r"Expected boxes_yxyx of shape \(\.\.\., 3, 4\).* received \(3, 100, 4\)"):
        geometry.iou_with_ground_truth(boxes, GROUND_TRUTH, "best")
