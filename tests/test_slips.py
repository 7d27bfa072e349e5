"""What the pipeline says to a user's slips: one sentence, exit status 1, nothing left behind."""

import pathlib
import sys

import numpy as np
import pandas as pd
import pytest
from clones import STAGES, set_params, shell, succeed
from ruamel.yaml import YAML


def slip(folder: pathlib.Path, stage: str) -> str:
    """The sentence that a stage ends with; it has left nothing behind."""
    before = listing(folder)
    done = shell(folder, sys.executable, "-m", f"stages.{stage}")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert listing(folder) == before
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: Expected")
    return last


def listing(folder: pathlib.Path) -> dict[str, int]:
    places = ("data", "models", "metrics", "plots", "tables")
    paths = (path for place in places for path in (folder / place).rglob("*"))
    return {str(path): path.stat().st_mtime_ns for path in paths if path.is_file()}


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "page"])  # which has none
def test_every_stage_checks_every_parameter(clone: pathlib.Path, stage: str) -> None:
    set_params(clone, {"ground_truth": "last"})
    assert "ground_truth to be 'best' or 'first'; got 'last'" in slip(clone, stage)


@pytest.mark.parametrize("stage", ["download", "finetune", "heatmaps", "iou"])
def test_an_unknown_layer_is_met_before_the_work(clone: pathlib.Path, stage: str) -> None:
    set_params(clone, {"layer": "conv3_block9_out"})
    assert "got 'conv3_block9_out', nearest are conv3_block" in slip(clone, stage)


def test_a_layer_outside_the_sweep_is_met_before_the_work(clone: pathlib.Path) -> None:
    set_params(clone, {"layer": "conv1_relu"})
    assert "Expected layer to name a layer of heatmaps.layers; got 'conv1_relu'" in slip(clone, "download")


def test_an_unknown_dataset_never_starts(clone: pathlib.Path) -> None:
    set_params(clone, {"dataset": "cats"})
    done = shell(clone, "dvc", "repro")
    assert done.returncode != 0
    assert "cats" in done.stderr


def test_an_unknown_backbone(clone: pathlib.Path) -> None:
    set_params(clone, {"toy_dogs.backbone.name": "VGG16"})
    assert "one of ResNet50, ResNet101, ResNet152; got 'VGG16'" in slip(clone, "download")


def test_a_missing_weights_file(clone: pathlib.Path) -> None:
    set_params(clone, {"toy_dogs.backbone.width": 1.0, "toy_dogs.backbone.weights": "nowhere.h5"})
    assert "there is no file nowhere.h5" in slip(clone, "finetune")


def test_a_damaged_table(clone: pathlib.Path) -> None:
    table = clone / "data/heatmaps/index.parquet"
    content = table.read_bytes()
    table.chmod(0o644)
    table.write_bytes(content[:100])
    assert "Expected a parquet table at data/heatmaps/index.parquet" in slip(clone, "iou")


def test_a_damaged_classifier(clone: pathlib.Path) -> None:
    model = clone / "models/classifier.keras"
    model.chmod(0o644)
    model.write_bytes(b"junk")
    assert "Expected a trained classifier in models/classifier.keras" in slip(clone, "heatmaps")


def test_images_without_a_box_are_left_out_and_counted(clone: pathlib.Path) -> None:
    table = clone / "data/heatmaps/index.parquet"
    index = pd.read_parquet(table)
    row = index.index[index["split"] == "test"][0]
    index.at[row, "boxes_yxyx"] = np.array([], np.float32)
    table.chmod(0o644)
    index.to_parquet(table)
    succeed(clone, sys.executable, "-m", "stages.iou")
    headline = YAML(typ="safe").load(clone / "metrics/localization.json")
    assert (headline["images"], headline["images_without_box"]) == (19, 1)
