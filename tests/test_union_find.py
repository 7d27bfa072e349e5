"""The boxes of the union-find equal those of OpenCV's components at each threshold."""

import itertools

import cv2
import numpy as np
import pytest

from wsol.boxes import contours, level_order, neighbours, union_find
from wsol.boxes.heatmap_boxes import upsampled

THRESHOLDS = {
    "none": [],
    "one": [0.5],
    "the default": [0.005, *(step / 100 for step in range(1, 100))],
    "values of the maps": [step / 8 for step in range(8)],
    "close together": [0.3, 0.3 + 1e-6, 0.3 + 2e-6, 0.30001, 0.999999],
}
# heights and widths; a padded row is a power of two long, so 6, 14 and 30 just fit
SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (3, 6), (5, 7), (14, 14), (15, 15), (30, 31), (40, 30)]
CLOCKWISE = [(0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0)]  # of 3 x 3 pixels, from above


def opencv_box(canvas: np.ndarray, threshold: np.floating) -> tuple[int, int, int, int]:
    """The definition: the component of the most pixels, 8-connected; of equals, the first in raster order."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((canvas > threshold).astype(np.uint8), connectivity=8)
    by_first_pixel = [label for label in dict.fromkeys(labels.ravel().tolist()) if label]
    if not by_first_pixel:
        return 0, 0, 0, 0
    sizes = stats[:, cv2.CC_STAT_AREA].tolist()
    x, y, width, height, _ = stats.tolist()[max(by_first_pixel, key=sizes.__getitem__)]  # max: the first of equals
    return y, x, y + height, x + width


def assert_equals_opencv(canvas: np.ndarray, thresholds: np.ndarray, message: str = "") -> None:
    expected = np.array([opencv_box(canvas, threshold) for threshold in thresholds], np.int32).reshape(-1, 4)
    np.testing.assert_array_equal(union_find.largest_boxes(canvas, thresholds), expected, err_msg=message)


def random_maps(rng: np.random.Generator, height: int, width: int) -> dict[str, np.ndarray]:
    noise = rng.random((height, width))
    smooth = cv2.resize(rng.random((5, 5)), (width, height), interpolation=cv2.INTER_LINEAR)
    checkers = np.indices((height, width)).sum(0) % 2
    return {
        "noise": noise,
        "signed": noise * 2 - 1,
        "smooth": smooth / smooth.max(),
        "plateaus": np.floor(smooth / smooth.max() * 8) / 8,
        "plateaus of noise": np.floor(noise * 9) / 8,
        "sparse": (noise > 0.9) * noise,
        "checkerboard": checkers * 0.5,
        "rings": np.minimum.reduce(np.indices((height, width))) % 3 / 2,
        "lone pixels": (np.indices((height, width)) % 2 == 0).all(0) * 1.0,
        "constant": np.full((height, width), 0.5),
        "empty": np.zeros((height, width)),
        "full": np.ones((height, width)),
    }


@pytest.mark.parametrize("thresholds", THRESHOLDS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_equals_opencv_at_every_threshold(thresholds: str, size: tuple[int, int]) -> None:
    for name, values in random_maps(np.random.default_rng(0), *size).items():
        assert_equals_opencv(values.astype(np.float32), np.array(THRESHOLDS[thresholds], np.float32), name)


@pytest.mark.parametrize("size", [1, 7, 14, 28, 56])
def test_equals_opencv_on_upsampled_maps(size: int) -> None:
    heatmap = np.maximum(np.random.default_rng(size).normal(size=(size, size)), 0).astype(np.float16)
    canvas = upsampled(heatmap / max(heatmap.max(), np.float16(1e-3)), 224)
    assert_equals_opencv(canvas, np.array(THRESHOLDS["the default"], np.float32))


def test_equals_opencv_on_every_small_mask() -> None:
    # all 512 masks of 3 x 3 pixels: every way in which a pixel's neighbours can be connected
    for bits in itertools.product((0, 1), repeat=9):
        assert_equals_opencv(np.array(bits, np.float32).reshape(3, 3), np.array([0.5], np.float32))


def test_equals_opencv_in_any_order_of_pixels() -> None:
    rng = np.random.default_rng(0)
    thresholds = (np.arange(9) / 9).astype(np.float32)  # each adds one pixel
    for _ in range(500):
        canvas = ((rng.permutation(9) + 0.5) / 9).astype(np.float32).reshape(3, 3)
        assert_equals_opencv(canvas, thresholds)


def test_one_representative_of_each_connected_group() -> None:
    for present in range(256):
        mask = np.zeros((3, 3), np.uint8)
        for side in (side for side in range(8) if present >> side & 1):
            mask[CLOCKWISE[side]] = 1
        _, labels = cv2.connectedComponents(mask, connectivity=8)
        chosen = [labels[CLOCKWISE[side]] for side in neighbours.REPRESENTATIVES_8[present] if side >= 0]
        assert sorted(chosen) == list(range(1, labels.max() + 1))


def test_sides_are_groups_of_their_own_if_4_connected() -> None:
    assert neighbours.REPRESENTATIVES_4[0b11111111].tolist() == [0, 2, 4, 6]  # above, right, below, left
    assert neighbours.REPRESENTATIVES_4[0b00000111].tolist() == [0, 2, -1, -1]  # the corner does not connect them
    assert neighbours.REPRESENTATIVES_4[0b10101010].tolist() == [-1] * 4  # corners only


def test_pixels_come_by_descending_level() -> None:
    # levels 0 2 / 2 1. Padded rows are 4 long, so the numbers are 5 6 / 9 10.
    by_thresholds = level_order.by_thresholds(
        np.array([[0.2, 0.8], [0.8, 0.5]], np.float32), np.array([0.3, 0.6], np.float32)
    )
    assert by_thresholds.stride == 4
    assert by_thresholds.pixels.tolist() == [6, 9, 10]  # the two of level 2 in raster order
    assert by_thresholds.ends.tolist() == [4, 3, 2, 0]  # of at least level 0, 1, 2, 3
    # before 6: none; before 9: 6, above to the right (1); before 10: 6, above (0), and 9, to the left (6)
    assert by_thresholds.earlier[[6, 9, 10]].tolist() == [0, 1 << 1, 1 << 0 | 1 << 6]
    by_grey = level_order.by_grey(np.array([[0, 2], [2, 1]], np.uint8))
    assert by_grey.pixels.tolist() == [6, 9, 10]
    assert by_grey.ends.tolist() == [4, 3, 2] + [0] * 254
    assert by_grey.earlier.tolist() == by_thresholds.earlier.tolist()


def contour_ious(grey: np.ndarray, *ground_truth_yxyx: list[float]) -> np.ndarray:
    return contours.contour_ious(grey, np.array(ground_truth_yxyx, float).reshape(-1, 4))


def test_a_contours_upper_edges_are_one_pixel_larger() -> None:
    grey = np.zeros((8, 8), np.uint8)
    grey[1:3, 1:4] = 200  # the contour's box is [1, 1, 4, 5]
    ious = contour_ious(grey, [1, 1, 4, 5])
    assert ious[:200].tolist() == [[1, 1]] * 200
    assert not ious[200:].any()  # nothing is above these levels
    # touching: no overlap; nested: 2 * 3 of 3 * 4 pixels; overlapping: 1 * 1 of 12 + 16 - 1
    assert contour_ious(grey, [4, 1, 8, 5])[0].tolist() == [0, 0]
    assert contour_ious(grey, [1, 1, 3, 4])[0].tolist() == [6 / 12] * 2
    assert contour_ious(grey, [3, 4, 7, 8])[0].tolist() == [1 / 27] * 2


def test_contours_end_at_the_edge_of_the_map() -> None:
    full = np.full((8, 8), 255, np.uint8)
    assert contour_ious(full, [0, 0, 8, 8]).tolist() == [[1, 1]] * 255


def test_the_largest_and_the_best_contour() -> None:
    grey = np.zeros((8, 8), np.uint8)
    grey[0:3, 0:3] = 255  # 9 pixels; the contour's box is [0, 0, 4, 4]
    grey[5, 5] = 255  # one pixel; [5, 5, 7, 7]
    assert contour_ious(grey, [5, 5, 7, 7])[0].tolist() == [0, 1]
    assert contour_ious(grey, [0, 0, 4, 4])[0].tolist() == [1, 1]
    # the best of several ground-truth boxes, in any order; 3 * 4 of 16 pixels
    assert contour_ious(grey, [5, 5, 7, 8], [0, 0, 3, 4])[0].tolist() == [12 / 16, 12 / 16]
    assert contour_ious(grey, [0, 0, 3, 4], [5, 5, 7, 8], [0, 0, 0, 0])[0].tolist() == [12 / 16, 12 / 16]


def test_a_hole_has_a_contour_and_a_bay_has_none() -> None:
    grey = np.full((9, 9), 200, np.uint8)
    grey[3:5, 3:6] = 0  # a hole. The contour runs on the pixels around it: [2, 2, 6, 7], and 1 more: [2, 2, 7, 8]
    assert contour_ious(grey, [2, 2, 7, 8])[0].tolist() == [30 / 81, 1]
    grey[:3, 3] = 0  # now open to the upper edge. The only contour is the component's: 30 of 81 pixels
    assert contour_ious(grey, [2, 2, 7, 8])[0].tolist() == [30 / 81, 30 / 81]


def test_holes_are_4_connected() -> None:
    grey = np.full((9, 9), 200, np.uint8)
    grey[3, 3] = grey[4, 4] = 0  # touch at a corner: two holes. The contours' boxes are [2, 2, 6, 6] and [3, 3, 7, 7]
    assert contour_ious(grey, [2, 2, 6, 6])[0, 1] == 1
    assert contour_ious(grey, [3, 3, 7, 7])[0, 1] == 1


def test_no_ground_truth_has_no_iou() -> None:
    grey = np.full((4, 4), 255, np.uint8)
    assert contour_ious(grey).shape == (255, 2)
    assert not contour_ious(grey).any()
    assert not contour_ious(grey, [0, 0, 0, 0]).any()
