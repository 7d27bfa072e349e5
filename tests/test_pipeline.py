"""The pipeline itself, run small in a clone of its own, and what it says to a user's slips."""

import ast
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from wsol import iou, scores

ROOT = pathlib.Path(__file__).parents[1]
STAGES = ("download", "finetune", "heatmaps", "boxes", "iou")
MINUTE_RECIPE = {
    "toy_dogs.image_size": 32,
    "toy_dogs.download.train": 4,
    "toy_dogs.download.test": 2,
    "toy_dogs.backbone.width": 0.05,
    "toy_dogs.finetune.epochs": 2,
}


def shell(folder: pathlib.Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):  # set where the tests run in a git hook
        environment.pop(name, None)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def succeed(folder: pathlib.Path, *command: str) -> str:
    done = shell(folder, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def set_params(folder: pathlib.Path, changes: dict[str, Any]) -> None:
    yaml = YAML()
    everything = yaml.load(folder / "params.yaml")
    for name, value in changes.items():
        *sections, last = name.split(".")
        section = everything
        for part in sections:
            section = section[part]
        assert last in section
        section[last] = value
    yaml.dump(everything, folder / "params.yaml")


def clone_to(folder: pathlib.Path) -> None:
    """A clone of the working tree as it is, uncommitted changes included."""
    listed = succeed(ROOT, "git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    succeed(folder, "git", "init", "--quiet")
    commit(folder)


def commit(folder: pathlib.Path) -> None:
    succeed(folder, "git", "add", "--all")
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    succeed(folder, "git", *identity, "commit", "--quiet", "--allow-empty", "--message", "test")


@pytest.fixture(scope="session")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A clone in which `dvc repro` has run the minute recipe."""
    folder = tmp_path_factory.mktemp("clone")
    clone_to(folder)
    set_params(folder, MINUTE_RECIPE)
    output = succeed(folder, "dvc", "repro")
    assert [f"Running stage '{stage}'" in output for stage in STAGES] == [True] * 5
    commit(folder)
    return folder


@pytest.fixture
def clone(reproduced: pathlib.Path) -> Iterator[pathlib.Path]:
    """The reproduced clone, its params and outputs put back afterwards."""
    yield reproduced
    succeed(reproduced, "git", "checkout", "--quiet", ".")
    succeed(reproduced, "dvc", "checkout", "--quiet", "--force")


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
        assert np.load(reproduced / "data/boxes" / row.file).shape == (30, 20, 4)


def test_the_headline_is_what_a_reader_would_work_out(reproduced: pathlib.Path) -> None:
    headline = YAML(typ="safe").load(reproduced / "metrics/localization.json")
    index = pd.read_parquet(reproduced / "data/heatmaps/index.parquet")
    test = index["split"] == "test"
    truth = scores.padded_boxes(index.loc[test, "boxes_yxyx"])
    for kind, name in (("cam", "cam"), ("grad_cam", "grad_cam-conv3_block3_out")):
        boxes = np.load(reproduced / f"data/boxes/{name}.npy")[test, 2]  # 0.1 is the grid's third
        expected = [max(iou.iou(box, other) for other in own) for box, own in zip(boxes, truth, strict=True)]
        assert headline[kind]["mean_iou"] == pytest.approx(np.mean(expected), abs=1e-9)
        heatmaps = np.load(reproduced / f"data/heatmaps/{name}.npy")[test]
        assert headline[kind]["empty_maps"] == sum(not heatmap.any() for heatmap in heatmaps)
    assert headline["images"] == 20
    assert headline["images_without_box"] == 0
    assert headline["baselines"]["full_image"]["mean_iou"] == pytest.approx(iou.area(truth).max(axis=1).mean())
    finetune = YAML(typ="safe").load(reproduced / "metrics/finetune.json")
    assert set(finetune) == {"fit", "holdout", "test"}
    # one pass predicts, another maps: both must say the same
    assert headline["classification"]["top1"] == pytest.approx(finetune["test"]["top1"])


def test_the_plots_data(reproduced: pathlib.Path) -> None:
    by_layer = pd.read_csv(reproduced / "plots/iou_by_layer.csv")
    by_threshold = pd.read_csv(reproduced / "plots/iou_by_threshold.csv")
    assert len(by_layer) == 17
    assert len(by_threshold) == 17 * 20
    assert by_layer["layer"].tolist()[1::15] == ["conv2_block1_out", "conv5_block3_out"]  # the network's order
    assert {"map", "layer", "threshold", "mean_iou"} <= set(by_layer) & set(by_threshold)
    cam, last = by_layer.iloc[0], by_layer.iloc[-1]
    assert (cam["map"], last["map"]) == ("cam", "grad_cam")
    assert cam["mean_iou"] == pytest.approx(last["mean_iou"], abs=1e-3)  # CAM is Grad-CAM at the last layer


def test_the_classifier_opens_without_this_project(reproduced: pathlib.Path) -> None:
    code = "import keras; print(keras.models.load_model('classifier.keras').output.shape)"
    assert "(None, 10)" in succeed(reproduced / "models", sys.executable, "-c", code)


def test_figure_1_is_drawn(reproduced: pathlib.Path) -> None:
    picture = (reproduced / "plots/iou_by_layer.svg").read_text()
    for text in ("conv2_block1_out", "conv5_block3_out", "Grad-CAM", "full-image box"):
        assert text in picture


def test_plots_show(clone: pathlib.Path) -> None:
    succeed(clone, "dvc", "plots", "show", "--out", "page")
    page = (clone / "page/index.html").read_text()
    shutil.rmtree(clone / "page")
    assert "by layer" in page
    assert page.count("vegaEmbed") >= 4  # figure 1, the thresholds, two training curves


# ---------------------------------------------------------------- what a change costs


def test_repro_again_runs_nothing(clone: pathlib.Path) -> None:
    assert "Running stage" not in succeed(clone, "dvc", "repro")


def test_another_layer_reruns_iou_alone(clone: pathlib.Path) -> None:
    output = succeed(clone, "dvc", "exp", "run", "-S", "layer=conv4_block6_out")
    assert re.findall(r"Running stage '(\w+)'", output) == ["iou"]
    changes = succeed(clone, "dvc", "metrics", "diff")
    assert "grad_cam.mean_iou" in changes
    assert re.search(r"\bcam\.mean_iou", changes.replace("grad_cam", "")) is None


def test_a_stage_run_by_hand_writes_the_same_bytes(clone: pathlib.Path) -> None:
    for stage in ("boxes", "iou"):
        succeed(clone, sys.executable, "-m", f"stages.{stage}")
    assert succeed(clone, "dvc", "status").strip() == "Data and pipelines are up to date."


def test_the_papers_recipe_runs(clone: pathlib.Path) -> None:
    recipe = ["heatmaps.score=softmax", "heatmaps.relu=false", "boxes.component=first", "boxes.rectangle=rotated"]
    flags = [flag for change in [*recipe, "ground_truth=first"] for flag in ("-S", change)]
    output = succeed(clone, "dvc", "exp", "run", *flags)
    assert re.findall(r"Running stage '(\w+)'", output) == ["heatmaps", "boxes", "iou"]


def test_a_list_of_any_layers(clone: pathlib.Path) -> None:
    flags = ["-S", "heatmaps.layers=[conv5_block3_out,conv1_relu]", "-S", "layer=conv1_relu"]
    output = succeed(clone, "dvc", "exp", "run", *flags)
    assert re.findall(r"Running stage '(\w+)'", output) == ["heatmaps", "boxes", "iou"]
    assert pd.read_csv(clone / "plots/iou_by_layer.csv")["layer"].tolist()[1:] == ["conv1_relu", "conv5_block3_out"]


def test_the_head_alone_gives_the_same_metrics_twice(clone: pathlib.Path) -> None:
    metrics = []
    for _ in range(2):
        set_params(clone, {"toy_dogs.finetune.trainable": "head", "toy_dogs.finetune.head.epochs": 3})
        succeed(clone, "dvc", "repro", "--force", "--single-item", "finetune")
        metrics.append((clone / "metrics/finetune.json").read_bytes())
    assert metrics[0] == metrics[1]


# ---------------------------------------------------------------- slips


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
    places = ("data", "models", "metrics", "plots")
    paths = (path for place in places for path in (folder / place).rglob("*"))
    return {str(path): path.stat().st_mtime_ns for path in paths if path.is_file()}


@pytest.mark.parametrize("stage", STAGES)
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
