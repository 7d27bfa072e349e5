"""The rules that choose the images of the gallery and of the layer strip."""

import numpy as np
import pytest

from wsol.pictures import choice


def test_the_groups_of_the_gallery() -> None:
    cam = np.array([0.9, 0.1, 0.5, 0.4, 0.8, 0.45])
    compared = np.array([0.9, 0.1, 0.4, 0.5, 0.0, 0.46])
    # means: .9, .1, .45, .45, .4, .455. Their median is .45, the mean of images 2 and 3. Image 4 differs by .8
    groups = choice.gallery_groups(np.stack([cam, compared], axis=1), 1, seed=0)
    assert groups["best"] == [0]
    assert groups["median"][0] in (2, 3)
    assert groups["worst"] == [1]
    assert groups["differ most"] == [4]


def test_an_image_is_in_one_group() -> None:
    # image 1 has the worst mean and the largest difference: it is in the first of these two groups
    groups = choice.gallery_groups(np.array([[0.9, 0.9], [0.4, 0.0], [0.5, 0.5], [0.6, 0.5]]), 1, seed=0)
    assert groups["worst"] == [1]
    assert sorted(image for images in groups.values() for image in images) == [0, 1, 2, 3]


def test_empty_groups_are_left_out() -> None:
    assert choice.gallery_groups(np.array([[0.5, 0.5]]), 2, seed=0) == {"best": [0]}


def test_the_seed_breaks_ties() -> None:
    equal = np.full((50, 2), 0.5)
    first, repeated, reseeded = (choice.gallery_groups(equal, 2, seed) for seed in (0, 0, 1))
    assert first == repeated
    assert first != reseeded


def test_rounding_errors_do_not_break_ties() -> None:
    equal = np.full((50, 2), 0.5)
    almost_equal = equal + np.arange(50)[:, None] * [1e-12, 0]
    assert choice.gallery_groups(almost_equal, 2, 0) == choice.gallery_groups(equal, 2, 0)


def test_a_single_map_has_no_largest_difference() -> None:
    # .9 is the highest, .5 the median, .1 the lowest
    groups = choice.gallery_groups(np.array([[0.9], [0.1], [0.5], [0.6], [0.4]]), 1, seed=0)
    assert groups == {"best": [0], "median": [2], "worst": [1]}


def test_random_images() -> None:
    eligible = np.arange(20) == 7
    groups, strip = choice.random_images(eligible, 8, seed=0)
    assert strip == 7
    assert len(set(groups["random"])) == 8
    assert choice.random_images(eligible, 8, seed=0) == (groups, strip)
    assert choice.random_images(eligible, 8, seed=1)[0] != groups
    # fewer images than asked for; none is eligible
    groups, strip = choice.random_images(np.array([False, False]), 8, seed=0)
    assert sorted(groups["random"]) == [0, 1]
    assert strip in (0, 1)


@pytest.mark.parametrize(
    ("eligible", "expected"),
    [
        # the means are .45, .475, .45. The correlation is 1 for images 0 and 1, -1 for 2, 0 for the constant 3.
        # Image 1 is closer to the mean than image 0
        ([True, True, True, True], 1),
        ([True, False, True, True], 0),
        ([False, False, True, True], 3),
        ([False, False, False, False], 1),  # none is eligible: all are
    ],
)
def test_the_typical_image(eligible: list[bool], expected: int) -> None:
    ious = np.array([[0.1, 0.9, 0.1], [0.5, 0.6, 0.5], [0.9, 0.1, 0.9], [0.3, 0.3, 0.3]])
    assert choice.typical_image(ious, np.array(eligible), np.zeros(len(ious), int), seed=0) == expected


def test_the_typical_image_of_one_layer_is_closest_to_the_mean() -> None:
    ious = np.array([[0.1], [0.5], [0.6]])  # their mean is .4
    assert choice.typical_image(ious, np.ones(3, bool), np.zeros(3, int), seed=0) == 1


def test_the_typical_image_has_boxes_before_all_else() -> None:
    # image 1 is the closest to the mean of .4, but a map of it has no box; 0 is closer than 2, but not eligible
    ious, eligible = np.array([[0.25], [0.35], [0.6]]), np.array([False, True, True])
    assert choice.typical_image(ious, eligible, np.array([0, 1, 0]), seed=0) == 2
    assert choice.typical_image(ious, eligible, np.array([0, 1, 1]), seed=0) == 0  # a box on every map, though wrong
