"""Examples for the pictures, from tables in which CAM is not the first map and no row has a fixed place."""

import numpy as np
import pandas as pd
import pytest
from score_tables import MAPS, NAMES, index, leaderboard, scores

from wsol.errors import InputError
from wsol.maps.keys import MapKey
from wsol.pictures import examples
from wsol.pictures.class_titles import class_titles

CAM = MapKey("cam", "conv5")
COMPARED = MapKey("grad_cam", "conv4")
REFINED = MapKey("grad_cam", "conv4", "grabcut")


def test_maps_are_found_by_their_keys() -> None:
    shown = examples.shown_maps(MAPS, leaderboard(), "grad_cam", "conv4")
    assert shown.cam == CAM
    assert shown.compared == COMPARED
    assert [key.layer for key in shown.layers] == ["conv4", "conv5", "all"]
    assert shown.recommended == REFINED  # the first row of the leaderboard


@pytest.mark.parametrize(
    ("map_name", "layer", "best", "in_gallery", "in_strip"),
    [
        # grad_cam has three layers
        ("grad_cam", "conv4", 0, [CAM, COMPARED, REFINED], 5),
        ("grad_cam", "conv4", 1, [CAM, COMPARED, MapKey("layer_cam", "conv4")], 5),
        ("grad_cam", "conv4", 2, [CAM, COMPARED], 4),  # CAM is recommended
        ("grad_cam", "conv4", 3, [CAM, COMPARED, MapKey("grad_cam", "conv5")], 4),  # another layer is
        ("grad_cam", "conv4", 4, [CAM, COMPARED], 4),  # the compared map is
        ("cam", "conv5", 0, [CAM, REFINED], 2),
        ("cam", "conv5", 2, [CAM], 1),
    ],
)
def test_each_map_is_shown_once(map_name: str, layer: str, best: int, in_gallery: list[MapKey], in_strip: int) -> None:
    shown = examples.shown_maps(MAPS, leaderboard()[best:], map_name, layer)
    assert examples.gallery_maps(shown) == in_gallery
    strip = examples.strip_maps(shown)
    assert len(strip) == len(set(strip)) == in_strip
    assert strip[0] == CAM
    assert in_strip < 5 or strip[-1] == shown.recommended


def test_thresholds() -> None:
    thresholds = examples.thresholds(leaderboard(), [CAM, COMPARED, REFINED, MapKey("layer_cam", "conv4")], 0.2)
    assert thresholds[MapKey("layer_cam", "conv4")] == 0.2  # not in the leaderboard
    assert (thresholds[CAM], thresholds[COMPARED]) == (0.49, 0.105)
    assert np.isnan(thresholds[REFINED])


@pytest.mark.parametrize(("map_name", "layer"), [("grad_cam", "conv9"), ("layer_cam", "conv5"), ("nothing", "conv4")])
def test_a_map_that_is_not_there_is_named(map_name: str, layer: str) -> None:
    with pytest.raises(InputError, match=rf"got {map_name} at {layer}, nearest are .*_cam at conv4"):
        examples.shown_maps(MAPS, leaderboard(), map_name, layer)


@pytest.mark.parametrize("seed", [0, 1])
def test_rows_and_positions_of_the_images(seed: int) -> None:
    images = examples.image_table(scores(seed), index()).set_index("image").loc[NAMES]
    assert images["row"].tolist() == [2, 3, 4]  # in the heatmap arrays, which hold all of index
    assert images["position"].tolist() == [1, 2, 3]  # in TFDS's test split


@pytest.mark.parametrize("seed", [0, 1])
def test_ious_are_found_by_image_and_key(seed: int) -> None:
    images = pd.DataFrame({"image": ["test/c.png", "test/a.png"]})
    found = examples.ious(scores(seed), images, [MapKey("grad_cam", "conv5"), CAM])
    assert found.tolist() == [[0.4, 0.4], [0.3, 0.2]]


@pytest.mark.parametrize("seed", [0, 1])
def test_images_are_chosen_by_cam_and_the_compared_map(seed: int) -> None:
    table = scores(seed)
    images = examples.image_table(table, index())
    shown = examples.shown_maps(MAPS, leaderboard(), "grad_cam", "conv4")
    groups, typical = examples.choose(table, images, shown, seed=0)
    # means of CAM and Grad-CAM at conv4: .2, .8, .4; two per group, so b and c are best, and a is median
    assert images["image"].iloc[groups["best"]].tolist() == ["test/b.png", "test/c.png"]
    assert images["image"].iloc[groups["median"]].tolist() == ["test/a.png"]
    # Grad-CAM's mean is .433 at both layers, so no image correlates; `all` does not count. c is the closest of the
    # correctly predicted b and c
    assert images["image"].iloc[typical] == "test/c.png"


def test_maps_without_a_box_are_counted() -> None:
    table = scores(0)
    table.loc[(table["image"] == "test/b.png") & (table["map"] == "cam"), examples.EDGES] = 0.0
    images = pd.DataFrame({"image": NAMES})
    assert examples.maps_without_box(table, images, [CAM, COMPARED]).tolist() == [0, 1, 0]
    assert examples.maps_without_box(table, images, [COMPARED]).tolist() == [0, 0, 0]


def test_without_cam_the_compared_map_alone_decides() -> None:
    shown = examples.shown_maps(MAPS[MAPS["map"] != "cam"], leaderboard(), "grad_cam", "conv4")
    assert shown.cam is None
    assert examples.gallery_maps(shown) == [COMPARED, REFINED]
    assert CAM not in examples.strip_maps(shown)
    images = examples.image_table(scores(0), index())
    groups, _ = examples.choose(scores(0), images, shown, seed=0)
    ious = examples.ious(scores(0), images, [COMPARED])[:, 0]
    assert groups["best"] == np.argsort(-ious)[:2].tolist()


@pytest.mark.parametrize(
    "board", [leaderboard().assign(holdout=np.nan), leaderboard()[:0]], ids=["not chosen", "empty"]
)
def test_without_a_choice_no_map_is_recommended(board: pd.DataFrame) -> None:
    shown = examples.shown_maps(MAPS, board, "grad_cam", "conv4")
    assert shown.recommended is None
    assert examples.gallery_maps(shown) == [CAM, COMPARED]
    assert examples.boxes_text(shown) == "boxes at the fixed threshold"


def test_without_ious_the_images_are_random() -> None:
    table = scores(0).assign(iou_chosen=np.nan)
    images = examples.image_table(table, index())
    shown = examples.shown_maps(MAPS, leaderboard()[:0], "grad_cam", "conv4")
    groups, strip = examples.choose(table, images, shown, seed=0)
    assert sorted(groups["random"]) == [0, 1, 2]
    assert images["top1_right"].iloc[strip]


def test_an_example_has_the_boxes_of_its_maps() -> None:
    table = scores(0)
    image = examples.image_table(table, index()).set_index("image", drop=False).loc["test/b.png"]
    picture, heatmap = np.zeros((6, 8, 3), np.uint8), np.ones((2, 2))
    heatmaps, thresholds = (
        {CAM: heatmap, COMPARED: 0 * heatmap, REFINED: heatmap},
        {CAM: 0.5, COMPARED: 0.3, REFINED: np.nan},
    )
    example = examples.make_example(picture, image, table, heatmaps, thresholds, None)
    assert (example.name, example.centre_yxyx) == ("test/b.png", None)
    assert [scored.threshold for scored in example.heatmaps[:2]] == [0.5, 0.3]
    assert (example.label, example.predicted) == ("n01-a b", "pug")  # a WordNet id has 8 digits
    assert example.ground_truth_yxyx.tolist() == [[0.1, 0.2, 0.3, 0.4]]
    assert [scored.key for scored in example.heatmaps] == [CAM, COMPARED, REFINED]
    assert [scored.iou for scored in example.heatmaps] == [0.9, 0.7, 0.8]
    assert example.heatmaps[1].box_yxyx.tolist() == pytest.approx([0.07, 0.1, 0.8, 0.9])
    assert example.heatmaps[1].heatmap.max() == 0


def test_titles_of_classes() -> None:
    names = ["n02088364-beagle", "n02085936-maltese_dog", "pug", "n02012849-crane", "n03126707-crane", "a_b", "a b"]
    titles = ["beagle", "maltese dog", "pug", "n02012849-crane", "n03126707-crane", "a_b", "a b"]
    assert class_titles(names) == dict(zip(names, titles, strict=True))


def test_classes_that_share_a_title_are_told_apart() -> None:
    table = scores(0).assign(label="n02012849-crane", predicted="n03126707-crane")
    image = examples.image_table(table, index()).iloc[0]
    assert (image["label_title"], image["predicted_title"]) == ("n02012849-crane", "n03126707-crane")
