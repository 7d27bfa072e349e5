"""What the stages `scores`, `tables` and `report` write in a reproduced clone: it agrees with the boxes."""

import json
import pathlib

import numpy as np
import pandas as pd
import pytest
import wsolevaluation
from pycocotools.coco import COCO

from wsol.boxes import geometry

KEY = ["map", "layer", "refinement"]
CLAIM = {"claim", "paper", "estimate", "low", "high", "verdict"}
SCORES = {
    *("mean_iou", "gt_known_loc", "top1_loc", "top5_loc", "max_box_acc", "max_box_acc_v2"),
    *("mean_iou_chosen", "gt_known_loc_chosen", "top1_loc_chosen", "top5_loc_chosen"),
    *("max_box_acc_v2_30", "max_box_acc_v2_50", "max_box_acc_v2_70"),
}
THRESHOLDS = [0.005, *(step / 100 for step in range(1, 100))]


def read(folder: pathlib.Path, table: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"tables/{table}.csv")


def headline(folder: pathlib.Path) -> dict:
    return json.loads((folder / "metrics/localization.json").read_text())


def mean_ious(folder: pathlib.Path, file: str, split: str) -> np.ndarray:
    """Mean IoU at every threshold (thresholds,), from the boxes."""
    index = pd.read_parquet(folder / "data/heatmaps/index.parquet")
    rows = (index["split"] == split).to_numpy()
    truth = geometry.padded_boxes(index.loc[rows, "boxes_yxyx"])
    boxes_yxyx = np.load(folder / "data/boxes" / file)[:, rows]
    return geometry.iou_with_ground_truth(boxes_yxyx, truth, "best").mean(axis=1)


def test_every_score_of_every_map_lies_in_its_interval(reproduced: pathlib.Path) -> None:
    scores = read(reproduced, "scores")
    assert len(scores) == 37 * len(SCORES)  # CAM, two methods at 16 layers and `all`, two refined maps
    assert set(scores["score"]) == SCORES
    assert ((scores["low"] <= scores["estimate"]) & (scores["estimate"] <= scores["high"])).all()


@pytest.mark.parametrize(
    ("map_name", "layer", "file"),
    [("cam", "conv5_block3_out", "cam.npy"), ("grad_cam", "conv4_block1_out", "grad_cam-conv4_block1_out.npy")],
)
def test_thresholds_are_those_that_holdout_prefers(
    reproduced: pathlib.Path, map_name: str, layer: str, file: str
) -> None:
    row = read(reproduced, "scores").set_index([*KEY, "score"]).loc[map_name, layer, "none", "mean_iou_chosen"]
    on_holdout, on_test = (mean_ious(reproduced, file, split) for split in ("holdout", "test"))
    assert row["threshold"] == pytest.approx(THRESHOLDS[on_holdout.argmax()])
    assert row["estimate"] == pytest.approx(on_test[on_holdout.argmax()], rel=1e-5)
    assert row["oracle_threshold"] == pytest.approx(THRESHOLDS[on_test.argmax()])
    assert row["oracle"] == pytest.approx(on_test.max(), rel=1e-5)


@pytest.mark.parametrize("layer", ["conv2_block2_out", "conv4_block1_out", "conv5_block3_out"])
def test_max_box_acc_is_wsolevaluations(reproduced: pathlib.Path, layer: str) -> None:
    ours, theirs = wsolevaluation.beside_ours(reproduced, layer, 32)
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_the_headlines_keys(reproduced: pathlib.Path) -> None:
    # what `dvc exp show` compares: numbers, and no parameter
    assert list(headline(reproduced)) == [
        *("images", "top1", "cam", "compared", "centre_box", "compared_less_centre_box", "recommended"),
    ]


def test_empty_maps_are_counted(reproduced: pathlib.Path) -> None:
    index = pd.read_parquet(reproduced / "data/heatmaps/index.parquet")
    on_test = (index["split"] == "test").to_numpy()
    counts = []
    for name, file in (("CAM", "cam.npy"), ("Grad-CAM at conv3_block3_out", "grad_cam-conv3_block3_out.npy")):
        heatmaps = np.load(reproduced / "data/heatmaps" / file)[on_test]
        counts.append(f"{sum(not (heatmap > 0).any() for heatmap in heatmaps)} of {name}")
    table = pd.read_csv(reproduced / "plots/run.csv").set_index("property")["value"]
    assert table["empty heatmaps"] == ", ".join(counts)


def test_the_headline_is_of_the_tables(reproduced: pathlib.Path) -> None:
    figures, scores = headline(reproduced), read(reproduced, "scores").set_index([*KEY, "score"])["estimate"]
    assert figures["compared"] == scores["grad_cam", "conv3_block3_out", "none", "mean_iou"]
    assert figures["recommended"] == read(reproduced, "leaderboard")["mean_iou"].iloc[0]
    baselines = read(reproduced, "baselines").query("score == 'mean_iou'").set_index("baseline")["estimate"]
    assert figures["centre_box"] == baselines["centre_box"]
    recommended = json.loads((reproduced / "metrics/recommendation.json").read_text())
    assert figures["recommended"] == recommended["mean_iou"]["mean_iou"]


def test_one_row_for_each_test_image_and_map(reproduced: pathlib.Path) -> None:
    table = pd.read_parquet(reproduced / "data/iou.parquet")
    assert len(table) == 20 * (37 + 3)  # the baselines too
    assert len(table.drop_duplicates(["image", *KEY])) == 20 * (37 + 3)
    mean = table.query("map == 'cam' and refinement == 'none'")["iou"].mean()
    assert mean == pytest.approx(headline(reproduced)["cam"], rel=1e-5)
    assert (table["label"] == table["predicted"]).eq(table["top1_right"]).all()
    sides = table[["ymax", "xmax"]].to_numpy() - table[["ymin", "xmin"]].to_numpy()
    assert table["box_area"].to_numpy() == pytest.approx(sides.prod(axis=1))


def test_the_breakdowns_parts_make_the_whole(reproduced: pathlib.Path) -> None:
    table = read(reproduced, "breakdown")
    assert {"all", "size", "boxes", "prediction", "class"} >= set(table["breakdown"])
    cam = table.query("map == 'cam' and refinement == 'none'")
    for _, rows in cam.groupby("score"):
        whole = rows[rows["breakdown"] == "all"]["estimate"].item()
        for _, parts in rows.groupby("breakdown"):
            assert parts["images"].sum() == 20
            assert np.average(parts["estimate"], weights=parts["images"]) == pytest.approx(whole, abs=1e-5)


def test_baselines_stand_beside_the_maps(reproduced: pathlib.Path) -> None:
    names = ["full_image", "centre_box", "mean_box"]
    baselines = read(reproduced, "baselines").set_index(["baseline", "score"])
    assert {
        name: set(rows.index.get_level_values("score")) for name, rows in baselines.groupby("baseline")
    } == dict.fromkeys(names, SCORES)
    images = pd.read_parquet(reproduced / "data/iou.parquet").query("layer == 'none'")
    assert images["map"].unique().tolist() == names
    for name, rows in images.groupby("map"):
        assert (rows["iou"] == rows["iou_chosen"]).all()
        assert rows["iou"].mean() == pytest.approx(baselines.loc[(name, "mean_iou"), "estimate"], rel=1e-5)
        box_yxyx = rows[["ymin", "xmin", "ymax", "xmax"]].drop_duplicates().to_numpy()
        assert box_yxyx == pytest.approx(
            baselines.loc[[(name, "mean_iou")], ["ymin", "xmin", "ymax", "xmax"]].to_numpy(), rel=1e-5
        )
    breakdown = read(reproduced, "breakdown").query("breakdown == 'all'").set_index(["map", "score"])["estimate"]
    assert breakdown["centre_box", "mean_iou_chosen"] == baselines.loc[("centre_box", "mean_iou"), "estimate"]


def test_every_map_less_the_centre_box(reproduced: pathlib.Path) -> None:
    table = read(reproduced, "comparisons").query("comparison == 'map less centre box'")
    assert len(table) == 37 * 2
    chosen = table[table["score"] == "mean_iou_chosen"].set_index(KEY)
    board = read(reproduced, "leaderboard").set_index(KEY).loc[chosen.index]
    ends = ["less_centre_box", "less_centre_box_low", "less_centre_box_high"]
    assert (chosen[["estimate", "low", "high"]].to_numpy() == board[ends].to_numpy()).all()
    figures = headline(reproduced)
    fixed = table[table["score"] == "mean_iou"].set_index(KEY)
    less = figures["compared"] - figures["centre_box"]
    assert fixed.loc[("grad_cam", "conv3_block3_out", "none"), "estimate"] == pytest.approx(less, abs=1e-5)


def test_claims(reproduced: pathlib.Path) -> None:
    claims = json.loads((reproduced / "metrics/claims.json").read_text())
    assert len(claims) == 9
    assert all(set(row) == CLAIM for row in claims)
    rows = read(reproduced, "comparisons").query("comparison == 'CAM less map' and score == 'mean_iou'")
    row = rows.set_index(["other_map", "other_layer", "refinement"]).loc["grad_cam", "conv3_block3_out", "none"]
    assert [claims[0][name] for name in ("estimate", "low", "high")] == row[["estimate", "low", "high"]].tolist()
    less = headline(reproduced)["cam"] - headline(reproduced)["compared"]
    assert claims[0]["estimate"] == pytest.approx(less, abs=1e-5)
    lines = (reproduced / "tables/claims.md").read_text().splitlines()
    assert len(lines) == 13 and lines[-1].startswith("Each verdict is for these 20 test images and this one training.")


def test_coco_files_open(reproduced: pathlib.Path) -> None:
    names = sorted(file.name for file in (reproduced / "data/coco").iterdir())
    assert names == ["ground_truth.json", "predictions_cam.json", "predictions_compared.json"]
    truth = COCO(str(reproduced / "data/coco/ground_truth.json"))
    assert len(truth.getImgIds()) == 20
    table = pd.read_parquet(reproduced / "data/iou.parquet")
    for name, map_name, layer in (("cam", "cam", "conv5_block3_out"), ("compared", "grad_cam", "conv3_block3_out")):
        results = truth.loadRes(str(reproduced / f"data/coco/predictions_{name}.json"))
        shown = table[(table[KEY] == [map_name, layer, "none"]).all(axis=1)]
        assert len(results.getAnnIds()) == (shown["box_area"] > 0).sum()


def test_figures_have_six_digits(reproduced: pathlib.Path) -> None:
    assert all(float(f"{value:.6g}") == value for value in headline(reproduced).values())


# ---------------------------------------------------------------- refined maps, and the leaderboard


def test_a_refined_map_has_one_box_whatever_the_threshold(reproduced: pathlib.Path) -> None:
    scores = read(reproduced, "scores").query("refinement == 'grabcut'").set_index([*KEY, "score"])["estimate"]
    table = pd.read_parquet(reproduced / "data/iou.parquet").query("refinement == 'grabcut'")
    index = pd.read_parquet(reproduced / "data/heatmaps/index.parquet")
    test = (index["split"] == "test").to_numpy()
    truth = geometry.padded_boxes(index.loc[test, "boxes_yxyx"])
    for key, rows in table.groupby(KEY):
        name = "cam" if key[0] == "cam" else f"{key[0]}-{key[1]}"
        boxes_yxyx = np.load(reproduced / f"data/refined/{name}-grabcut.npy")[0, test]
        ious = geometry.iou_with_ground_truth(boxes_yxyx, truth, "best")
        assert rows["iou"].tolist() == rows["iou_chosen"].tolist() == pytest.approx(ious.tolist())
        assert scores[(*key, "mean_iou")] == scores[(*key, "mean_iou_chosen")] == pytest.approx(ious.mean(), rel=1e-5)
        reached = [(ious >= delta - 1e-6).mean() for delta in (0.3, 0.5, 0.7)]
        assert scores[(*key, "max_box_acc_v2")] == pytest.approx(np.mean(reached), rel=1e-5)
    assert len(table) == 20 * 2


def test_the_leaderboard_has_every_map_in_the_order_of_holdout(reproduced: pathlib.Path) -> None:
    board = read(reproduced, "leaderboard")
    scores = read(reproduced, "scores").set_index([*KEY, "score"])
    assert len(board) == 37
    assert board["holdout"].is_monotonic_decreasing
    baselines = read(reproduced, "baselines").set_index(["baseline", "score"])["estimate"]
    for row in board.itertuples():
        chosen = scores.loc[(row.map, row.layer, row.refinement, "mean_iou_chosen")]
        assert [row.mean_iou, row.mean_iou_low, row.mean_iou_high] == chosen[["estimate", "low", "high"]].tolist()
        assert row.holdout == chosen["holdout"]
        assert row.less_centre_box == pytest.approx(row.mean_iou - baselines["centre_box", "mean_iou"], abs=2e-6)
    unrefined_cam = board.query("map == 'cam' and refinement == 'none'").iloc[0]
    assert unrefined_cam[["less_cam", "less_cam_low", "less_cam_high"]].tolist() == [0, 0, 0]
