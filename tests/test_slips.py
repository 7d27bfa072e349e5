"""What the pipeline says to a user's slips: one sentence, exit status 1, nothing deleted, nothing left behind."""

import pathlib
import re
import sys

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from clones import ROOT, STAGES, clone_to, set_params, shell, succeed
from ruamel.yaml import YAML

from stages import heatmaps
from wsol.errors import InputError

PLACES = ("data", "models", "metrics", "plots", "tables")
# in one process, since importing TensorFlow takes seconds
RUN_EACH = """
import importlib, sys
from stages.support.run import run

for stage in sys.argv[1:]:
    try:
        run(importlib.import_module(f"stages.{stage}").main)
    except SystemExit as end:
        print(f"ended: {stage} {end}")
"""
WRONG = "Expected ground_truth to be 'best' or 'first'; got 'last': correct it in params.yaml."


def sentence(folder: pathlib.Path, stage: str) -> str:
    """The sentence that a stage ends with. It has left everything as it was."""
    before = listing(folder)
    done = shell(folder, sys.executable, "-m", f"stages.{stage}")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert listing(folder) == before
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: Expected")
    return last


def listing(folder: pathlib.Path) -> dict[str, int]:
    paths = (path for place in PLACES for path in (folder / place).rglob("*") if path.is_file())
    finished = (path for path in paths if ".partial/" not in str(path))  # unfinished work may stay or go
    return {str(path): path.stat().st_mtime_ns for path in finished}


# ---------------------------------------------------------------- params


def test_every_stage_checks_every_parameter(clone: pathlib.Path) -> None:
    set_params(clone, {"ground_truth": "last"})
    stages = [stage for stage in STAGES if stage not in ("page", "curves", "recommendation")]  # which read none
    before, done = listing(clone), shell(clone, sys.executable, "-c", RUN_EACH, *stages)
    ends = [line for line in done.stdout.splitlines() if line.startswith("ended: ")]
    assert ends == [f"ended: {stage} Error: {WRONG}" for stage in stages]
    assert listing(clone) == before


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("layer=conv4_block3", "got 'conv4_block3', nearest are conv4_block3_out"),
        ("layer=conv1_relu", "Expected layer to name a layer of heatmaps.layers, or to be all; got 'conv1_relu'"),
        ("map=cam", "'layer_cam' or 'activation'; got 'cam'"),
        ("map=xgrad_cam", "map xgrad_cam is not among heatmaps.methods (grad_cam, layer_cam)"),
        ("heatmaps.methods=[grad_kam]", "'layer_cam' or 'activation'; got 'grad_kam'"),
        ("layer=all heatmaps.fusion=none", "layer all needs heatmaps.fusion mean"),
        ("refine.low=0.9 refine.high=0.5", "low 0.9 is not below high 0.5"),
        ("refine.maps=[activation/all]", "to name maps that are drawn, cam, grad_cam, layer_cam; got 'activation/all'"),
        (
            "heatmaps.layers=[conv9_block1_out]",
            "heatmaps.layers to name a layer of the backbone; got 'conv9_block1_out'",
        ),
        (
            "toy_dogs.finetune.trainable=conv9_conv",
            "finetune.trainable to name a layer of the backbone, or to be all, head or none; got 'conv9_conv'",
        ),
        ("toy_dogs.backbone.name=VGG", "a network of keras.applications; got 'VGG', nearest are VGG19, VGG16"),
        (
            "refine.maps=[grad_cam/conv4_blok3_out]",
            "of heatmaps.layers; got 'conv4_blok3_out', nearest are conv4_block3_out",
        ),
        ("refine.low=0.95", "refine: low 0.95 is not below high holdout"),
        ("threshold=0.123", "threshold 0.123 is not on the grid"),
        ("bootstrap.draws=plenty", "Expected bootstrap.draws to be a valid integer; got 'plenty'"),
    ],
)
def test_a_slip_deletes_nothing(clone: pathlib.Path, change: str, expected: str) -> None:
    before = listing(clone)
    flags = [flag for name in change.split() for flag in ("-S", name)]
    done = shell(clone, "dvc", "exp", "run", *flags)
    assert done.returncode != 0
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    deleted = {pathlib.Path(path).name for path in set(before) - set(listing(clone))}
    assert deleted <= {"checked.txt", "versions.json", "opencv.json"}  # the outputs of `check` itself
    assert succeed(clone, "git", "status", "--porcelain").split() == ["M", "params.yaml"]


@pytest.mark.parametrize("flags", ["-S tresholds=.1", "-S map=grad_cam layer=conv4_block6_out", "-S layer=a,b"])
def test_what_dvc_itself_refuses_is_in_the_docs(tmp_path: pathlib.Path, flags: str) -> None:
    clone_to(tmp_path)
    before = (tmp_path / "params.yaml").read_text()
    done = shell(tmp_path, "dvc", "exp", "run", *flags.split())
    assert done.returncode != 0
    assert (tmp_path / "params.yaml").read_text() == before
    rows = re.findall(r"^\| `+(.+?)`+ ?\|", (ROOT / "docs/parameters.md").read_text(), re.MULTILINE)
    said = " ".join(done.stderr.split())
    assert any(row.strip() in said for row in rows if " " in row), said


def test_an_unknown_dataset_never_starts(clone: pathlib.Path) -> None:
    set_params(clone, {"dataset": "cats"})
    done = shell(clone, "dvc", "repro")
    assert done.returncode != 0
    assert "cats" in done.stderr


def test_a_missing_weights_file(clone: pathlib.Path) -> None:
    set_params(clone, {"toy_dogs.backbone.width": 1.0, "toy_dogs.backbone.weights": "nowhere.h5"})
    assert "there is no file nowhere.h5" in sentence(clone, "check")


def test_the_check_needs_no_tensorflow_for_the_backbone_of_the_last_run(clone: pathlib.Path) -> None:
    code = "import sys; from stages import check; check.main(); print('tensorflow' in sys.modules)"
    assert succeed(clone, sys.executable, "-c", code).splitlines()[-1] == "False"
    set_params(clone, {"toy_dogs.backbone.name": "ResNet101"})
    assert succeed(clone, sys.executable, "-c", code).splitlines()[-1] == "True"


def test_a_python_without_the_packages(clone: pathlib.Path) -> None:
    done = shell(clone, sys.executable, "-S", "-m", "stages.check")  # -S: without site-packages
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Expected a Python with the packages of requirements.txt; got")
    assert "source .venv/bin/activate" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ---------------------------------------------------------------- files


def test_a_damaged_table(clone: pathlib.Path) -> None:
    damage(clone / "data/heatmaps/index.parquet")
    assert "Expected a parquet table at data/heatmaps/index.parquet" in sentence(clone, "report")


def test_a_damaged_classifier(clone: pathlib.Path) -> None:
    damage(clone / "models/classifier.keras")
    assert "Expected a trained classifier in models/classifier.keras" in sentence(clone, "heatmaps")


def damage(path: pathlib.Path) -> None:
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:100])


@pytest.mark.parametrize("stage", ["finetune", "heatmaps", "refine"])
def test_a_picture_that_cannot_be_decoded(clone: pathlib.Path, stage: str) -> None:
    (shard,) = (clone / "data/toy_dogs").glob("*test.tfrecord*")
    records = [tf.train.Example.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(shard))]
    features = records[7].features.feature
    features["image"].bytes_list.value[0] = features["image"].bytes_list.value[0][:200]
    shard.chmod(0o644)
    with tf.io.TFRecordWriter(str(shard)) as writer:
        for record in records:
            writer.write(record.SerializeToString())
    name = features["image/filename"].bytes_list.value[0].decode()
    assert f"Expected every picture to be decodable, but {name} is damaged" in sentence(clone, stage)


def test_a_heatmap_that_is_not_finite() -> None:
    maps = {("cam", "last"): np.ones((2, 3, 3)), ("grad_cam", "conv1"): np.array([np.ones((3, 3)), np.eye(3)])}
    heatmaps.check_finite(maps, pd.Series(["a.jpg", "b.jpg"]))
    maps["grad_cam", "conv1"][1, 2, 2] = np.nan
    with pytest.raises(InputError, match=r"but grad_cam at conv1 is not finite for b\.jpg"):
        heatmaps.check_finite(maps, pd.Series(["a.jpg", "b.jpg"]))


def test_images_without_a_box_are_left_out_and_counted(clone: pathlib.Path) -> None:
    table = clone / "data/heatmaps/index.parquet"
    index = pd.read_parquet(table)
    row = index.index[index["split"] == "test"][0]
    index.at[row, "boxes_yxyx"] = np.array([], np.float32)
    table.chmod(0o644)
    index.to_parquet(table)
    for stage in ("scores", "tables", "report"):
        succeed(clone, sys.executable, "-m", f"stages.{stage}")
    headline = YAML(typ="safe").load(clone / "metrics/localization.json")
    assert headline["images"] == 19
    assert "19 of test, 10 of holdout; 1 of test without a box" in (clone / "plots/run.csv").read_text()
