"""MaxBoxAcc's thresholds and contours equal those of clovaai/wsolevaluation's definition."""

import cv2
import numpy as np
import pytest
import wsolevaluation

from wsol import max_box_acc, sweep

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
def test_the_best_contour_is_wsolevaluations(size: int) -> None:
    for name, heatmap in random_maps(size).items():
        expected = wsolevaluation.ious(heatmap, TRUTH, 64)[:, 1]
        found = sweep.contour_ious(max_box_acc.grey_levels(heatmap, 64), max_box_acc.whole_pixels(TRUTH, 64))[:, 1]
        # where nothing is above the level, wsolevaluation counts a box of one pixel
        nothing = max_box_acc.grey_levels(heatmap, 64).max() <= np.arange(255)
        np.testing.assert_allclose(found[~nothing], expected[~nothing], atol=1e-12, err_msg=name)
        assert not found[nothing].any()


def test_the_largest_is_of_the_most_pixels() -> None:
    # a blot of 5 x 5 pixels, and a ring of 7 x 7, of fewer pixels, which encloses more
    grey = np.zeros((20, 20), np.uint8)
    grey[1:6, 1:6] = 255
    grey[10:17, 10:17] = 255
    grey[11:16, 11:16] = 0
    truth = np.array([[1.0, 1, 7, 7]])  # in exclusive edges, with the field's one more: the blot's box
    assert sweep.contour_ious(grey, truth)[0].tolist() == [1.0, 1.0]
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
    assert sweep.contour_ious(grey, truth)[100, 1] == expected
    assert sweep.contour_ious(grey, truth)[99, 1] == pytest.approx(expected if box[0] == 0 else 36 / 64)


def test_a_bay_is_no_hole() -> None:
    grey = np.full((6, 6), 200, np.uint8)
    grey[:4, 2:4] = 0  # open to the edge
    truth = np.array([[0.0, 1, 6, 6]])
    # the only contour is the component's, the whole canvas: 30 of 36 pixels
    assert sweep.contour_ious(grey, truth)[0].tolist() == [30 / 36, 30 / 36]


def test_localized() -> None:
    # left half 1, right half 0, on a canvas of 8: with one more column the box has an IoU of 4/5 with the left half,
    # whose whole pixels are 5 x 9 with one more, cut at nothing: 5 * 8 / (5 * 9)
    heatmap = np.repeat([[1.0, 1, 0, 0]], 4, axis=0)
    found = max_box_acc.localized(np.kron(heatmap, np.ones((2, 2))), 8, np.array([[0, 0, 1, 0.5]]))
    assert found.shape == (255, 4)
    assert found.dtype == bool
    assert found[128].tolist() == [True, True, True, True]
    assert not max_box_acc.localized(np.zeros((4, 4)), 8, np.array([[0, 0, 1, 0.5]])).any()


def test_no_ground_truth_is_never_found() -> None:
    assert not max_box_acc.localized(np.random.default_rng(0).random((7, 7)), 32, np.zeros((0, 4))).any()
    assert not max_box_acc.localized(np.random.default_rng(0).random((7, 7)), 32, np.zeros((2, 4))).any()
