"""The stages from `refine` on, where the network has no CAM, or where no image of a split has a box."""

import json
import pathlib
import sys

import numpy as np
import pandas as pd
from clones import succeed

STAGES = (
    *("refine", "scores", "selectors", "tables", "boxes_needed", "selected"),
    *("report", "figures", "gallery"),
)
NO_CHOICES = "nothing is chosen: no holdout image has a ground-truth box"
NO_SCORES = "nothing to score: no test image has a ground-truth box"
PICTURES = 24  # 11 figures as PNG and as SVG, the gallery and the strip


def rewrite(path: pathlib.Path, table: pd.DataFrame) -> None:
    path.chmod(0o644)
    table.to_parquet(path)


def remove_cam(clone: pathlib.Path) -> None:
    path = clone / "data/heatmaps/maps.parquet"
    maps = pd.read_parquet(path)
    rewrite(path, maps[maps["map"] != "cam"].reset_index(drop=True))
    for folder in ("heatmaps", "boxes", "max_box_acc"):
        (clone / "data" / folder / "cam.npy").unlink()


def remove_boxes(clone: pathlib.Path, split: str) -> None:
    path = clone / "data/heatmaps/index.parquet"
    index = pd.read_parquet(path)
    none = index["boxes_yxyx"].map(lambda boxes_yxyx: boxes_yxyx[:0])
    rewrite(path, index.assign(boxes_yxyx=none.where(index["split"] == split, index["boxes_yxyx"])))


def run(clone: pathlib.Path) -> str:
    """What the stages print. They leave a picture for each one that DVC expects."""
    pictures = [*(clone / "plots/figures").iterdir(), clone / "plots/gallery.png", clone / "plots/layer_strip.png"]
    for picture in pictures:
        picture.unlink()
    output = "".join(succeed(clone, sys.executable, "-m", f"stages.{stage}") for stage in STAGES)
    assert "Warning" not in output
    assert len(pictures) == PICTURES
    assert all(picture.is_file() for picture in pictures)
    return output


def tables(clone: pathlib.Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_csv(path) for path in sorted((clone / "tables").glob("*.csv"))}


def content(clone: pathlib.Path, name: str) -> dict:
    return json.loads((clone / name).read_text())


def test_without_cam_and_without_boxes_on_holdout(clone: pathlib.Path) -> None:
    remove_cam(clone)
    remove_boxes(clone, "holdout")
    output = run(clone)
    assert "(1 maps); cam is left out, since the network has none" in output
    assert output.count(NO_CHOICES) == 6  # refine, scores, tables, boxes_needed, selected and report
    assert f"{NO_CHOICES}, so low is 0.1 and high is 0.7" in output
    made = tables(clone)
    assert "cam" not in {*made["scores"]["map"], *made["leaderboard"]["map"], *made["comparisons"]["map"]}
    assert "cam" not in {*made["selectors"]["map"]}
    assert made["selectors"]["mean_iou"].notna().all()
    assert made["selectors"]["loss"].isna().all()  # nothing is chosen on holdout
    board = made["leaderboard"]
    assert board[["holdout", "less_cam"]].isna().all(axis=None)
    assert set(board["threshold"].dropna()) == {0.1}  # the fixed one
    assert set(made["baselines"]["baseline"]) == {"full_image", "centre_box"}
    iou = pd.read_parquet(clone / "data/iou.parquet")
    assert (iou["iou"] == iou["iou_chosen"]).all()
    headline = content(clone, "metrics/localization.json")
    assert not {"cam", "recommended"} & set(headline)
    assert headline["images"] == 20
    assert pd.read_csv(clone / "plots/iou_by_image.csv").empty
    assert made["boxes_needed"].empty
    names = sorted(path.name for path in (clone / "data/coco").iterdir())
    assert names == ["ground_truth.json", "predictions_compared.json"]


def test_without_boxes_in_test(clone: pathlib.Path) -> None:
    before = {name: table.columns.tolist() for name, table in tables(clone).items()}
    remove_boxes(clone, "test")
    assert run(clone).count(NO_SCORES) == 5  # scores, tables, boxes_needed, selected and report
    assert {name: table.columns.tolist() for name, table in tables(clone).items()} == before
    made = tables(clone)
    choices = made.pop("selectors")
    assert all(table.empty for table in made.values())
    # what is chosen without a box is known, but not what it is worth
    assert choices[["selector", "map", "layer", "threshold"]].notna().all(axis=None)
    assert choices.drop(columns=["selector", "map", "layer", "threshold"]).isna().all(axis=None)
    headline = content(clone, "metrics/localization.json")
    assert headline["images"] == 0
    assert "0 of test, 10 of holdout; 20 of test without a box" in (clone / "plots/run.csv").read_text()
    claims = json.loads((clone / "metrics/claims.json").read_text())
    assert {claim["verdict"] for claim in claims} == {"not tested: no test image has a ground-truth box"}
    # every test image has a row a map, and the boxes at the fixed threshold
    iou = pd.read_parquet(clone / "data/iou.parquet")
    assert len(iou) == 20 * (37 + 3)  # the baselines too
    assert iou[["iou", "iou_chosen"]].isna().all(axis=None)
    assert (iou["ymax"] == iou["chosen_ymax"]).all()
    truth = content(clone, "data/coco/ground_truth.json")
    assert (len(truth["images"]), truth["annotations"]) == (20, [])
    cam = iou[(iou["map"] == "cam") & (iou["refinement"] == "none")]
    predictions = json.loads((clone / "data/coco/predictions_cam.json").read_text())
    assert len(predictions) == np.count_nonzero(cam["box_area"])
