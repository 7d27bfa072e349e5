"""The pipeline itself, run small in a clone of its own."""

import ast
import itertools
import pathlib
import re
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from clones import ROOT, STAGES, log_of, set_params, shell, succeed
from ruamel.yaml import YAML

from wsol.boxes import geometry

# ---------------------------------------------------------------- the map


def imported_files(path: pathlib.Path) -> set[str]:
    """Files of this project that a file imports, and those that they import in turn."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            candidates = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        else:
            continue
        files = (ROOT / f"{candidate.replace('.', '/')}.py" for candidate in candidates)
        for file in (file for file in files if file.is_file()):
            found |= {str(file.relative_to(ROOT))} | imported_files(file)
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_deps_are_the_modules_a_stage_imports(stage: str) -> None:
    declared = {str(dep) for dep in YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"][stage]["deps"]}
    declared = {dep for dep in declared if dep.startswith(("stages/", "wsol/"))}
    imported = imported_files(ROOT / "stages" / f"{stage}.py")
    folders = {dep for dep in declared if not dep.endswith(".py")}
    imported = {next((folder for folder in folders if file.startswith(folder)), file) for file in imported}
    assert declared == imported | {"stages/__init__.py", f"stages/{stage}.py"}


@pytest.mark.parametrize("path", sorted((ROOT / "wsol").rglob("*.py")), ids=lambda path: path.name)
def test_the_library_imports_no_stage(path: pathlib.Path) -> None:
    assert not any(name.startswith("stages") for name in imported_files(path))


@pytest.mark.parametrize("stage", ["download", "boxes", "max_box_acc", "iou", "figures", "page"])
def test_a_stage_starts_without_tensorflow(stage: str) -> None:
    code = f"import sys, stages.{stage}; print(sorted({{'tensorflow', 'keras'}} & set(sys.modules)))"
    assert succeed(ROOT, sys.executable, "-c", code).strip() == "[]"


def test_every_stage_has_a_description() -> None:
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    assert tuple(stages) == STAGES
    assert all(stage["desc"] for stage in stages.values())


def test_every_parameter_has_a_comment() -> None:
    lines = (ROOT / "params.yaml").read_text().splitlines()
    seen = set()
    for previous, line in itertools.pairwise(["", *lines]):
        if found := re.match(r"\s*(\w+): \S", line):
            assert found[1] in seen or previous.lstrip().startswith("#"), line
            seen.add(found[1])


# ---------------------------------------------------------------- what it writes


def test_a_log_holds_what_a_reader_wants(reproduced: pathlib.Path) -> None:
    lines = log_of(reproduced).read_text().splitlines()
    assert [stage for stage in STAGES if not any(line.startswith(f"{stage}: wrote ") for line in lines)] == []
    noise = [line for line in lines if re.match(r"[IWE]0000|WARNING|\s*\d+%\||.*oneDNN", line)]
    assert noise == []
    assert len(lines) < 100


def test_the_outputs_agree_with_each_other(reproduced: pathlib.Path) -> None:
    index = pd.read_parquet(reproduced / "data/heatmaps/index.parquet")
    maps = pd.read_parquet(reproduced / "data/heatmaps/maps.parquet")
    assert index["split"].value_counts().to_dict() == {"test": 20, "holdout": 10}  # one of four is a tenth at least
    assert maps["map"].value_counts().to_dict() == {"grad_cam": 16, "cam": 1}
    for row in maps.itertuples():
        heatmaps = np.load(reproduced / "data/heatmaps" / row.file)
        assert heatmaps.shape == (30, row.height, row.width)
        assert heatmaps.dtype == np.float16
        assert set(heatmaps.max(axis=(1, 2)).tolist()) <= {0.0, 1.0}
        assert np.load(reproduced / "data/boxes" / row.file).shape == (30, 100, 4)
        assert np.load(reproduced / "data/max_box_acc" / row.file).shape == (30, 255, 4)
    assert index["probability"].between(0, 1).all()
    assert (index["mapped"] == index["label"]).all()  # heatmaps.target: ground_truth
    assert len(pd.read_parquet(reproduced / "data/heatmaps/classes.parquet")) == 10


def test_the_headline_is_what_a_reader_would_work_out(reproduced: pathlib.Path) -> None:
    headline = YAML(typ="safe").load(reproduced / "metrics/localization.json")
    index = pd.read_parquet(reproduced / "data/heatmaps/index.parquet")
    test = index["split"] == "test"
    truth = geometry.padded_boxes(index.loc[test, "boxes_yxyx"])
    for kind, name in (("cam", "cam"), ("grad_cam", "grad_cam-conv3_block3_out")):
        boxes = np.load(reproduced / f"data/boxes/{name}.npy")[test, 10]  # 0.005, then 0.01 to 0.1
        expected = [max(geometry.iou(box, other) for other in own) for box, own in zip(boxes, truth, strict=True)]
        assert headline[kind]["mean_iou"] == pytest.approx(np.mean(expected), abs=1e-9)
        heatmaps = np.load(reproduced / f"data/heatmaps/{name}.npy")[test]
        assert headline[kind]["empty_maps"] == sum(not heatmap.any() for heatmap in heatmaps)
    assert headline["images"] == 20
    assert headline["images_without_box"] == 0
    assert headline["baselines"]["full_image"]["mean_iou"] == pytest.approx(geometry.area(truth).max(axis=1).mean())
    finetune = YAML(typ="safe").load(reproduced / "metrics/finetune.json")
    assert set(finetune) == {"fit", "holdout", "test"}
    # one pass predicts, another maps: both must say the same
    assert headline["classification"]["top1"] == pytest.approx(finetune["test"]["top1"])


def test_the_plots_data(reproduced: pathlib.Path) -> None:
    by_layer = pd.read_csv(reproduced / "plots/iou_by_layer.csv")
    by_threshold = pd.read_csv(reproduced / "plots/iou_by_threshold.csv")
    assert len(by_layer) == 17
    assert len(by_threshold) == 17 * 100
    assert by_layer["layer"].tolist()[1::15] == ["conv2_block1_out", "conv5_block3_out"]  # the network's order
    assert {"map", "layer", "threshold", "mean_iou"} <= set(by_layer) & set(by_threshold)
    cam, last = by_layer.iloc[0], by_layer.iloc[-1]
    assert (cam["map"], last["map"]) == ("cam", "grad_cam")
    assert cam["mean_iou"] == pytest.approx(last["mean_iou"], abs=1e-3)  # CAM is Grad-CAM at the last layer


def test_the_classifier_opens_without_this_project(reproduced: pathlib.Path) -> None:
    code = "import keras; print(keras.models.load_model('classifier.keras').output.shape)"
    assert "(None, 10)" in succeed(reproduced / "models", sys.executable, "-c", code)


def test_plots_show(clone: pathlib.Path) -> None:
    succeed(clone, "dvc", "plots", "show", "--out", "page")
    page = (clone / "page/index.html").read_text()
    shutil.rmtree(clone / "page")
    assert page.count("vegaEmbed('#") == 8


# ---------------------------------------------------------------- what a change costs

PICTURES = ["figures", "gallery"]


def test_repro_again_runs_nothing(clone: pathlib.Path) -> None:
    assert "Running stage" not in succeed(clone, "dvc", "repro")


def test_another_layer_reruns_iou_and_the_pictures(clone: pathlib.Path) -> None:
    output = succeed(clone, "dvc", "exp", "run", "-S", "layer=conv4_block6_out")
    assert re.findall(r"Running stage '(\w+)'", output) == ["iou", *PICTURES]
    changes = succeed(clone, "dvc", "metrics", "diff")
    assert "grad_cam.mean_iou" in changes
    assert re.search(r"\bcam\.mean_iou", changes.replace("grad_cam", "")) is None


def test_a_stage_run_by_hand_writes_the_same_bytes(clone: pathlib.Path) -> None:
    for stage in ("boxes", "max_box_acc", "iou", "figures", "gallery", "page"):
        succeed(clone, sys.executable, "-m", f"stages.{stage}")
    assert succeed(clone, "dvc", "status").strip() == "Data and pipelines are up to date."


def test_the_papers_recipe_runs(clone: pathlib.Path) -> None:
    recipe = ["heatmaps.score=softmax", "heatmaps.relu=false", "boxes.component=first", "boxes.rectangle=rotated"]
    flags = [flag for change in [*recipe, "ground_truth=first"] for flag in ("-S", change)]
    output = succeed(clone, "dvc", "exp", "run", *flags)
    assert re.findall(r"Running stage '(\w+)'", output) == ["heatmaps", "boxes", "max_box_acc", "iou", *PICTURES]


def test_a_list_of_any_layers_for_the_predicted_class(clone: pathlib.Path) -> None:
    flags = ["-S", "heatmaps.layers=[conv5_block3_out,conv1_relu]", "-S", "layer=conv1_relu"]
    flags += ["-S", "heatmaps.target=predicted"]
    output = succeed(clone, "dvc", "exp", "run", *flags)
    assert re.findall(r"Running stage '(\w+)'", output) == ["heatmaps", "boxes", "max_box_acc", "iou", *PICTURES]
    assert pd.read_csv(clone / "plots/iou_by_layer.csv")["layer"].tolist()[1:] == ["conv1_relu", "conv5_block3_out"]
    index = pd.read_parquet(clone / "data/heatmaps/index.parquet")
    assert (index["mapped"] == index["predicted"]).all()
    assert (index["mapped"] != index["label"]).any()


def test_the_head_alone_gives_the_same_metrics_twice(clone: pathlib.Path) -> None:
    metrics = []
    for _ in range(2):
        set_params(clone, {"toy_dogs.finetune.trainable": "head", "toy_dogs.finetune.head.epochs": 3})
        succeed(clone, "dvc", "repro", "--force", "--single-item", "finetune")
        metrics.append((clone / "metrics/finetune.json").read_bytes())
    assert metrics[0] == metrics[1]


STOP_AFTER_AN_EPOCH = """
import keras
from stages import finetune

def stop(epoch, logs):
    raise KeyboardInterrupt

callbacks = finetune.callbacks
finetune.callbacks = lambda *args: [*callbacks(*args), keras.callbacks.LambdaCallback(on_epoch_end=stop)]
finetune.run(finetune.main)
"""


def test_training_that_was_stopped_ends_as_if_it_had_not_been(clone: pathlib.Path) -> None:
    whole = (clone / "metrics/finetune.json").read_bytes()
    (clone / "metrics/finetune.json").unlink()
    stopped = shell(clone, sys.executable, "-c", STOP_AFTER_AN_EPOCH)
    assert stopped.returncode == 1
    assert stopped.stderr.strip().splitlines()[-1] == "Stopped: the same command goes on from here."
    assert not (clone / "metrics/finetune.json").exists()
    output = succeed(clone, sys.executable, "-m", "stages.finetune")
    assert "Epoch 2/2" in output
    assert "Epoch 1/2" not in output
    assert (clone / "metrics/finetune.json").read_bytes() == whole
    assert pd.read_csv(clone / "plots/finetune/eval/loss.tsv", sep="\t")["step"].tolist() == [0, 1]
