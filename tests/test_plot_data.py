"""The data of the plots, on figures small enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest

from wsol.pictures import layer_data, plot_data
from wsol.scores import tables

COUNTS = np.array([[2, 0], [1, 1], [0, 2]], np.uint8)
CAM, EARLY, LAST = ("cam", "conv5_out", "none"), ("grad_cam", "conv4_out", "none"), ("grad_cam", "conv5_out", "none")
REFINED = ("grad_cam", "conv4_out", "grabcut")
OTHERS = [("layer_cam", "conv4_out", "none"), ("cam", "conv5_out", "grabcut"), REFINED]
FUSIONS = [("grad_cam", "all", "none"), ("layer_cam", "all", "none")]
REFINED_MAPS = [("cam", "conv5_out", "grabcut"), REFINED]
SIDES = {CAM: 7, EARLY: 14, LAST: 7} | dict.fromkeys([*OTHERS, *FUSIONS], 14)
IOUS = {CAM: 0.1, EARLY: 0.2, LAST: 0.3} | dict.fromkeys([*OTHERS, *FUSIONS], 0.9)


def maps(keys: list[tuple[str, str, str]]) -> pd.DataFrame:
    sides = [SIDES[key] for key in keys]
    return pd.DataFrame(keys, columns=["map", "layer", "refinement"]).assign(height=sides, width=sides, more=1)


def scores(keys: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Two images, .1 below and above the map's IoU at 0.1, and .4 higher at the chosen 0.5."""
    rows = [
        dict(zip(("map", "layer", "refinement"), key, strict=True))
        | {"score": score, "threshold": threshold, "oracle": 0.0, "oracle_threshold": 0.0}
        | {"values": np.array([-0.1, 0.1]) + IOUS[key] + more}
        for key in keys
        for score, threshold, more in (("mean_iou", 0.1, 0.0), ("mean_iou_chosen", 0.5, 0.4))
    ]
    return tables.scores(pd.DataFrame(rows), pd.DataFrame(rows), COUNTS)


BASELINES = pd.DataFrame(
    {"baseline": list(plot_data.BASELINES), "score": "mean_iou", "estimate": 0.2, "low": 0.1, "high": 0.3}
)


NO_LEADERBOARD = pd.DataFrame(columns=["map", "layer", "refinement"])


def fixed(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["rule"] == "fixed"]


def test_a_block_is_a_resolution() -> None:
    # both layers of 14 x 14 begin with block2a; those of 7 x 7 have nothing in common; the fusion stands alone
    layers = ["block2a_bn", "block2a_add", "block5a_bn", "block6a_bn", "all"]
    sides = [14, 14, 7, 7, 14]
    blocks = layer_data._blocks(pd.DataFrame({"layer": layers, "height": sides, "width": sides}))
    assert blocks.tolist() == ["block2a", "block2a", "7 × 7", "7 × 7", "all"]


def test_a_name_at_several_resolutions_is_no_block() -> None:
    # ConvNeXt's stages: `add` is at 8 x 8 and at 4 x 4
    layers = ["add_1", "add_4", "layer_normalization", "all"]
    sides = [8, 4, 1, 8]
    blocks = layer_data._blocks(pd.DataFrame({"layer": layers, "height": sides, "width": sides}))
    assert blocks.tolist() == ["8 × 8", "4 × 4", "layer", "all"]


@pytest.mark.parametrize("order", [[CAM, EARLY, LAST, *REFINED_MAPS], [*REFINED_MAPS, EARLY, LAST, CAM]])
def test_by_layer(order: list[tuple[str, str, str]]) -> None:
    both = layer_data.by_layer(maps(order), scores(order), BASELINES, LAST)
    assert list(both) == [
        *("map", "layer", "refinement", "role", "title", "label", "block", "shaded", "rule", "threshold", "mean_iou"),
        *("low", "high", "interval", "marked", "others", "layers", "full_image_iou", "centre_box_iou", "mean_box_iou"),
    ]
    assert both["rule"].tolist() == ["fixed"] * 3 + ["chosen on holdout"] * 3
    assert both["mean_iou"].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.5, 0.6, 0.7])
    assert set(both["layers"]) == {2} and set(both["others"]) == {""}
    table = both[both["rule"] == "fixed"]
    assert table["label"].tolist() == ["conv5_out|7 × 7", "conv4_out|14 × 14", "conv5_out|7 × 7"]
    assert table["map"].tolist() == ["cam", "grad_cam", "grad_cam"]
    assert table["role"].tolist() == ["CAM", "compared", "compared"]
    assert table["marked"].tolist() == [False, False, True]  # CAM has its last layer's name, and no mark
    assert table["block"].tolist() == ["conv5", "conv4", "conv5"]
    assert table["shaded"].tolist() == [False, False, True]
    assert table["title"].tolist() == ["CAM", "Grad-CAM at conv4_out", "Grad-CAM at conv5_out"]
    assert table["mean_iou"].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert table["full_image_iou"].tolist() == pytest.approx([0.2] * 3)
    assert (table["low"] < table["mean_iou"]).all()


def test_by_layer_of_a_refined_map() -> None:
    keys = [CAM, EARLY, LAST, *OTHERS]
    table = fixed(layer_data.by_layer(maps(keys), scores(keys), BASELINES, REFINED))
    assert table.loc[table["role"] != "other", "title"].tolist() == [
        "CAM",
        "Grad-CAM at conv4_out, refined by GrabCut",
    ]
    assert table["marked"].tolist() == [False, True, False, False, False]


def test_by_layer_with_other_methods_and_the_fusion() -> None:
    keys = [*FUSIONS, CAM, *OTHERS, EARLY, LAST]  # the fusion is first in the table, and last in the figure
    table = fixed(layer_data.by_layer(maps(keys), scores(keys), BASELINES, EARLY))
    assert set(table["others"]) == {"LayerCAM"}
    assert list(zip(table["role"], table["map"], table["layer"], strict=True)) == [
        ("CAM", "cam", "conv5_out"),
        *[("compared", "grad_cam", layer) for layer in ("conv4_out", "conv5_out", "all")],
        *[("other", "layer_cam", layer) for layer in ("all", "conv4_out")],
    ]
    assert set(table["refinement"]) == {"none"}
    assert table["shaded"].tolist() == [False, False, True, False, False, False]


def test_by_map() -> None:
    keys = [*OTHERS, EARLY, LAST, *FUSIONS, CAM]
    table = plot_data.by_map(scores(keys), BASELINES, EARLY)
    assert list(table) == [
        *("map", "layer", "refinement", "method", "place", "rule"),
        *("threshold", "mean_iou", "low", "high", "marked", "cam_iou", "baseline", "baseline_iou"),
    ]
    fixed = table[table["rule"] == "fixed"]
    assert fixed[["method", "layer", "place"]].to_numpy().tolist() == [
        ["CAM", "conv5_out", 1],
        ["LayerCAM", "conv4_out", 0],
        ["Grad-CAM", "conv4_out", 0],
        ["Grad-CAM", "conv5_out", 1],
        ["Grad-CAM", "all", 2],
        ["LayerCAM", "all", 2],
        ["CAM, GrabCut", "conv5_out", 1],
        ["Grad-CAM, GrabCut", "conv4_out", 0],
    ]
    assert fixed["mean_iou"].tolist() == pytest.approx([0.1, 0.9, 0.2, 0.3, 0.9, 0.9, 0.9, 0.9])
    assert fixed["marked"].tolist() == [False, False, True, False, False, False, False, False]
    assert set(fixed["threshold"]) == {0.1}
    assert fixed["cam_iou"].tolist() == pytest.approx([0.1] * 8)
    chosen = table[table["rule"] == "chosen on holdout"]
    assert chosen["mean_iou"].tolist() == pytest.approx((fixed["mean_iou"] + 0.4).tolist())
    assert set(chosen["threshold"]) == {0.5}
    assert chosen["cam_iou"].tolist() == pytest.approx([0.5] * 8)


def test_by_map_where_only_cam_has_its_layer() -> None:
    # CAM's layer is the network's last, so it is after the methods' layers, whatever the order of the rows
    table = plot_data.by_map(scores([CAM, EARLY, FUSIONS[0]]), BASELINES, EARLY)
    assert dict(zip(table["layer"], table["place"], strict=True)) == {"conv4_out": 0, "conv5_out": 1, "all": 2}


def test_a_refined_map_has_no_threshold() -> None:
    keys = [CAM, EARLY, REFINED]
    one_box = scores(keys).assign(threshold=lambda rows: rows["threshold"].where(rows["refinement"] == "none"))
    table = plot_data.by_map(one_box, BASELINES, EARLY)
    assert table.loc[table["refinement"] == "grabcut", "threshold"].isna().tolist() == [True, True]
    assert table.loc[table["refinement"] == "none", "threshold"].tolist() == [0.1, 0.5, 0.1, 0.5]


def test_the_best_baseline() -> None:
    # the highest mean IoU; the rows of another score are left out; of equals, the first
    table = BASELINES.assign(estimate=[0.2, 0.4, 0.3])
    other = table.assign(score="gt_known_loc", estimate=[0.9, 0.1, 0.1])
    shown = plot_data.by_map(scores([CAM]), pd.concat([other, table]), CAM)
    assert shown[["baseline", "baseline_iou"]].to_numpy().tolist() == [["centre box", 0.4]] * 2
    assert set(plot_data.by_map(scores([CAM]), BASELINES, CAM)["baseline"]) == {"full-image box"}


@pytest.mark.parametrize("order", [[CAM, EARLY, FUSIONS[0], *OTHERS], [FUSIONS[0], *OTHERS, EARLY, CAM]])
def test_by_threshold(order: list[tuple[str, str, str]]) -> None:
    means = pd.DataFrame(order, columns=["map", "layer", "refinement"])
    means = means.assign(threshold=0.1, mean_iou=[IOUS[key] for key in order], box_acc=0.5)
    table = layer_data.by_threshold(means, BASELINES, LAST)
    assert list(table) == [
        *("map", "layer", "refinement", "title", "threshold", "mean_iou", "box_acc", "baseline", "baseline_iou"),
        *("full_image_acc", "centre_box_acc", "mean_box_acc"),
    ]
    # the compared map's layers, its fusion last, and CAM
    assert table["title"].tolist() == ["CAM", "Grad-CAM at conv4_out", "Grad-CAM, all layers"]
    assert table["mean_iou"].tolist() == [0.1, 0.2, 0.9]
    assert table["baseline_iou"].tolist() == [0.2] * 3


def test_compared_maps() -> None:
    keys = [LAST, *OTHERS, CAM, EARLY]
    made = scores(keys)
    made.loc[made["refinement"] == "grabcut", "threshold"] = np.nan  # a refined map has one box
    table = plot_data.compared_maps(
        [CAM, EARLY], made, BASELINES, pd.DataFrame([REFINED], columns=list(NO_LEADERBOARD))
    )
    assert table[["place", "what", "threshold", "at"]].to_numpy().tolist() == [
        [0, "CAM", "fixed", "0.1"],
        [0, "CAM", "chosen on holdout", "0.5"],
        [1, "Grad-CAM at conv4_out", "fixed", "0.1"],
        [1, "Grad-CAM at conv4_out", "chosen on holdout", "0.5"],
        [2, "Grad-CAM at conv4_out, refined by GrabCut, recommended", "chosen on holdout", ""],
        [3, "full-image box", "nothing chosen", ""],
        [4, "centre box", "chosen on holdout", "side"],
        [5, "mean box", "chosen on holdout", "box"],
    ]
    assert table["mean_iou"].tolist() == pytest.approx([0.1, 0.5, 0.2, 0.6, 1.3, 0.2, 0.2, 0.2])


def test_a_map_is_not_compared_with_itself() -> None:
    board = pd.DataFrame([CAM], columns=list(NO_LEADERBOARD))
    table = plot_data.compared_maps([CAM, CAM], scores([CAM]), BASELINES, board)
    expected = ["CAM, recommended"] * 2 + ["full-image box", "centre box", "mean box"]
    assert table["what"].tolist() == expected


def test_by_image() -> None:
    images = pd.DataFrame({"image": ["a", "b"], "label": "beagle", "top1_right": [True, False], "refinement": "none"})
    cam = images.assign(map="cam", layer="conv5_out", iou=[0.1, 0.2], box_area=[1.0, 0.5])
    compared = images.assign(map="grad_cam", layer="conv4_out", iou=[0.3, 0.4], box_area=1.0)
    compared = compared.set_index(np.array([7, 8]))
    table = plot_data.by_image(cam, compared)
    assert table[["image", "prediction", "cam", "compared"]].to_numpy().tolist() == [
        ["a", "right", 0.1, 0.3],
        ["b", "wrong", 0.2, 0.4],
    ]
    assert table["whole_image"].tolist() == [True, False]
    assert set(table["compared_title"]) == {"Grad-CAM at conv4_out"}


def predictions(labels: list[str], predicted: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"label": labels, "predicted": predicted})


def test_confusion_shows_all_pairs_of_the_classes_there_are() -> None:
    # a is once predicted as b, and once as c, of which there is no image
    table = plot_data.confusion(predictions(["a", "a", "a", "b"], ["a", "b", "c", "b"]))
    assert table[["true", "predicted", "images"]].to_numpy().tolist() == [
        ["a", "a", 1],
        ["a", "b", 1],
        ["b", "a", 0],
        ["b", "b", 1],
    ]
    assert table["share"].tolist() == pytest.approx([1 / 3, 1 / 3, 0, 1])


def test_confusion_of_a_perfect_classifier() -> None:
    table = plot_data.confusion(predictions(["b", "a", "b"], ["b", "a", "b"]))
    assert table[["true", "predicted", "share"]].to_numpy().tolist() == [
        ["a", "a", 1],
        ["a", "b", 0],
        ["b", "a", 0],
        ["b", "b", 1],
    ]


def test_confusion_tells_classes_with_one_title_apart() -> None:
    names = ["n01-x", "n02012849-crane", "n02085936-maltese_dog", "n03126707-crane"]
    table = plot_data.confusion(predictions(names, names))
    titles = ["n01-x", "n02012849-crane", "maltese dog", "n03126707-crane"]  # n01 is no WordNet id
    assert table["predicted"].tolist() == titles * 4
    assert table["true"].unique().tolist() == titles
    # also where the second crane is only predicted, and has no row of its own
    table = plot_data.confusion(predictions(["n02012849-crane", "pug"], ["n03126707-crane", "pug"]))
    assert table["true"].unique().tolist() == ["n02012849-crane", "pug"]


def test_confusion_keeps_the_most_confused() -> None:
    # 30 classes of two images; one image of each from the 20th on is predicted as the next class
    labels = [f"{place // 2:02}" for place in range(60)]
    predicted = [
        f"{(place // 2 - 19) % 10 + 20}" if place % 2 and place >= 40 else label for place, label in enumerate(labels)
    ]
    table = plot_data.confusion(predictions(labels, predicted))
    names = sorted(set(table["true"]))
    assert len(table) == 20 * 20
    assert names[-10:] == [str(number) for number in range(20, 30)]  # all ten that are confused; others fill up
    assert names[:10] == [f"{number:02}" for number in range(10)]


# ---------------------------------------------------------------- without CAM, a choice, or scores


def test_without_cam() -> None:
    keys = [EARLY, LAST, REFINED]
    by_map = plot_data.by_map(scores(keys), BASELINES, EARLY)
    assert by_map["cam_iou"].isna().all()
    assert by_map["layer"].tolist() == ["conv4_out"] * 2 + ["conv5_out"] * 2 + ["conv4_out"] * 2
    by_layer = layer_data.by_layer(maps(keys), scores(keys), BASELINES, EARLY)
    assert by_layer["role"].tolist() == ["compared"] * 4
    compared = plot_data.compared_maps([EARLY], scores(keys), BASELINES, NO_LEADERBOARD)
    assert compared["what"].tolist() == ["Grad-CAM at conv4_out"] * 2 + list(plot_data.BASELINES.values())


def test_refined_cam_is_not_taken_for_cam() -> None:
    by_map = plot_data.by_map(scores([("cam", "conv5_out", "grabcut"), EARLY]), BASELINES, EARLY)
    assert by_map["cam_iou"].isna().all()


def test_what_was_not_chosen_is_not_shown() -> None:
    keys = [CAM, EARLY]
    unchosen, boxes = scores(keys).assign(holdout=np.nan), BASELINES[BASELINES["baseline"] != "mean_box"]
    by_map = plot_data.by_map(unchosen, boxes, EARLY)
    assert by_map["rule"].tolist() == ["fixed", "fixed"]
    compared = plot_data.compared_maps(keys, unchosen, boxes, pd.DataFrame([CAM], columns=list(NO_LEADERBOARD)))
    assert compared["threshold"].tolist() == ["fixed", "fixed", "nothing chosen", "nothing chosen"]
    assert compared["what"].tolist() == ["CAM", "Grad-CAM at conv4_out", "full-image box", "centre box"]
    by_layer = layer_data.by_layer(maps(keys), unchosen, boxes, EARLY)
    assert by_layer["mean_box_iou"].isna().all()
    assert by_layer["centre_box_iou"].tolist() == [0.2, 0.2]


def test_without_scores_there_are_no_rows() -> None:
    keys, full = [CAM, EARLY], scores([CAM, EARLY])
    none, boxes = pd.DataFrame(columns=full.columns), pd.DataFrame(columns=BASELINES.columns)
    made = {
        "by_map": (plot_data.by_map(none, boxes, EARLY), plot_data.by_map(full, BASELINES, EARLY)),
        "by_layer": tuple(
            layer_data.by_layer(maps(keys), *tables, EARLY) for tables in ((none, boxes), (full, BASELINES))
        ),
        "compared": tuple(
            plot_data.compared_maps(keys, *tables, NO_LEADERBOARD) for tables in ((none, boxes), (full, BASELINES))
        ),
    }
    for empty, filled in made.values():
        assert empty.empty
        assert empty.columns.tolist() == filled.columns.tolist()


@pytest.mark.parametrize("cam", [None, np.nan], ids=["not drawn", "no IoU"])
def test_an_image_without_both_ious_is_not_shown(cam: float | None) -> None:
    image = {"image": ["a.jpg"], "label": "pug", "top1_right": True, "layer": "conv5", "refinement": "none"}
    compared = pd.DataFrame(image | {"map": "grad_cam", "iou": 0.2, "box_area": 1.0})
    table = plot_data.by_image(None if cam is None else compared.assign(map="cam", iou=cam), compared)
    assert table.empty
    columns = ["image", "label", "prediction", "cam", "compared", "whole_image", "compared_title"]
    assert table.columns.tolist() == columns
