"""Which dogs are shown, and that whatever is found of them can be drawn."""

import itertools
import pathlib

import cv2
import numpy as np
import pytest
from matplotlib.image import FigureImage

from wsol.pictures import choice, gallery, sheet
from wsol.pictures.gallery import Dog, Found

# ---------------------------------------------------------------- the rules


def test_the_gallery_by_hand() -> None:
    cam = np.array([0.9, 0.1, 0.5, 0.4, 0.8, 0.45])
    grad_cam = np.array([0.9, 0.1, 0.4, 0.5, 0.0, 0.46])
    # means .9, .1, .45, .45, .4, .455; their median is .45, which two images have; the fifth differs by .8
    groups = choice.gallery(cam, grad_cam, 1, seed=0)
    assert groups["best"] == [0]
    assert groups["median"][0] in (2, 3)
    assert groups["worst"] == [1]
    assert groups["differ most"] == [4]


def test_an_image_is_shown_once() -> None:
    # the second is the worst and differs most: it is shown as the worst, and another differs most of the rest
    groups = choice.gallery(np.array([0.9, 0.4, 0.5, 0.6]), np.array([0.9, 0.0, 0.5, 0.5]), 1, seed=0)
    assert groups["worst"] == [1]
    assert sorted(row for rows in groups.values() for row in rows) == [0, 1, 2, 3]


def test_too_few_images_leave_groups_out() -> None:
    groups = choice.gallery(np.array([0.5]), np.array([0.5]), 2, seed=0)
    assert groups == {"best": [0]}


def test_ties_are_broken_by_the_seed() -> None:
    equal = np.full(50, 0.5)
    first, again, other = (choice.gallery(equal, equal, 2, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_the_typical_dog_goes_as_the_mean_does() -> None:
    ious = np.array([[0.1, 0.9, 0.1], [0.5, 0.6, 0.5], [0.9, 0.1, 0.9], [0.3, 0.3, 0.3]])
    # the mean is .45, .475, .45: the first two rise and fall with it, the second is nearer to it; the last is flat
    assert choice.typical(ious, np.ones(4, bool), seed=0) == 1
    assert choice.typical(ious, np.array([True, False, True, True]), seed=0) == 0
    assert choice.typical(ious, np.zeros(4, bool), seed=0) == 1  # none suits: all are there to choose from


def test_the_typical_dog_of_one_layer_is_nearest_to_the_mean() -> None:
    assert choice.typical(np.array([[0.1], [0.5], [0.6]]), np.ones(3, bool), seed=0) == 1  # the mean is .4


# ---------------------------------------------------------------- the pictures


def dog(height: int = 60, width: int = 80, maps: int = 2, boxes: int = 1) -> Dog:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    truth = np.array([[0.2, 0.2, 0.6, 0.6], [0.5, 0.5, 1, 1]])[:boxes]
    found = [Found(f"map {at}", rng.random((7, 7)), np.array([0.1, 0.1, 0.9, 0.9]), 0.25) for at in range(maps)]
    return Dog(picture, truth, "beagle", "beagle", found)


def pixels(png: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture[..., ::-1]


def near(picture: np.ndarray, colour: str) -> int:
    """How many pixels have about a colour."""
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return int((np.abs(picture.astype(int) - wanted).max(axis=-1) < 16).sum())


def drawn(groups: dict[str, list[Dog]]) -> np.ndarray:
    return pixels(gallery.gallery(groups, "toy_dogs", "conv3_block3_out", 0.1))


def test_the_same_dogs_give_the_same_bytes() -> None:
    first, again = (gallery.gallery({"best": [dog()]}, "toy_dogs", "a", 0.1) for _ in range(2))
    assert first == again


def test_two_dogs_a_row() -> None:
    assert drawn({"best": [dog(), dog()]}).shape == drawn({"best": [dog()]}).shape
    rows = [drawn({"best": [dog()] * count}).shape[0] for count in (2, 3, 5)]
    assert rows[1] - rows[0] == pytest.approx(gallery.GALLERY_ROW * sheet.DPI, abs=1)
    assert rows[2] - rows[1] == pytest.approx(gallery.GALLERY_ROW * sheet.DPI, abs=1)


def test_boxes_lie_above_the_pictures() -> None:
    one = dog()
    without = one._replace(
        ground_truth_yxyx=np.zeros((0, 4)), maps=[own._replace(box_yxyx=np.zeros(4)) for own in one.maps]
    )
    for line in (gallery.GROUND_TRUTH, gallery.PREDICTED):
        assert near(drawn({"best": [one]}), line.colour) > near(drawn({"best": [without]}), line.colour) + 100


@pytest.mark.parametrize(
    "odd",
    [
        dog(height=300, width=40),
        dog(height=40, width=300),
        dog(boxes=2),
        dog()._replace(predicted="a breed with a name too long to stand under a picture of this size, and longer"),
        dog()._replace(maps=[Found("CAM", np.zeros((7, 7)), np.zeros(4), 0.0)]),  # an empty map, no box
        dog()._replace(maps=[Found("CAM", np.ones((7, 7)), np.array([-0.5, -0.5, 1.5, 1.5]), 0.1)]),  # leaves it
    ],
    ids=["tall", "wide", "two dogs", "long name", "empty", "leaves the picture"],
)
def test_whatever_is_found_can_be_drawn(odd: Dog) -> None:
    assert drawn({"worst": [odd]}).shape[1] == gallery.WIDTH * sheet.DPI


@pytest.mark.parametrize(("layers", "rows"), [(1, 1), (4, 1), (5, 2), (16, 3), (50, 9)])
def test_any_number_of_layers_makes_a_strip(layers: int, rows: int) -> None:
    # the picture and CAM come before the layers, six a row
    heights = [
        pixels(gallery.layer_strip(dog(maps=1 + count), "toy_dogs", "map 1", 0.1)).shape[0] for count in (1, layers)
    ]
    row = (gallery.COLUMN * 60 / 80 + gallery.UNDER) * sheet.DPI
    assert heights[1] - heights[0] == pytest.approx((rows - 1) * row, abs=1)


Edges = tuple[float, float, float, float]


def edges(drawn: sheet.Sheet) -> list[tuple[str, Edges]]:
    """What lies on a sheet: its pictures and its texts, each with (left, bottom, right, top) in pixels."""
    lying: list[tuple[str, Edges]] = [
        (text.get_text(), text.get_window_extent().extents) for text in drawn.figure.texts
    ]
    for own in drawn.figure.images:
        assert isinstance(own, FigureImage)
        height, width = own.get_size()  # its own window extent is all 0
        lying.append(("a picture", (own.ox, own.oy, own.ox + width, own.oy + height)))
    return lying


@pytest.mark.parametrize("threshold", [0.005, 0.1, 0.49, 0.995])
@pytest.mark.parametrize(("height", "width"), [(60, 80), (300, 40), (40, 300)])
def test_nothing_overlaps(monkeypatch: pytest.MonkeyPatch, threshold: float, height: int, width: int) -> None:
    sheets: list[sheet.Sheet] = []
    monkeypatch.setattr(sheet.Sheet, "png", lambda own: sheets.append(own))  # append alone would not be a method
    one = dog(height, width)._replace(breed="soft-coated wheaten terrier", predicted="American Staffordshire terrier")
    layer = "conv4_block36_3_conv"  # no backbone on offer has a longer name
    one = one._replace(maps=[own._replace(name=name) for own, name in zip(one.maps, ("CAM", "Grad-CAM"), strict=True)])
    gallery.gallery({"best": [one, one], "differ most": [one, one]}, "stanford_dogs", layer, threshold)
    strip = one._replace(maps=[own._replace(name=layer) for own in one.maps * 9])
    gallery.layer_strip(strip, "stanford_dogs", layer, threshold)
    assert len(sheets) == 2
    for drawn in sheets:
        whole = drawn.width * sheet.DPI, drawn.height * sheet.DPI
        for name, (left, bottom, right, top) in edges(drawn):
            assert min(left, bottom) >= 0, name
            assert right <= whole[0] + 1, name
            assert top <= whole[1] + 1, name
        for (name, own), (other, its) in itertools.combinations(edges(drawn), 2):
            shared = [min(own[at + 2], its[at + 2]) - max(own[at], its[at]) for at in (0, 1)]
            assert min(shared) <= 1, (name, other)  # a pixel is rounding


@pytest.mark.parametrize(
    ("name", "expected"), [("n02088364-beagle", "beagle"), ("n02085936-maltese_dog", "maltese dog"), ("pug", "pug")]
)
def test_breed(name: str, expected: str) -> None:
    assert gallery.breed(name) == expected


def test_an_overlay_is_the_maps_colour_over_grey() -> None:
    picture = np.full((4, 4, 3), 100, np.uint8)
    found = sheet.overlaid(picture, np.ones((2, 2)))
    expected = sheet.SHARE * 255 * np.array(sheet.COLOURS(1.0)[:3]) + (1 - sheet.SHARE) * 100
    assert found[0, 0] == pytest.approx(expected, abs=1)


def test_the_pipeline_draws_both(reproduced: pathlib.Path) -> None:
    for name in ("gallery", "layer_strip"):
        picture = pixels((reproduced / f"plots/{name}.png").read_bytes())
        assert picture.shape[1] == gallery.WIDTH * sheet.DPI
