"""MaxBoxAcc's thresholds and contours equal those of clovaai/wsolevaluation's definition."""

import pathlib

import cv2
import numpy as np
import pytest
import wsolevaluation

from wsol.boxes import contours
from wsol.scores import max_box_acc

TRUTH = np.array([[0.2, 0.1, 0.7, 0.8], [0.6, 0.6, 0.95, 1.0], [0, 0, 0, 0]])


def random_maps(size: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    noise = rng.random((size, size))
    return {
        "noise": noise,
        "negative too": noise * 2 - 1,
        "smooth": cv2.resize(rng.random((4, 4)), (size, size)),
        "sparse": (noise > 0.9) * noise,
        "rings": np.minimum.reduce(np.indices((size, size))) % 3 / 2,
        "checkerboard": np.indices((size, size)).sum(0) % 2 * 0.5,
        "constant": np.full((size, size), 0.5),
        "empty": np.zeros((size, size)),
    }


@pytest.mark.parametrize("size", [1, 4, 7, 28])
def test_contours_are_wsolevaluations(size: int) -> None:
    for name, heatmap in random_maps(size).items():
        expected = wsolevaluation.ious(heatmap, TRUTH, 64)
        ious = contours.contour_ious(max_box_acc.grey_levels(heatmap, 64), max_box_acc.whole_pixels(TRUTH, 64))
        np.testing.assert_allclose(ious, expected, atol=1e-12, err_msg=name)


def test_every_cell_is_that_of_the_unaltered_evaluator() -> None:
    """The fixture holds what clovaai/wsolevaluation counts; benchmarks/wsolevaluation_fixture.py has made it."""
    fixture = np.load(pathlib.Path(__file__).with_name("wsolevaluation_fixture.npz"))
    levels = (fixture["thresholds"] * 255).astype(int)
    for row, name in enumerate(fixture["names"]):
        truth_yxyx = fixture[f"boxes_yxyx_{name}"].astype(float)
        localized = max_box_acc.localized(fixture[f"map_{name}"], int(fixture["canvas_size"][row]), truth_yxyx)
        # of the largest contour an IoU of .5, of any .3, .5 and .7
        expected = np.concatenate([fixture["largest"][row][:, 1:2], fixture["any"][row]], axis=1)
        np.testing.assert_array_equal(localized[levels], expected, err_msg=str(name))


def test_the_largest_contour_encloses_the_most_area() -> None:
    # a blot of 5 x 5 pixels, and a ring of 7 x 7, of fewer pixels, which encloses more
    grey = np.zeros((20, 20), np.uint8)
    grey[1:6, 1:6] = 255
    grey[10:17, 10:17] = 255
    grey[11:16, 11:16] = 0
    truth = np.array([[1.0, 1, 7, 7]])  # in exclusive edges, with the field's one more: the blot's box
    assert contours.contour_ious(grey, truth)[0].tolist() == [0.0, 1.0]
    boxes, largest = wsolevaluation.boxes_xyxy(grey, 0)
    assert boxes[largest] == (10, 10, 17, 17)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([1, 1, 6, 6], 1.0),  # the hole of 3 x 3 at 2..4: its contour runs on the pixels around it, 1..5, and one more
        ([0, 0, 8, 8], 1.0),  # the component of 7 x 7, and one more
    ],
)
def test_holes_have_contours_too(box: list[int], expected: float) -> None:
    grey = np.zeros((20, 20), np.uint8)
    grey[:7, :7] = 200
    grey[2:5, 2:5] = 100
    truth = np.array([box], float) + np.array([0, 0, 1, 1]) * (box[0] == 1)
    assert contours.contour_ious(grey, truth)[100, 1] == expected
    assert contours.contour_ious(grey, truth)[99, 1] == pytest.approx(expected if box[0] == 0 else 36 / 64)


def test_a_bay_is_no_hole() -> None:
    grey = np.full((6, 6), 200, np.uint8)
    grey[:4, 2:4] = 0  # open to the edge
    truth = np.array([[0.0, 1, 6, 6]])
    # the only contour is the component's, the whole canvas: 30 of 36 pixels
    assert contours.contour_ious(grey, truth)[0].tolist() == [30 / 36, 30 / 36]


def test_localized() -> None:
    # the left half of a canvas of 8, and one column more: 5 x 8, as the whole height leaves no room for a row more
    heatmap = np.kron(np.array([[1.0, 0]]), np.ones((8, 4)))
    assert max_box_acc.localized(heatmap, 8, np.array([[0, 0, 1, 0.5]])).shape == (255, 4)
    # ground truth of 2 x 8 pixels: with one more each way 3 x 8, of which all is found; 3 / 5 is above .5, not .7
    assert max_box_acc.localized(heatmap, 8, np.array([[0, 0, 1, 0.25]]))[128].tolist() == [True, True, True, False]
    # of 1 x 8: 2 / 5, where without the pixel more it would be 1 / 4
    assert max_box_acc.localized(heatmap, 8, np.array([[0, 0, 1, 0.125]]))[128].tolist() == [False, True, False, False]
    assert not max_box_acc.localized(np.zeros((4, 4)), 8, np.array([[0, 0, 1, 0.5]])).any()


def test_a_fraction_in_float32_is_the_pixel_it_stands_for() -> None:
    # 7 of 49 columns on a canvas of 224 is column 32; 7 / 49 lies a little below in float32
    widths = np.arange(100, 700)
    fractions = (np.arange(1, 100)[:, None] / widths).astype(np.float32)
    expected = np.arange(1, 100)[:, None] * 224 // widths
    boxes = np.stack([fractions, fractions, np.ones_like(fractions), np.ones_like(fractions)], axis=-1)
    assert (max_box_acc.whole_pixels(boxes, 224)[..., 0] == expected).all()


def test_no_ground_truth_is_never_found() -> None:
    assert not max_box_acc.localized(np.random.default_rng(0).random((7, 7)), 32, np.zeros((0, 4))).any()
    assert not max_box_acc.localized(np.random.default_rng(0).random((7, 7)), 32, np.zeros((2, 4))).any()
