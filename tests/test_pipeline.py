"""The map of the pipeline, and what it writes, run small in a clone."""

import ast
import pathlib
import re
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from clones import ROOT, STAGES, clone_to, log_of, succeed
from ruamel.yaml import YAML

from wsol.boxes import geometry

# ---------------------------------------------------------------- the map

# what only checks, prints, reports or resumes: a change there must rerun nothing
WITHOUT_EFFECT = {
    *(
        f"stages/support/{name}.py"
        for name in (
            "coco_paths",
            "engine",
            "fingerprint",
            "folders",
            "in_flight",
            "left_out",
            "lock",
            "network",
            "node",
            "params",
            "pictures",
            "pipeline",
            "progress",
            "quiet",
            "recipes",
            "rows",
            "run",
            "sections",
            "shards",
        )
    ),
    *("wsol/errors.py", "wsol/quiet.py"),
    *("wsol/maps/checks.py", "wsol/networks/whole_pictures.py"),
}


def imported_files(path: pathlib.Path) -> set[str]:
    """Files of this project that a file imports, and those that they import in turn."""
    files: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            candidates = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        else:
            continue
        modules = (ROOT / f"{candidate.replace('.', '/')}.py" for candidate in candidates)
        for file in (module for module in modules if module.is_file()):
            name = str(file.relative_to(ROOT))
            files |= {name} | (set() if name in WITHOUT_EFFECT else imported_files(file))
    return files


def declared_code(stage: str) -> set[str]:
    deps = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"][stage]["deps"]
    return {str(dep) for dep in deps if str(dep).startswith(("stages/", "wsol/"))}


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "check"])
def test_deps_are_the_modules_that_decide_a_stages_outcome(stage: str) -> None:
    declared = declared_code(stage) - {"stages/__init__.py"}
    folders = {dep for dep in declared if not dep.endswith(".py")}
    imported = imported_files(ROOT / "stages" / f"{stage}.py") - WITHOUT_EFFECT
    imported = {next((folder for folder in folders if file.startswith(folder)), file) for file in imported}
    # reading an array or a table decides nothing; writing figures does
    readers = (
        set()
        if stage in ("curves", "tables", "boxes_needed", "selected", "report", "recommendation")
        else {"stages/support/files.py"}
    )
    assert declared == (imported - readers) | {f"stages/{stage}.py"}


@pytest.mark.parametrize("stage", ["features", "finetune", "heatmaps", "refine", "selectors"])
def test_what_computes_with_tensorflow_depends_on_its_version_and_settings(stage: str) -> None:
    deps = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"][stage]["deps"]
    assert {"data/versions.json", "stages/__init__.py"} <= set(deps)


@pytest.mark.parametrize("stage", ["boxes", "max_box_acc", "refine", "selectors"])
def test_boxes_depend_on_the_version_of_opencv(stage: str) -> None:
    assert "data/opencv.json" in YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"][stage]["deps"]


def test_every_stage_waits_for_the_check_of_the_params() -> None:
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    assert [name for name, stage in stages.items() if "data/checked.txt" not in stage["deps"]] == ["check"]


def test_outputs_of_slow_stages_are_cached() -> None:
    # DVC's run cache, which restores an earlier recipe, knows stages whose outputs are all cached
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    for name in (
        "download",
        "features",
        "finetune",
        "heatmaps",
        "boxes",
        "max_box_acc",
        "refine",
        "scores",
        "selectors",
    ):
        assert all(isinstance(out, str) for out in stages[name]["outs"])
        assert "metrics" not in stages[name]


@pytest.mark.parametrize("stage", ["boxes", "max_box_acc", "refine", "scores", "selectors", "boxes_needed", "selected"])
def test_what_is_slow_does_not_depend_on_what_is_compared(stage: str) -> None:
    params = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"][stage]["params"]
    assert not {"map", "layer", "threshold"} & set(params)


@pytest.mark.parametrize("path", sorted((ROOT / "wsol").rglob("*.py")), ids=lambda path: path.name)
def test_the_library_imports_no_stage(path: pathlib.Path) -> None:
    assert not any(name.startswith("stages") for name in imported_files(path))


@pytest.mark.parametrize(
    "stage",
    [
        "check",
        "download",
        "curves",
        "boxes",
        "max_box_acc",
        "scores",
        "tables",
        "boxes_needed",
        "selected",
        "report",
        "page",
        "recommendation",
    ],
)
def test_a_stage_starts_without_tensorflow(stage: str) -> None:
    code = f"import sys, stages.{stage}; print(sorted({{'tensorflow', 'keras'}} & set(sys.modules)))"
    assert succeed(ROOT, sys.executable, "-c", code).strip() == "[]"


def test_every_stage_has_a_description() -> None:
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    assert tuple(stages) == STAGES
    assert all(stage["desc"] for stage in stages.values())


@pytest.mark.parametrize("path", sorted([*(ROOT / "wsol").rglob("*.py"), *(ROOT / "stages").rglob("*.py")]), ids=str)
def test_a_file_is_read_in_one_sitting(path: pathlib.Path) -> None:
    assert len(path.read_text().splitlines()) <= 250


# ---------------------------------------------------------------- what it writes


def test_a_log_holds_what_a_reader_wants(reproduced: pathlib.Path) -> None:
    lines = log_of(reproduced).read_text().splitlines()
    writers = [stage for stage in STAGES if stage not in ("check", "page")]
    assert [stage for stage in writers if not any(line.startswith(f"{stage}: wrote ") for line in lines)] == []
    noise = [line for line in lines if re.match(r"[IWE]0000|WARNING|\s*\d+%\||.*oneDNN", line)]
    assert noise == []
    assert len(lines) < 150
    for stage in ("finetune", "heatmaps"):
        assert any(re.match(rf"{stage}: on \S+", line) for line in lines)  # the device


def test_the_outputs_agree_with_each_other(reproduced: pathlib.Path) -> None:
    index = pd.read_parquet(reproduced / "data/heatmaps/index.parquet")
    maps = pd.read_parquet(reproduced / "data/heatmaps/maps.parquet")
    assert index["split"].value_counts().to_dict() == {"test": 20, "holdout": 10}  # one of four is a tenth at least
    assert maps["map"].value_counts().to_dict() == {"grad_cam": 17, "layer_cam": 17, "cam": 1}  # 16 layers and `all`
    for row in maps.itertuples():
        heatmaps = np.load(reproduced / "data/heatmaps" / row.file)
        assert heatmaps.shape == (30, row.height, row.width)
        assert heatmaps.dtype == np.float16
        assert heatmaps.max() <= 1
        assert row.layer == "all" or set(heatmaps.max(axis=(1, 2)).tolist()) <= {0.0, 1.0}
        assert np.load(reproduced / "data/boxes" / row.file).shape == (100, 30, 4)
        assert np.load(reproduced / "data/max_box_acc" / row.file).shape == (255, 30, 4)
        assert np.load(reproduced / "data/scores" / row.file).shape == (100, 30)
    assert index["probability"].between(0, 1).all()
    assert (index["mapped"] == index["label"]).all()  # heatmaps.target: ground_truth
    assert len(pd.read_parquet(reproduced / "data/heatmaps/classes.parquet")) == 10


def test_the_headline_is_what_a_reader_would_work_out(reproduced: pathlib.Path) -> None:
    headline = YAML(typ="safe").load(reproduced / "metrics/localization.json")
    index = pd.read_parquet(reproduced / "data/heatmaps/index.parquet")
    test = index["split"] == "test"
    truth = geometry.padded_boxes(index.loc[test, "boxes_yxyx"])
    for key, name in (("cam", "cam"), ("compared", "grad_cam-conv3_block3_out")):
        boxes_yxyx = np.load(reproduced / f"data/boxes/{name}.npy")[10, test]  # 0.005, then 0.01 to 0.1
        best = [max(geometry.iou(box, dog) for dog in dogs) for box, dogs in zip(boxes_yxyx, truth, strict=True)]
        assert headline[key] == pytest.approx(np.mean(best), rel=1e-5)  # six digits are written
    assert headline["images"] == 20
    full_image = pd.read_csv(reproduced / "tables/baselines.csv").query("score == 'mean_iou'")["estimate"].iloc[0]
    assert full_image == pytest.approx(geometry.area(truth).max(axis=1).mean(), rel=1e-5)
    finetune = YAML(typ="safe").load(reproduced / "metrics/finetune.json")
    assert set(finetune) == {"fit", "holdout", "test"}
    # one pass predicts, another maps: both must say the same
    assert headline["top1"] == pytest.approx(finetune["test"]["top1"])


def test_the_plots_data(reproduced: pathlib.Path) -> None:
    by_layer = pd.read_csv(reproduced / "plots/iou_by_layer.csv")
    by_map = pd.read_csv(reproduced / "plots/iou_by_map.csv")
    by_threshold = pd.read_csv(reproduced / "plots/iou_by_threshold.csv")
    assert len(by_layer) == (1 + 2 * 17) * 2  # CAM, and both methods at 16 layers and `all`, at both thresholds
    assert len(by_map) == (1 + 2 * 17 + 2) * 2  # refined maps too, at the chosen and at the fixed threshold
    assert len(by_threshold) == (1 + 17) * 100  # CAM and the compared method
    by_layer = by_layer[by_layer["rule"] == "fixed"]
    compared = by_layer.loc[by_layer["role"] == "compared", "layer"].tolist()
    assert [compared[0], compared[-2], compared[-1]] == ["conv2_block1_out", "conv5_block3_out", "all"]
    assert {"map", "layer", "refinement", "threshold", "mean_iou"} <= set(by_layer) & set(by_threshold)
    means = by_layer.set_index(["map", "layer"])["mean_iou"]
    last = "conv5_block3_out"
    assert means["cam", last] == pytest.approx(means["grad_cam", last], abs=1e-3)  # CAM is Grad-CAM at the last layer
    training = pd.read_csv(reproduced / "plots/training.csv")
    assert training[["epoch", "split"]].to_numpy().tolist() == [
        [1, "fit"],
        [2, "fit"],
        [1, "holdout"],
        [2, "holdout"],
        [2.5, "fit"],  # after training
        [2.5, "holdout"],
        [2.5, "test"],
    ]


def test_the_classifier_opens_without_this_project(reproduced: pathlib.Path) -> None:
    code = "import keras; print(keras.models.load_model('classifier.keras').output.shape)"
    assert "(None, 10)" in succeed(reproduced / "models", sys.executable, "-c", code)


def test_plots_show(clone: pathlib.Path) -> None:
    succeed(clone, "dvc", "plots", "show", "--out", "page")
    page = (clone / "page/index.html").read_text()
    shutil.rmtree(clone / "page")
    assert page.count("vegaEmbed('#") == 11


def test_plots_show_in_a_clone_in_which_nothing_has_run(tmp_path: pathlib.Path) -> None:
    clone_to(tmp_path)
    succeed(tmp_path, "dvc", "plots", "show", "--out", "page")
    assert "vegaEmbed('#" in (tmp_path / "page/index.html").read_text()
