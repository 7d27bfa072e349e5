"""Otsu's criterion, agreement, mirror consistency, and the pictures that a classifier is asked about."""

import numpy as np
import pytest

from wsol.selection import rise
from wsol.selection.agreement import agreement, mirror_consistency, mirrored
from wsol.selection.occlusion import blurred, cropped, masked, pasted
from wsol.selection.otsu import separability
from wsol.selection.variants import count, distinct, measures, pictures

FULL, LEFT, RIGHT, NONE = [0.0, 0, 1, 1], [0.0, 0, 1, 0.5], [0.0, 0.5, 1, 1], [0.0, 0, 0, 0]

# ---------------------------------------------------------------- Otsu


def test_separability_by_hand() -> None:
    # 0, 0, 0.5, 1: mean 0.375, variance (2 * 0.375^2 + 0.125^2 + 0.625^2) / 4 = 0.171875
    # at 0.2: groups of 2 and 2 with means 0 and 0.75: 1/2 * 1/2 * 0.75^2 = 0.140625, and / 0.171875 = 9/11
    # at 0.5, which is not above itself: groups of 3 and 1 with means 1/6 and 1: 3/4 * 1/4 * (5/6)^2 = 0.1302083: 25/33
    heatmap = np.array([[0, 0.5], [1, 0]])
    assert separability(heatmap, [0.2, 0.5]) == pytest.approx([9 / 11, 25 / 33])


def test_separability_does_not_depend_on_scale() -> None:
    heatmap = np.random.default_rng(0).random((5, 5))
    assert separability(heatmap / 4, [0.05, 0.1]) == pytest.approx(separability(heatmap, [0.2, 0.4]))


def test_separability_of_two_values_is_1_between_them() -> None:
    assert separability(np.array([[0, 0, 0, 1]], np.float16), [0, 0.5, 0.99]).tolist() == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_map_of_equal_values_has_no_groups(value: float) -> None:
    assert separability(np.full((3, 3), value), [0.0, 0.3, 0.5]).tolist() == [0, 0, 0]


# ---------------------------------------------------------------- agreement


def test_agreement_counts_other_maps_alone() -> None:
    boxes_yxyx = np.array([FULL, FULL, LEFT, RIGHT])
    # the first map has two equal boxes, which do not count for each other: (1/2 + 1/2) / 2
    # LEFT: with FULL twice 1/2, with RIGHT 0
    assert agreement(boxes_yxyx, np.array([0, 0, 1, 2])) == pytest.approx([1 / 2, 1 / 2, 1 / 3, 1 / 3])


def test_agreement_without_other_maps_or_boxes() -> None:
    assert agreement(np.array([FULL, LEFT]), np.array([0, 0])).tolist() == [0, 0]
    assert agreement(np.array([FULL]), np.array([0])).tolist() == [0]
    assert agreement(np.array([NONE, NONE]), np.array([0, 1])).tolist() == [0, 0]


def test_identical_maps_agree_wholly() -> None:
    assert agreement(np.array([LEFT, LEFT, LEFT]), np.array([0, 1, 2])).tolist() == [1, 1, 1]


# ---------------------------------------------------------------- mirror


def test_mirrored_twice_is_the_box() -> None:
    boxes_yxyx = np.array([[0.1, 0.2, 0.5, 0.9], FULL, NONE])
    assert mirrored(boxes_yxyx[:1])[0] == pytest.approx([0.1, 0.1, 0.5, 0.8])
    assert mirrored(mirrored(boxes_yxyx)) == pytest.approx(boxes_yxyx)


def test_mirror_consistency_by_hand() -> None:
    # the first candidate: 1 with its own mirror images, 0 by chance: 1
    # the second: always the whole picture: chance is 1: 0
    # the third: no box: 0 and 0
    # the fourth: full in both, and full and left in the mirrored ones: the mean is 3/4, and so it is by chance: 0
    boxes = np.array([[LEFT, FULL, NONE, FULL], [RIGHT, FULL, NONE, FULL]])
    of_mirrored = np.array([[LEFT, FULL, NONE, FULL], [RIGHT, FULL, NONE, LEFT]])
    assert mirror_consistency(boxes, of_mirrored) == pytest.approx([1, 0, 0, 0])


def test_mirror_consistency_below_chance() -> None:
    # the same picture: LEFT with RIGHT 0, RIGHT with FULL 1/2, mean 1/4
    # by chance: LEFT with FULL 1/2, RIGHT with RIGHT 1, mean 3/4; (1/4 - 3/4) / (1 - 3/4) = -2
    boxes, of_mirrored = np.array([[LEFT], [RIGHT]]), np.array([[RIGHT], [FULL]])
    assert mirror_consistency(boxes, of_mirrored) == pytest.approx([-2])


def test_mirror_consistency_of_one_image_is_not_corrected() -> None:
    assert mirror_consistency(np.array([[FULL, LEFT]]), np.array([[LEFT, LEFT]])) == pytest.approx([0.5, 1])


# ---------------------------------------------------------------- pictures

SIDE = 40
WHITE, BLACK = np.full((SIDE, SIDE, 3), 255, np.float32), np.zeros((SIDE, SIDE, 3), np.float32)
HALVES = pasted(BLACK, WHITE, np.array(LEFT))  # white on the left


def test_pasted_and_cropped() -> None:
    assert HALVES[..., 0].mean() == 127.5
    assert (HALVES[:, :20] == 255).all()
    assert (cropped(HALVES, np.array(LEFT)) == 255).all()
    assert (cropped(HALVES, np.array(RIGHT)) == 0).all()
    assert cropped(HALVES, np.array(FULL)).tolist() == HALVES.tolist()


@pytest.mark.parametrize("box", [NONE, [0.5, 0.5, 0.5, 0.5], [0.2, 0.2, 0.201, 0.9]], ids=["none", "empty", "thin"])
def test_a_box_without_a_pixel_hides_and_shows_nothing(box: list[float]) -> None:
    assert pasted(BLACK, WHITE, np.array(box)).tolist() == BLACK.tolist()
    assert cropped(WHITE, np.array(box)).tolist() == BLACK.tolist()


def test_pasted_leaves_its_pictures_as_they_are() -> None:
    pasted(BLACK, WHITE, np.array(FULL))
    assert (BLACK == 0).all()


def test_a_blur_keeps_the_mean_and_lowers_the_contrast() -> None:
    blurry = blurred(HALVES)
    assert blurry.mean() == pytest.approx(127.5, abs=0.1)  # symmetric about the edge
    assert blurry[:, :20].max() <= 255
    assert np.abs(np.diff(blurry[..., 0], axis=1)).max() < 255 / 4  # the edge was 255


def test_masked_by_a_map() -> None:
    assert masked(WHITE, np.ones((2, 2))).tolist() == WHITE.tolist()
    assert masked(WHITE, np.full((2, 2), 0.2)).tolist() == WHITE.tolist()  # a mean over layers: its maximum counts as 1
    assert masked(WHITE, np.zeros((2, 2))).tolist() == BLACK.tolist()
    assert masked(WHITE, np.array([[-1.0]])).tolist() == BLACK.tolist()


def test_steps_show_the_highest_pixels_first() -> None:
    heatmap = np.zeros((SIDE, SIDE))
    heatmap[:, 30:] = 1
    shown = rise.steps(BLACK, WHITE, heatmap)[..., 0] > 0  # (FRACTIONS, side, side)
    assert shown.mean(axis=(1, 2)).tolist() == list(rise.FRACTIONS)
    assert shown[0, :, :30].sum() == 0  # a fifth of the pixels is less than the quarter that is 1
    assert shown[1, :, 30:].all()


def test_steps_of_an_empty_map_go_in_raster_order() -> None:
    shown = rise.steps(BLACK, WHITE, np.zeros((4, 4)))[..., 0] > 0
    assert shown[1, :20].all()
    assert not shown[1, 20:].any()


def test_area_under_curve_by_hand() -> None:
    # 0 at 0, 0 at 0.2, 1 at 0.5, 1 at 1: a triangle of 0.3 / 2 and 0.5
    assert rise.area_under_curve(np.zeros(1), np.array([[0.0, 1.0]]), np.ones(1)) == pytest.approx([0.65])
    assert rise.area_under_curve(np.full(1, 0.3), np.full((1, 2), 0.3), np.full(1, 0.3)) == pytest.approx([0.3])


# ---------------------------------------------------------------- all pictures of an image


def brightness(shown: np.ndarray) -> float:
    """A classifier whose probability is the mean brightness of the left half."""
    return float(shown[:, :20].mean() / 255)


def test_equal_boxes_are_asked_about_once() -> None:
    boxes = distinct(np.array([LEFT, RIGHT, LEFT, [0.01, 0, 1, 0.51], NONE]))
    assert len(boxes.boxes_yxyx) == 3  # left, right, none
    assert boxes.box[0] == boxes.box[2] == boxes.box[3] != boxes.box[1]
    assert len(boxes.centred_yxyx) == 2  # left and right have the same size
    assert boxes.size[0] == boxes.size[1] != boxes.size[4]


def test_measures_are_of_their_pictures() -> None:
    boxes, maps = distinct(np.array([LEFT, RIGHT, NONE, LEFT])), [np.ones((2, 2)), np.zeros((2, 2))]
    shown = list(pictures(HALVES, boxes, maps))
    assert len(shown) == count(boxes, 2)
    measured = measures(np.array([brightness(picture) for picture in shown]), boxes, 2)
    blurry = brightness(blurred(HALVES))
    assert measured["probability"] == 1
    # the crop of the left is white, that of the right black, and nothing is seen of no box
    assert measured["cropped"].tolist() == [1, 0, 0, 1]
    assert measured["kept"] == pytest.approx([1, blurry, blurry, 1])
    assert measured["removed"] == pytest.approx([blurry, 1, 1, blurry])
    # the centred box spans columns 10 to 30: the blur's edge at column 20 is kept or removed on its left half alone
    assert measured["kept_centred"][0] == measured["kept_centred"][1] == measured["kept_centred"][3]
    assert blurry < measured["kept_centred"][0] <= 1
    assert measured["removed_centred"][2] == 1
    assert measured["masked"].tolist() == [1, 0]
    assert ((blurry <= measured["insertion"]) & (measured["insertion"] <= 1)).all()
    assert ((blurry <= measured["deletion"]) & (measured["deletion"] <= 1)).all()


def test_insertion_and_deletion_add_up_if_the_curves_are_straight() -> None:
    # equal map: shown in raster order, so the brightness of the left half is linear in the share of pixels
    boxes, maps = distinct(np.array([LEFT])), [np.ones((2, 2))]
    measured = measures(np.array([brightness(picture) for picture in pictures(HALVES, boxes, maps)]), boxes, 1)
    middle = (1 + brightness(blurred(HALVES))) / 2
    assert measured["insertion"] == pytest.approx([middle], abs=1e-3)
    assert measured["deletion"] == pytest.approx([middle], abs=1e-3)
