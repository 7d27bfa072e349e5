import numpy as np
import pytest

from wsol.boxes import heatmap_boxes, union_find


def mask(*rows: str) -> np.ndarray:
    """A mask drawn with # and spaces."""
    return np.array([[mark == "#" for mark in row] for row in rows], np.uint8)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (mask("    ", "    "), (0, 0, 0, 0)),  # empty
        (mask("####", "####"), (0, 0, 2, 4)),  # full: upper edges are exclusive
        (mask("    ", "  # "), (1, 2, 2, 3)),  # one pixel has height and width 1
        (mask("#   ", " ## "), (0, 0, 2, 3)),  # touching at a corner: 8-connected
        (mask("## #", "   #", "   #"), (0, 3, 3, 4)),  # three pixels, next to two
        (mask("#####", "#   #", "# # #", "#   #", "#####"), (0, 0, 5, 5)),  # nested: 16 pixels around one
        (mask("####", "#   ", "# ##", "# ##"), (0, 0, 4, 4)),  # boxes overlap: 7 pixels and 4
        (mask("#   #", "#   #", " ### "), (0, 0, 3, 5)),  # two tops that merge further down
        # of two pixels each: the right one starts in row 0, the left one in row 1
        (mask("    #", "    #", "##   "), (0, 4, 2, 5)),
        # OpenCV works in blocks of 2 x 2 pixels, and numbers the left one first
        (mask("    ##", "##    "), (0, 4, 1, 6)),
    ],
)
def test_largest_component(drawn: np.ndarray, expected: tuple[int, ...]) -> None:
    assert heatmap_boxes.mask_box(drawn, "largest", "upright") == expected
    box = union_find.largest_boxes(drawn.astype(np.float32), np.array([0.5], np.float32))[0]
    assert tuple(box.tolist()) == expected


def test_first_contour_is_not_the_largest() -> None:
    drawn = mask("####  ", "####  ", "      ", "     #")
    # OpenCV lists contours from the bottom up
    assert heatmap_boxes.mask_box(drawn, "first", "upright") == (3, 5, 4, 6)
    assert heatmap_boxes.mask_box(drawn, "largest", "upright") == (0, 0, 2, 4)
    alone = mask("      ", " ###  ", " ###  ")
    assert heatmap_boxes.mask_box(alone, "first", "upright") == (1, 1, 3, 4)


def test_rotated_hull_of_an_upright_rectangle_is_its_box() -> None:
    drawn = mask("      ", " #### ", " #### ", "      ")
    assert heatmap_boxes.mask_box(drawn, "largest", "rotated") == pytest.approx((1, 1, 3, 5), abs=1e-4)


def test_rotated_hull_of_a_diagonal_extends_beyond_the_mask() -> None:
    box = heatmap_boxes.mask_box(np.eye(8, dtype=np.uint8), "largest", "rotated")
    # The squares of the pixels fill a strip of 45 degrees: |x - y| <= 1, and 0 <= x + y <= 16.
    # Its corners: x + y = 0 and x - y = +-1 give (0.5, -0.5) and (-0.5, 0.5); x + y = 16 gives (8.5, 7.5), (7.5, 8.5).
    assert box == pytest.approx((-0.5, -0.5, 8.5, 8.5), abs=1e-4)


def test_upsampling_has_half_pixel_centres() -> None:
    # two cells on four pixels: the pixels' centres are at -1/4, 1/4, 3/4, 5/4 between the cells' centres at 0 and 1
    canvas = heatmap_boxes.upsampled(np.array([[0.0, 1.0]]), 4)
    assert canvas.tolist() == pytest.approx(np.array([[0, 0.25, 0.75, 1]] * 4))
    assert canvas.dtype == np.float32


def test_a_box_at_every_threshold() -> None:
    boxes = heatmap_boxes.heatmap_boxes(np.array([[0.0, 1.0]]), [0.0, 0.25, 0.5, 0.999, 1.0], 4, "largest", "upright")
    # columns 0, 0.25, 0.75, 1: the object is above the threshold, so 0.25 is not in it at 0.25; nothing is above 1
    xmin = [0.25, 0.5, 0.5, 0.75]
    assert boxes.tolist() == [[0, x, 1, 1] for x in xmin] + [[0, 0, 0, 0]]
    assert boxes.dtype == np.float32


def test_thresholds_keep_their_order() -> None:
    # columns 0, 0.25, 0.75, 1, as above
    boxes = heatmap_boxes.heatmap_boxes(np.array([[0.0, 1.0]]), [0.9, 0.1, 0.5, 0.1], 4, "largest", "upright")
    assert boxes[:, 1].tolist() == [0.75, 0.25, 0.5, 0.25]


def test_component_and_rectangle_reach_the_box() -> None:
    # a canvas of the heatmap's size: 4 pixels of 1 at the top left, a diagonal of 3 pixels of 1 at the bottom right
    heatmap = np.zeros((8, 8))
    heatmap[:2, :2] = heatmap[[5, 6, 7], [5, 6, 7]] = 1

    def box(component: str, rectangle: str) -> list[float]:
        return heatmap_boxes.heatmap_boxes(heatmap, [0.5], 8, component, rectangle)[0].tolist()

    assert box("largest", "upright") == [0, 0, 0.25, 0.25]
    assert box("largest", "rotated") == pytest.approx([0, 0, 0.25, 0.25], abs=1e-4)
    assert box("first", "upright") == [0.625, 0.625, 1, 1]
    # the diagonal's corners are half a pixel outside of its box, as above
    assert box("first", "rotated") == pytest.approx([4.5 / 8, 4.5 / 8, 8.5 / 8, 8.5 / 8], abs=1e-4)


COMPONENTS_AND_RECTANGLES = [(c, r) for c in ("largest", "first") for r in ("upright", "rotated")]


@pytest.mark.parametrize(("component", "rectangle"), COMPONENTS_AND_RECTANGLES)
def test_an_empty_map_has_no_box(component: str, rectangle: str) -> None:
    boxes = heatmap_boxes.heatmap_boxes(np.zeros((7, 7)), [0.0, 0.5], 32, component, rectangle)
    assert boxes.tolist() == [[0, 0, 0, 0]] * 2


@pytest.mark.parametrize(("component", "rectangle"), COMPONENTS_AND_RECTANGLES)
def test_no_thresholds_give_no_boxes(component: str, rectangle: str) -> None:
    assert heatmap_boxes.heatmap_boxes(np.ones((7, 7)), [], 32, component, rectangle).shape == (0, 4)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("component", "rectangle"), COMPONENTS_AND_RECTANGLES)
def test_a_map_that_is_not_finite_is_an_error(value: float, component: str, rectangle: str) -> None:
    heatmap = np.zeros((7, 7), np.float16)
    heatmap[3, 4] = value
    with pytest.raises(ValueError, match="Expected a heatmap of finite values, received 1 of 49"):
        heatmap_boxes.heatmap_boxes(heatmap, [0.5], 32, component, rectangle)


def test_the_heatmap_is_not_changed() -> None:
    heatmap = np.random.default_rng(0).random((7, 7)).astype(np.float32)
    before = heatmap.copy()
    heatmap_boxes.heatmap_boxes(heatmap, [0.5], 32, "largest", "upright")
    assert (heatmap == before).all()
