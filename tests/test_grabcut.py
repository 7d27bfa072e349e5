"""GrabCut's boxes of pictures whose object is known."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from wsol.boxes.grabcut import grabcut_box, grabcut_mask, grabcut_seeds
from wsol.boxes.seed_thresholds import pairs

SIDE = 32


def picture(*boxes_yxyx: tuple[int, int, int, int]) -> np.ndarray:
    """A dark green picture with orange rectangles, in pixels."""
    image = np.full((SIDE, SIDE, 3), (20, 60, 30), np.uint8)
    for ymin, xmin, ymax, xmax in boxes_yxyx:
        image[ymin:ymax, xmin:xmax] = (230, 120, 20)
    return image


def heatmap(*boxes_yxyx: tuple[int, int, int, int]) -> np.ndarray:
    """1 in the boxes, 0.1 in the rest of the picture but for a frame of two pixels, 0 in the frame."""
    values = np.zeros((SIDE, SIDE), np.float32)
    values[2:-2, 2:-2] = 0.1
    for ymin, xmin, ymax, xmax in boxes_yxyx:
        values[ymin:ymax, xmin:xmax] = 1
    return values


def refined(values: np.ndarray, image: np.ndarray, low: float = 0.2, high: float = 0.8) -> tuple[list[float], bool]:
    box_yxyx, degenerate = grabcut_box(values, image, low, high, 2, "largest", "upright")
    assert box_yxyx.shape == (4,)
    assert box_yxyx.dtype == np.float32
    return box_yxyx.tolist(), degenerate


# ---------------------------------------------------------------- boxes


def test_the_box_of_an_object_of_which_the_map_covers_a_part() -> None:
    # the map covers 6 x 8 of the rectangle's 16 x 20 pixels; above 0.2 / 4 and below 0.2 is probably background
    box = refined(heatmap((10, 6, 16, 14)), picture((8, 4, 24, 24)))
    assert box == ([8 / 32, 4 / 32, 24 / 32, 24 / 32], False)


def test_the_box_of_an_object_that_the_map_exceeds() -> None:
    # 0.5 is probably the object: 20 x 20 pixels, of which 8 x 8 have the object's colour
    values = heatmap()
    values[6:26, 6:26] = 0.5
    values[13:17, 13:17] = 1
    assert refined(values, picture((12, 12, 20, 20))) == ([12 / 32, 12 / 32, 20 / 32, 20 / 32], False)


def test_what_is_surely_background_stays_background() -> None:
    # the rectangle reaches columns 0 and 1, where the map is 0
    assert refined(heatmap((10, 6, 16, 14)), picture((8, 0, 24, 24)))[0] == [8 / 32, 2 / 32, 24 / 32, 24 / 32]


def test_thresholds_are_fractions_of_the_maximum() -> None:
    values, image = heatmap((10, 6, 16, 14)), picture((8, 4, 24, 24))
    assert refined(values * 0.25, image) == refined(values, image)


def test_the_heatmap_is_upsampled_to_the_picture() -> None:
    # 4 x 4 cells of 8 pixels; the cell (1, 1) has its centre at 12, 12, and is 0 at the centres of its neighbours, 4
    # and 20. Above 0.05 are pixels less than 8 * (1 - 0.05) = 7.6 from it: of these the rectangle has 8 x 8
    values = np.zeros((4, 4), np.float16)
    values[1, 1] = 1
    assert refined(values, picture((8, 8, 16, 16))) == ([8 / 32, 8 / 32, 16 / 32, 16 / 32], False)


def test_component_and_rectangle_reach_the_box() -> None:
    # 12 x 12 pixels at the top left, 4 x 4 at the bottom right
    image, values = picture((4, 4, 16, 16), (22, 22, 26, 26)), heatmap((6, 6, 12, 12), (22, 22, 26, 26))

    def box(component: str, rectangle: str) -> list[float]:
        return grabcut_box(values, image, 0.2, 0.8, 2, component, rectangle)[0].tolist()

    assert box("largest", "upright") == [4 / 32, 4 / 32, 16 / 32, 16 / 32]
    assert box("first", "upright") == [22 / 32, 22 / 32, 26 / 32, 26 / 32]  # OpenCV lists contours from the bottom up
    assert box("largest", "rotated") == pytest.approx([4 / 32, 4 / 32, 16 / 32, 16 / 32], abs=1e-4)


def test_seeds() -> None:
    canvas = np.array([[0.0, 0.05, 0.06, 0.2, 0.21, 0.8, 0.81, 1.0]])  # 0.2 / 4 = 0.05; each threshold is exclusive
    sure_not, not_, object_, sure = cv2.GC_BGD, cv2.GC_PR_BGD, cv2.GC_PR_FGD, cv2.GC_FGD
    expected = [[sure_not, sure_not, not_, not_, object_, object_, sure, sure]]
    assert grabcut_seeds(canvas, 0.2, 0.8).tolist() == expected


def test_pairs_of_thresholds() -> None:
    assert pairs(0.1, 0.5) == [(0.1, 0.5)]
    assert pairs(0.6, "holdout") == [(0.6, high) for _, high in pairs(0.01, "holdout") if high > 0.6]
    assert all(low < high for low, high in pairs("holdout", "holdout"))
    with pytest.raises(ValueError, match=r"low 0\.5 is not below high 0\.5"):
        pairs(0.5, 0.5)


# ---------------------------------------------------------------- degenerate cases


def test_an_empty_map_has_no_box() -> None:
    assert refined(np.zeros((7, 7)), picture((8, 4, 24, 24))) == ([0, 0, 0, 0], True)
    assert refined(np.full((7, 7), -1.0), picture((8, 4, 24, 24))) == ([0, 0, 0, 0], True)


def test_all_pixels_are_the_object() -> None:
    assert refined(np.ones((7, 7)), picture((8, 4, 24, 24))) == ([0, 0, 1, 1], True)
    assert refined(np.full((7, 7), 0.3), picture((8, 4, 24, 24))) == ([0, 0, 1, 1], True)


def test_no_pixel_is_the_object() -> None:
    # 64 x 64 cells on 32 x 32 pixels: each pixel is the mean of 2 x 2 cells, so the peak of one cell becomes 1 / 4
    values = np.zeros((64, 64))
    values[31, 31] = 1
    assert refined(values, picture((8, 4, 24, 24)), low=0.3) == ([0, 0, 0, 0], True)


def test_a_picture_of_a_single_colour() -> None:
    assert refined(heatmap((10, 6, 16, 14)), picture()) == ([10 / 32, 6 / 32, 16 / 32, 14 / 32], True)


def test_an_error_of_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise cv2.error("no colour model")

    monkeypatch.setattr(cv2, "grabCut", fail)
    assert refined(heatmap((10, 6, 16, 14)), picture((8, 4, 24, 24))) == ([10 / 32, 6 / 32, 16 / 32, 14 / 32], True)


def test_an_object_that_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(_: np.ndarray, mask: np.ndarray, *__: object) -> None:
        mask[:] = cv2.GC_PR_BGD

    monkeypatch.setattr(cv2, "grabCut", vanish)
    assert refined(heatmap((10, 6, 16, 14)), picture((8, 4, 24, 24))) == ([10 / 32, 6 / 32, 16 / 32, 14 / 32], True)


def test_fewer_pixels_than_colours_of_a_model() -> None:
    # OpenCV's models have five colours, the object has one pixel
    seeds = np.full((SIDE, SIDE), cv2.GC_BGD, np.uint8)
    seeds[16, 16] = cv2.GC_FGD
    mask = grabcut_mask(picture((8, 4, 24, 24)), seeds, 2)
    assert mask is not None
    assert np.argwhere(mask).tolist() == [[16, 16]]


# ---------------------------------------------------------------- inputs


@pytest.mark.parametrize(
    "image", [np.zeros((32, 32, 3)), np.zeros((32, 16, 3), np.uint8), np.zeros((32, 32), np.uint8)]
)
def test_a_picture_of_another_format_is_an_error(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"Expected an image of shape \(side, side, 3\) and dtype uint8, received"):
        refined(heatmap(), image)


def test_a_map_that_is_not_finite_is_an_error() -> None:
    with pytest.raises(ValueError, match="Expected a heatmap of finite values, received 1 of 4"):
        refined(np.array([[0, 1], [np.nan, 0]]), picture())


def test_the_inputs_are_not_changed() -> None:
    values, image = heatmap((10, 6, 16, 14)), picture((8, 4, 24, 24))
    copies = values.copy(), image.copy()
    refined(values, image)
    assert (values == copies[0]).all()
    assert (image == copies[1]).all()


def test_the_mask_does_not_depend_on_thread_or_order() -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8) for _ in range(12)]  # noise: clusters depend on the seed
    seeds = grabcut_seeds(heatmap((10, 6, 16, 14)), 0.2, 0.8)

    def mask(image: np.ndarray) -> bytes:
        values = grabcut_mask(image, seeds, 1)
        return b"" if values is None else values.tobytes()

    alone = [mask(image) for image in images]
    cv2.setRNGSeed(7)
    backwards = [mask(image) for image in images[::-1]][::-1]
    with ThreadPoolExecutor(4) as pool:
        threads = list(pool.map(mask, images))
    assert alone == backwards == threads
    assert len(set(alone)) > 1
