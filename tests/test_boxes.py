import numpy as np
import pytest

from wsol.boxes import heatmap_boxes, union_find


def mask(*rows: str) -> np.ndarray:
    """A mask drawn with # and spaces."""
    return np.array([[mark == "#" for mark in row] for row in rows], np.uint8)


def largest(drawn: np.ndarray) -> tuple[int, ...]:
    return tuple(union_find.largest_boxes(drawn.astype(np.float32), np.array([0.5], np.float32))[0].tolist())


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (mask("    ", "    "), (0, 0, 0, 0)),  # empty
        (mask("####", "####"), (0, 0, 2, 4)),  # full: upper edges are exclusive
        (mask("    ", "  # "), (1, 2, 2, 3)),  # a pixel is one wide
        (mask("#   ", " ## "), (0, 0, 2, 3)),  # joined by a corner: 8-connected
        (mask("## #", "   #", "   #"), (0, 3, 3, 4)),  # three pixels beat two
        (mask("#####", "#   #", "# # #", "#   #", "#####"), (0, 0, 5, 5)),  # one nested in the other
    ],
)
def test_largest_component(drawn: np.ndarray, expected: tuple[int, ...]) -> None:
    assert largest(drawn) == expected


def test_ties_go_to_the_first_in_raster_order() -> None:
    # two pixels each; the right one starts in row 0, the left one in row 1
    assert largest(mask("    #", "    #", "##   ")) == (0, 4, 2, 5)
    # within one pair of rows OpenCV, which works in blocks of 2 x 2, meets the left one first
    assert largest(mask("    ##", "##    ")) == (0, 4, 1, 6)


def test_first_contour_is_not_the_largest() -> None:
    drawn = mask("####  ", "####  ", "      ", "     #")
    assert largest(drawn) == (0, 0, 2, 4)
    assert heatmap_boxes.mask_box(drawn, "first", "upright") == (3, 5, 4, 6)  # OpenCV lists contours from the bottom up
    alone = mask("      ", " ###  ", " ###  ")
    assert heatmap_boxes.mask_box(alone, "first", "upright") == (1, 1, 3, 4)


def test_rotated_hull_of_a_straight_object_is_its_upright_box() -> None:
    drawn = mask("      ", " #### ", " #### ", "      ")
    assert heatmap_boxes.mask_box(drawn, "largest", "rotated") == pytest.approx((1, 1, 3, 5), abs=1e-4)


def test_rotated_hull_of_a_diagonal_leaves_its_upright_box() -> None:
    ymin, xmin, ymax, xmax = heatmap_boxes.mask_box(np.eye(8, dtype=np.uint8), "largest", "rotated")
    # the squares of the diagonal span a strip of 45 degrees from corner to corner of the 8 x 8
    # mask, 9 * sqrt(2)... its outermost corners (1, 0), (0, 1), (8, 7), (7, 8) lie on lines
    # x - y = 1 and x - y = -1, cut by x + y = 0 and x + y = 16: corners reach from -0.5 to 8.5
    assert (ymin, xmin, ymax, xmax) == pytest.approx((-0.5, -0.5, 8.5, 8.5), abs=1e-4)


def test_upsampling_has_half_pixel_centres() -> None:
    # two cells on four pixels: centres at 0.25, 0.75 of a cell, so 1/4 and 3/4 between
    canvas = heatmap_boxes.upsampled(np.array([[0.0, 1.0]]), 4)
    assert canvas[0].tolist() == pytest.approx([0, 0.25, 0.75, 1])


def test_a_box_at_every_threshold() -> None:
    heatmap = np.array([[0.0, 1.0]])
    drawn = heatmap_boxes.heatmap_boxes(heatmap, [0.0, 0.25, 0.5, 0.999], 4, "largest", "upright")
    # pixels 0, 0.25, 0.75, 1 of each row, above the threshold, not at it
    assert drawn[:, 1].tolist() == [0.25, 0.5, 0.5, 0.75]
    assert drawn[:, 3].tolist() == [1, 1, 1, 1]
    assert drawn.dtype == np.float32


@pytest.mark.parametrize("component", ["largest", "first"])
@pytest.mark.parametrize("rectangle", ["upright", "rotated"])
def test_an_empty_map_has_no_box(component: str, rectangle: str) -> None:
    assert not heatmap_boxes.heatmap_boxes(np.zeros((7, 7)), [0.0, 0.5], 32, component, rectangle).any()


def test_the_map_is_left_as_it_was() -> None:
    heatmap = np.random.default_rng(0).random((7, 7)).astype(np.float32)
    before = heatmap.copy()
    heatmap_boxes.heatmap_boxes(heatmap, [0.5], 32, "largest", "upright")
    assert (heatmap == before).all()
