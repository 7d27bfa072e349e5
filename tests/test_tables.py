"""Tables of three maps on two images, small enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest
from score_rows import CENTRE_BOX, COUNTS, KEYS, NAMES, rows, split

from wsol.scores import bootstrap, tables

TEST, HOLDOUT = split(rows(NAMES), "test"), split(rows(NAMES), "holdout")
TRUTH = np.array([[[0, 0, 0.5, 1], [0, 0, 0, 0]], [[0, 0, 1, 1], [0, 0, 0.2, 0.2]]])


def test_scores() -> None:
    table = tables.scores(TEST, HOLDOUT, COUNTS)
    assert len(table) == 6
    row = table.iloc[0].to_dict()
    # the draws' means are .4, .3, .2; of three the percentiles 2.5 and 97.5 lie .05 inside the outer ones
    assert (row["estimate"], row["low"], row["high"]) == pytest.approx((0.3, 0.205, 0.395))
    assert (row["map"], row["layer"], row["score"], row["threshold"]) == ("cam", "last", "mean_iou", 0.1)
    assert row["holdout"] == pytest.approx(0.1)
    assert np.isnan(row["oracle"])  # no threshold is chosen for it
    assert table.iloc[1][["oracle", "oracle_threshold"]].tolist() == pytest.approx([0.8, 0.3])


@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
def test_columns_are_resampled_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    values = np.random.default_rng(0).random((9, 4))
    counts = bootstrap.resampled(9, 100, seed=0)
    means = counts.astype(float) @ values / 9
    expected = np.stack([values.mean(axis=0), *np.percentile(means, (2.5, 97.5), axis=0)], axis=1)
    monkeypatch.setattr(bootstrap, "COLUMNS_AT_ONCE", at_once)
    table = tables.with_intervals(pd.DataFrame({"map": list("abcd"), "values": list(values.T)}), counts)
    assert table["map"].tolist() == list("abcd")
    np.testing.assert_allclose(table[["estimate", "low", "high"]], expected, rtol=1e-12)


def test_the_best_layer_is_holdouts() -> None:
    for score, best in (("mean_iou", "last"), ("mean_iou_chosen", "early")):
        layers = tables.best_layers(HOLDOUT[HOLDOUT["score"] == score]).set_index("map")["layer"]
        assert layers["grad_cam"] == best


def test_of_equal_layers_the_first_is_the_best() -> None:
    same = HOLDOUT[HOLDOUT["score"] == "mean_iou"].assign(values=[np.array([0.5])] * 3)
    assert tables.best_layers(same).set_index("map").loc["grad_cam", "layer"] == "early"


def test_comparisons() -> None:
    table = tables.comparisons(TEST, HOLDOUT, CENTRE_BOX, COUNTS, seed=0)
    families = table.groupby(["score", "comparison"], sort=False).size()
    assert families.to_dict() == {
        ("mean_iou", "CAM less map"): 2,
        ("mean_iou", "layer less best layer"): 1,
        ("mean_iou", "map less centre box"): 3,
        ("mean_iou_chosen", "CAM less map"): 2,
        ("mean_iou_chosen", "layer less best layer"): 1,
        ("mean_iou_chosen", "map less centre box"): 3,
    }
    to_maps = table[table["comparison"] != "map less centre box"]
    assert to_maps["estimate"].tolist() == pytest.approx([0.2, 0, -0.2, -0.1, 0, -0.1])
    assert table["p"].iloc[1] == 1  # CAM is Grad-CAM at the last layer
    assert table["p_holm"].iloc[0] == pytest.approx(min(2 * table["p"].iloc[0], 1))
    assert table.loc[2, ["layer", "other_layer"]].tolist() == ["early", "last"]  # the best on holdout


def test_every_map_is_compared_with_the_centre_box() -> None:
    table = tables.comparisons(TEST, HOLDOUT, CENTRE_BOX, COUNTS, seed=0)
    table = table[table["comparison"] == "map less centre box"]
    assert table[["map", "layer", "refinement"]].to_numpy().tolist() == [list(KEYS[name]) for name in NAMES] * 2
    assert table[["other_map", "other_layer", "other_refinement"]].drop_duplicates().to_numpy().tolist() == [
        ["centre_box", "none", "none"]
    ]
    # means of .3, .1, .3 at the fixed threshold and of .4, .5, .4 at the chosen one, less .3
    assert table["estimate"].tolist() == pytest.approx([0, -0.2, 0, 0.1, 0.2, 0.1])
    # CAM's differences are .1 and -.1: the draws' means are .1, 0 and -.1; Grad-CAM's early layer has -.2 twice
    assert table.iloc[0][["low", "high"]].tolist() == pytest.approx([-0.095, 0.095])
    assert table.iloc[1][["low", "high"]].tolist() == pytest.approx([-0.2, -0.2])


def test_one_layer_is_not_compared_with_a_best_one() -> None:
    test, holdout = (split(rows(["cam", "last"]), name) for name in ("test", "holdout"))
    compared = tables.comparisons(test, holdout, CENTRE_BOX, COUNTS, seed=0)
    assert set(compared["comparison"]) == {"CAM less map", "map less centre box"}


def test_methods_and_refinements_do_not_mix() -> None:
    more = rows(["early", "last"])
    table = pd.concat([rows(NAMES), more.assign(map="layer_cam"), rows(NAMES).assign(refinement="grabcut")])
    compared = tables.comparisons(split(table, "test"), split(table, "holdout"), CENTRE_BOX, COUNTS, seed=0)
    compared = compared[compared["comparison"] != "map less centre box"]
    refined = compared["comparison"] == "refined less map"
    assert (compared.loc[~refined, "refinement"] == compared.loc[~refined, "other_refinement"]).all()
    layers = compared[compared["comparison"] == "layer less best layer"]
    assert (layers["map"] == layers["other_map"]).all()
    # each of Grad-CAM, LayerCAM and the refined Grad-CAM has one layer that is not its best
    assert len(layers) == 2 * 3
    # CAM and Grad-CAM at both layers are refined, at both thresholds; the refined maps have the same scores here
    assert compared.loc[refined, ["map", "layer"]].equals(
        compared.loc[refined, ["other_map", "other_layer"]].set_axis(["map", "layer"], axis=1)
    )
    assert refined.sum() == 2 * 3
    assert set(compared.loc[refined, "refinement"]) == {"grabcut"}
    assert set(compared.loc[refined, "other_refinement"]) == {"none"}
    assert not compared.loc[refined, "estimate"].any()


@pytest.mark.parametrize("order", [["last", "cam", "early"], ["early", "last", "cam"]])
def test_cam_is_known_by_its_name_not_by_its_place(order: list[str]) -> None:
    keys = ["comparison", "score", "map", "layer", "other_map", "other_layer"]
    expected, shuffled = (
        tables.comparisons(split(rows(names), "test"), split(rows(names), "holdout"), CENTRE_BOX, COUNTS, seed=0)
        .sort_values(keys)
        .reset_index(drop=True)
        for names in (NAMES, order)
    )
    pd.testing.assert_frame_equal(expected, shuffled)


def test_breakdown() -> None:
    groups = [("all", "all", np.array([0, 1])), ("class", "beagle", np.array([1]))]
    table = tables.breakdown(TEST[TEST["score"] == "mean_iou"], groups, COUNTS)
    assert table["images"].tolist() == [2, 2, 2, 1, 1, 1]
    assert table["estimate"].tolist() == pytest.approx([0.3, 0.1, 0.3, 0.2, 0.1, 0.2])
    assert table.loc[3, ["low", "high"]].tolist() == pytest.approx([0.2, 0.2])


def test_the_breakdown_says_its_threshold() -> None:
    table = tables.breakdown(TEST, [("all", "all", np.array([0, 1]))], COUNTS)
    assert table[["score", "threshold"]].to_numpy().tolist() == [["mean_iou", 0.1], ["mean_iou_chosen", 0.2]] * 3
    assert table["estimate"].tolist() == pytest.approx([0.3, 0.4, 0.1, 0.5, 0.3, 0.4])


def test_images_of_a_map() -> None:
    boxes_yxyx = np.array([[0, 0, 0.5, 0.5], [0, 0, 0, 0]])
    info = pd.DataFrame({"image": ["a.jpg", "b.jpg"]})
    chosen_boxes_yxyx = boxes_yxyx / 2
    table = tables.images_of_map(
        info, KEYS["early"], np.array([0.1, 0.2]), np.array([0.3, 0.4]), boxes_yxyx, chosen_boxes_yxyx, TRUTH
    )
    assert table[["image", "map", "layer", "refinement"]].to_numpy().tolist() == [
        ["a.jpg", "grad_cam", "early", "none"],
        ["b.jpg", "grad_cam", "early", "none"],
    ]
    assert table[["iou", "iou_chosen"]].to_numpy().tolist() == [[0.1, 0.3], [0.2, 0.4]]
    assert table.loc[0, ["ymin", "xmin", "ymax", "xmax", "box_area"]].tolist() == [0, 0, 0.5, 0.5, 0.25]
    chosen = ["chosen_ymin", "chosen_xmin", "chosen_ymax", "chosen_xmax"]
    assert table.loc[0, chosen].tolist() == [0, 0, 0.25, 0.25]
    assert table.loc[0, "ground_truth_area"] == 0.5
    assert table.loc[1, ["box_area", "ground_truth_area"]].tolist() == [0, 1]  # no box overlaps none: the first


def without_images(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(values=[np.zeros(0)] * len(table))


def test_without_holdout_no_layer_is_the_best() -> None:
    assert tables.best_layers(without_images(HOLDOUT)).empty
    compared = tables.comparisons(TEST, without_images(HOLDOUT), CENTRE_BOX, COUNTS, seed=0)
    assert set(compared["comparison"]) == {"CAM less map", "map less centre box"}
    assert tables.scores(TEST, without_images(HOLDOUT), COUNTS)["holdout"].isna().all()


def test_a_single_map_is_compared_with_the_centre_box_alone() -> None:
    test, holdout = (split(rows(["early"]), name) for name in ("test", "holdout"))
    compared = tables.comparisons(test, holdout, CENTRE_BOX, COUNTS, seed=0)
    assert compared["comparison"].tolist() == ["map less centre box"] * 2


def test_without_maps_there_is_no_comparison() -> None:
    compared = tables.comparisons(TEST[:0], HOLDOUT[:0], CENTRE_BOX, COUNTS, seed=0)
    assert compared.to_dict("list") == {name: [] for name in tables.COLUMNS["comparisons"]}


def test_tables_without_rows_have_the_columns_of_those_with_rows() -> None:
    groups = [("all", "all", np.array([0, 1]))]
    made = {
        "scores": tables.scores(TEST, HOLDOUT, COUNTS),
        "comparisons": tables.comparisons(TEST, HOLDOUT, CENTRE_BOX, COUNTS, seed=0),
        "breakdown": tables.breakdown(TEST[TEST["score"] == "mean_iou"], groups, COUNTS),
    }
    assert {name: table.columns.tolist() for name, table in made.items()} == {
        name: tables.COLUMNS[name] for name in made
    }


def test_images_without_ground_truth_have_boxes_and_no_iou() -> None:
    boxes_yxyx, unknown = np.array([[0, 0, 0.5, 0.5]]), np.array([np.nan])
    info, truth = pd.DataFrame({"image": ["a.jpg"]}), np.zeros((1, 0, 4))
    table = tables.images_of_map(info, KEYS["early"], unknown, unknown, boxes_yxyx, boxes_yxyx, truth)
    assert table[["iou", "iou_chosen"]].isna().all(axis=None)
    assert table.loc[0, ["ymax", "box_area", "ground_truth_area"]].tolist() == [0.5, 0.25, 0]
