"""The sweep over all thresholds equals OpenCV's components at each of them."""

import itertools

import cv2
import numpy as np
import pytest

from wsol.boxes import heatmap_boxes, union_find

GRIDS = {
    "none": [],
    "one": [0.5],
    "the default": [0.005, *(step / 100 for step in range(1, 100))],
    "values of the maps": [step / 8 for step in range(8)],
    "close together": [0.3, 0.3 + 1e-6, 0.3 + 2e-6, 0.30001, 0.999999],
}


def one_threshold_at_a_time(canvas: np.ndarray, threshold: np.floating) -> tuple[int, int, int, int]:
    """The rule written out: most pixels, 8-connected, of equals the first in raster order."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((canvas > threshold).astype(np.uint8), connectivity=8)
    order = [label for label in dict.fromkeys(labels.ravel().tolist()) if label]  # by first pixel
    if not order:
        return 0, 0, 0, 0
    areas = stats[:, cv2.CC_STAT_AREA].tolist()
    x, y, width, height, _ = stats.tolist()[max(order, key=areas.__getitem__)]  # the first of equals
    return y, x, y + height, x + width


# heights and widths; a row of the canvas with its margin is a power of two long, so that 6, 14 and 30 just fit
SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (3, 6), (5, 7), (14, 14), (15, 15), (30, 31), (40, 30)]


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


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_equals_opencv_at_every_threshold(grid: str, size: tuple[int, int]) -> None:
    thresholds = np.array(GRIDS[grid], np.float32)
    for name, values in random_maps(np.random.default_rng(0), *size).items():
        canvas = values.astype(np.float32)
        expected = [one_threshold_at_a_time(canvas, threshold) for threshold in thresholds]
        found = union_find.largest_boxes(canvas, thresholds)
        np.testing.assert_array_equal(found, np.array(expected, np.int32).reshape(-1, 4), err_msg=name)


def test_equals_opencv_on_upsampled_maps() -> None:
    rng = np.random.default_rng(0)
    for size in (1, 7, 14, 28, 56):
        heatmap = np.maximum(rng.normal(size=(size, size)), 0).astype(np.float16)
        canvas = heatmap_boxes.upsampled(heatmap / max(heatmap.max(), np.float16(1e-3)), 224)
        thresholds = np.array(GRIDS["the default"], np.float32)
        expected = [one_threshold_at_a_time(canvas, threshold) for threshold in thresholds]
        assert [tuple(box) for box in union_find.largest_boxes(canvas, thresholds)] == expected


def test_every_small_mask() -> None:
    # all 512 masks of 3 x 3 pixels: every way in which a pixel's neighbours can hang together
    for bits in itertools.product((0, 1), repeat=9):
        canvas = np.array(bits, np.float32).reshape(3, 3)
        box = union_find.largest_boxes(canvas, np.array([0.5], np.float32))[0]
        assert tuple(box) == one_threshold_at_a_time(canvas, np.float32(0.5))


def test_every_order_of_joining() -> None:
    # the same pixels joining in another order pass through other components on the way
    rng = np.random.default_rng(0)
    thresholds = (np.arange(9) / 9).astype(np.float32)
    for _ in range(500):
        canvas = ((rng.permutation(9) + 0.5) / 9).astype(np.float32).reshape(3, 3)
        expected = [one_threshold_at_a_time(canvas, threshold) for threshold in thresholds]
        assert [tuple(box) for box in union_find.largest_boxes(canvas, thresholds)] == expected


def test_neighbours_hang_together_as_8_connected_pixels_do() -> None:
    around = [(0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0)]  # clockwise from above
    for neighbours in range(256):
        mask = np.zeros((3, 3), np.uint8)
        for side in (side for side in range(8) if neighbours >> side & 1):
            mask[around[side]] = 1
        _, labels = cv2.connectedComponents(mask, connectivity=8)
        chosen = [labels[around[side]] for side in union_find.GROUPS[neighbours] if side >= 0]
        assert sorted(chosen) == list(range(1, labels.max() + 1))  # one of each group


def test_boxes_keep_the_order_of_the_thresholds() -> None:
    heatmap = np.random.default_rng(0).random((7, 7)).astype(np.float32)
    ascending = heatmap_boxes.heatmap_boxes(heatmap, [0.1, 0.5, 0.9], 32, "largest", "upright")
    shuffled = heatmap_boxes.heatmap_boxes(heatmap, [0.9, 0.1, 0.5, 0.1], 32, "largest", "upright")
    np.testing.assert_array_equal(shuffled, ascending[[2, 0, 1, 0]])
