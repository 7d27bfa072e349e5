"""What the stage `iou` writes, in the clone in which the pipeline ran: it agrees with itself and with the boxes."""

import json
import pathlib
import re

import numpy as np
import pandas as pd
import pytest
import wsolevaluation
from clones import ROOT
from pycocotools.coco import COCO

from wsol.boxes import geometry

CLAIM = {"claim", "paper", "estimate", "low", "high", "verdict"}
SCORES = {
    *("mean_iou", "gt_known_loc", "top1_loc", "top5_loc", "max_box_acc", "max_box_acc_v2"),
    *("mean_iou_chosen", "gt_known_loc_chosen", "top1_loc_chosen", "top5_loc_chosen"),
    *("max_box_acc_v2_30", "max_box_acc_v2_50", "max_box_acc_v2_70"),
}


def read(folder: pathlib.Path, table: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"tables/{table}.csv")


def test_every_score_of_every_map_lies_in_its_interval(reproduced: pathlib.Path) -> None:
    scores = read(reproduced, "scores")
    assert len(scores) == 17 * len(SCORES)
    assert set(scores["score"]) == SCORES
    assert ((scores["low"] <= scores["estimate"]) & (scores["estimate"] <= scores["high"])).all()
    # a choice made elsewhere cannot beat the best in hindsight
    moved = scores[scores["score"].isin(["mean_iou_chosen", "max_box_acc", "max_box_acc_v2"])]
    assert (moved["estimate"] <= moved["oracle"] + 1e-6).all()


def test_thresholds_are_those_that_holdout_prefers(reproduced: pathlib.Path) -> None:
    index = pd.read_parquet(reproduced / "data/heatmaps/index.parquet")
    rows = (index["split"] == "holdout").to_numpy()
    truth = geometry.padded_boxes(index.loc[rows, "boxes_yxyx"])
    boxes = np.load(reproduced / "data/boxes/cam.npy")[rows]
    means = geometry.iou_with_ground_truth(boxes, truth, "best").mean(axis=0)
    scores = read(reproduced, "scores").set_index(["map", "score"])
    thresholds = [0.005, *(step / 100 for step in range(1, 100))]
    assert scores.loc[("cam", "mean_iou_chosen"), "threshold"].item() == pytest.approx(thresholds[means.argmax()])


@pytest.mark.parametrize("layer", ["conv2_block2_out", "conv4_block1_out", "conv5_block3_out"])
def test_max_box_acc_is_wsolevaluations(reproduced: pathlib.Path, layer: str) -> None:
    ours, theirs = wsolevaluation.beside_ours(reproduced, layer, 32)
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_one_row_for_each_test_image_and_map(reproduced: pathlib.Path) -> None:
    table = pd.read_parquet(reproduced / "data/iou.parquet")
    assert len(table) == 20 * 17
    headline = json.loads((reproduced / "metrics/localization.json").read_text())
    assert table[table["map"] == "cam"]["iou"].mean() == pytest.approx(headline["cam"]["mean_iou"])
    assert (table["label"] == table["predicted"]).eq(table["top1_right"]).all()
    sides = table[["ymax", "xmax"]].to_numpy() - table[["ymin", "xmin"]].to_numpy()
    assert table["box_area"].to_numpy() == pytest.approx(sides.prod(axis=1))


def test_the_breakdowns_parts_make_the_whole(reproduced: pathlib.Path) -> None:
    table = read(reproduced, "breakdown")
    assert {"all", "size", "dogs", "prediction", "class"} >= set(table["breakdown"])
    cam = table[table["map"] == "cam"]
    whole = cam[cam["breakdown"] == "all"]["estimate"].item()
    for _, parts in cam.groupby("breakdown"):
        assert parts["images"].sum() == 20
        assert np.average(parts["estimate"], weights=parts["images"]) == pytest.approx(whole, abs=1e-5)


def test_claims(reproduced: pathlib.Path) -> None:
    claims = json.loads((reproduced / "metrics/claims.json").read_text())
    assert len(claims) == 9
    assert all(set(row) == CLAIM for row in claims)
    headline = json.loads((reproduced / "metrics/localization.json").read_text())
    assert claims[0]["estimate"] == pytest.approx(headline["cam_less_grad_cam"]["mean_iou"])
    assert claims[0]["low"] == pytest.approx(headline["cam_less_grad_cam"]["low"])
    assert len((reproduced / "tables/claims.md").read_text().splitlines()) == 11


def test_coco_files_open(reproduced: pathlib.Path) -> None:
    truth = COCO(str(reproduced / "data/coco/ground_truth.json"))
    assert len(truth.getImgIds()) == 20
    table = pd.read_parquet(reproduced / "data/iou.parquet")
    for name in ("cam", "grad_cam"):
        found = truth.loadRes(str(reproduced / f"data/coco/predictions_{name}.json"))
        shown = table[(table["map"] == name) & ((name == "cam") | (table["layer"] == "conv3_block3_out"))]
        assert len(found.getAnnIds()) == (shown["box_area"] > 0).sum()


def test_the_readme_shows_the_claims_of_the_default_run() -> None:
    readme = (ROOT / "README.md").read_text()
    assert (ROOT / "tables/claims.md").read_text() in readme


@pytest.mark.parametrize("line", re.findall(r"^>>> (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE))
def test_the_readmes_questions_have_answers(
    reproduced: pathlib.Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(reproduced)
    names = {"pd": pd, "iou": pd.read_parquet("data/iou.parquet")}
    if not line.startswith(("import ", "iou = ")):
        assert len(eval(line, names))
