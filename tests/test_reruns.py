"""What a change reruns, and that a run gives the same bytes again."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from clones import ROOT, clone_to, set_params, shell, succeed
from ruamel.yaml import YAML

PICTURES = ["figures", "gallery"]
FROM_HEATMAPS = [
    *("heatmaps", "boxes", "max_box_acc", "refine", "scores", "selectors", "tables", "boxes_needed", "selected"),
    *("report", *PICTURES, "browser", "recommendation"),
]


def rerun(output: str) -> list[str]:
    return re.findall(r"Running stage '(\w+)'", output)


def experiment(folder: pathlib.Path, *changes: str) -> list[str]:
    """The stages that `dvc exp run -S ...` runs."""
    return rerun(succeed(folder, "dvc", "exp", "run", *(flag for change in changes for flag in ("-S", change))))


def test_repro_again_runs_nothing(clone: pathlib.Path) -> None:
    assert rerun(succeed(clone, "dvc", "repro")) == []


def test_another_layer_reruns_the_report_and_the_pictures(clone: pathlib.Path) -> None:
    assert experiment(clone, "layer=conv4_block6_out") == ["check", "report", *PICTURES]
    changes = succeed(clone, "dvc", "metrics", "diff")
    assert re.search(r"\bcompared\b", changes)
    assert re.search(r"\bcam\b", changes) is None


def test_the_fusion_of_another_method_reruns_the_report_alone(clone: pathlib.Path) -> None:
    changes = ("-S", "map=layer_cam", "-S", "layer=all")
    assert rerun(succeed(clone, "dvc", "exp", "run", *changes, "report")) == ["check", "report"]  # but for the pictures
    headline = YAML(typ="safe").load(clone / "metrics/localization.json")
    scores = pd.read_csv(clone / "tables/scores.csv").query("refinement == 'none'")
    scores = scores.set_index(["map", "layer", "score"])["estimate"]
    assert headline["compared"] == scores["layer_cam", "all", "mean_iou"]


def test_a_helper_that_decides_nothing_reruns_nothing(clone: pathlib.Path) -> None:
    for name in ("params", "sections", "run", "folders", "rows", "quiet", "fingerprint"):
        path = clone / f"stages/support/{name}.py"
        path.write_text(path.read_text() + "\n# a comment\n")
    assert rerun(succeed(clone, "dvc", "repro")) == []


def test_a_comment_in_the_page_throws_no_stopped_work_away(clone: pathlib.Path) -> None:
    code = "from stages.support.fingerprint import fingerprint; print(fingerprint('finetune'))"
    before = succeed(clone, sys.executable, "-c", code)
    for name in ("stages/page.py", "wsol/pictures/page.py", "stages/support/params.py"):
        path = clone / name
        path.write_text(path.read_text() + "\n# a comment\n")
    assert succeed(clone, sys.executable, "-c", code) == before
    for name in ("wsol/networks/training.py", "data/toy_dogs/features.json"):
        path = clone / name
        path.chmod(0o644)
        path.write_text(path.read_text() + "\n")
        after = succeed(clone, sys.executable, "-c", code)
        assert after != before
        before = after


def test_stages_run_by_hand_write_the_same_bytes(clone: pathlib.Path) -> None:
    for stage in (
        "check",
        "curves",
        "boxes",
        "max_box_acc",
        "refine",
        "scores",
        "selectors",
        "tables",
        "boxes_needed",
        "selected",
        "report",
        "figures",
        "gallery",
        "browser",
        "page",
        "recommendation",
    ):
        succeed(clone, sys.executable, "-m", f"stages.{stage}")
    assert succeed(clone, "dvc", "status").strip() == "Data and pipelines are up to date."


def test_a_forced_download_and_training_rerun_nothing_else(clone: pathlib.Path) -> None:
    for stage in ("download", "finetune", "heatmaps"):
        assert rerun(succeed(clone, "dvc", "repro", "--force", "--single-item", stage)) == [stage]
    assert rerun(succeed(clone, "dvc", "repro")) == []
    assert succeed(clone, "git", "status", "--porcelain") == ""  # dvc.lock included


def test_going_back_to_an_earlier_recipe_restores_the_classifier(clone: pathlib.Path) -> None:
    classifier = (clone / "models/classifier.keras").read_bytes()
    assert "finetune" in rerun(succeed(clone, "dvc", "exp", "run", "-S", "seed=1", "heatmaps"))
    assert (clone / "models/classifier.keras").read_bytes() != classifier
    succeed(clone, "git", "checkout", "params.yaml")
    back = rerun(succeed(clone, "dvc", "repro"))
    slow = {"download", "features", "finetune", "heatmaps", "boxes", "max_box_acc", "refine", "scores", "selectors"}
    assert not slow & set(back)
    assert (clone / "models/classifier.keras").read_bytes() == classifier
    assert succeed(clone, "git", "status", "--porcelain") == ""


def test_the_committed_state_can_be_checked_out_after_a_run(clone: pathlib.Path) -> None:
    succeed(clone, "dvc", "repro", "--force", "--single-item", "download")
    succeed(clone, "git", "checkout", ".")
    succeed(clone, "dvc", "checkout")
    assert (clone / "data/toy_dogs/dataset_info.json").is_file()


def test_the_papers_recipe_runs(clone: pathlib.Path) -> None:
    recipe = ["heatmaps.score=softmax", "heatmaps.relu=false", "boxes.component=first", "boxes.rectangle=rotated"]
    assert experiment(clone, *recipe, "ground_truth=first") == ["check", *FROM_HEATMAPS]


def test_another_method_at_any_layers_for_the_predicted_class(clone: pathlib.Path) -> None:
    changes = ["heatmaps.layers=[conv5_block3_out,conv1_relu]", "layer=conv1_relu", "heatmaps.target=predicted"]
    changes += ["heatmaps.methods=[hires_cam]", "map=hires_cam", "heatmaps.fusion=none", "refine.method=none"]
    assert experiment(clone, *changes, "heatmaps.image_size=64") == ["check", *FROM_HEATMAPS]
    maps = pd.read_parquet(clone / "data/heatmaps/maps.parquet")
    assert maps["map"].tolist() == ["cam", "hires_cam", "hires_cam"]
    assert maps["layer"].tolist()[1:] == ["conv1_relu", "conv5_block3_out"]
    assert maps["height"].tolist() == [2, 32, 2]  # of pictures of 64 pixels
    index = pd.read_parquet(clone / "data/heatmaps/index.parquet")
    assert (index["mapped"] == index["predicted"]).all()
    assert (index["mapped"] != index["label"]).any()
    verdicts = {claim["verdict"] for claim in YAML(typ="safe").load(clone / "metrics/claims.json")}
    assert "undecided" in verdicts  # the claims about Grad-CAM, which was not drawn


def test_the_head_trains_on_features_that_stay(clone: pathlib.Path) -> None:
    changes = {"toy_dogs.finetune.trainable": "head", "toy_dogs.finetune.head.epochs": 3}
    set_params(clone, changes)
    assert rerun(succeed(clone, "dvc", "repro", "curves")) == ["check", "features", "finetune", "curves"]
    metrics = (clone / "metrics/finetune.json").read_bytes()
    set_params(clone, changes | {"toy_dogs.finetune.head.learning_rate": 1e39})
    failed = shell(clone, "dvc", "repro", "curves")
    assert "Expected training to reach a finite loss on holdout, but it did not: lower learning_rate." in failed.stderr
    # neither the error nor another learning rate computes the features again
    set_params(clone, changes | {"toy_dogs.finetune.head.learning_rate": 0.01})
    assert rerun(succeed(clone, "dvc", "repro", "curves")) == ["check", "finetune", "curves"]
    assert (clone / "metrics/finetune.json").read_bytes() != metrics
    set_params(clone, changes | {"toy_dogs.finetune.head.learning_rate": 0.001, "seed": 1})
    assert rerun(succeed(clone, "dvc", "repro", "curves")) == ["check", "finetune", "curves"]


# ---------------------------------------------------------------- stopped runs


def killed(folder: pathlib.Path, stage: str, sign: str) -> None:
    """Run a stage and kill its process group as soon as a file that matches `sign` is there."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"stages.{stage}"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and not list(folder.glob(sign)):
        time.sleep(0.005)
    assert process.poll() is None, f"{stage} ended before {sign} was there"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize(
    ("stage", "signs"),
    [
        ("download", ["data/toy_dogs.partial/out"]),
        ("finetune", ["models/training.partial/epoch-0000", "models/training.partial/epoch-0001"]),
        ("heatmaps", ["data/heatmaps.partial/out/*.npy", "data/heatmaps.partial/rows.txt"]),
        ("boxes", ["data/boxes.partial/out/grad_cam-conv2*"]),
        ("max_box_acc", ["data/max_box_acc.partial/out/grad_cam-conv2*"]),
        ("refine", ["data/refined.partial/holdout/boxes/*.npy", "data/refined.partial/holdout.txt"]),
        ("scores", ["data/scores.partial/out/*.npy"]),
        ("selectors", ["data/selectors.partial/measures/*.npy"]),
    ],
)
def test_a_stage_that_was_killed_ends_with_the_same_bytes(clone: pathlib.Path, stage: str, signs: list[str]) -> None:
    for sign in signs:
        killed(clone, stage, sign)
    output = succeed(clone, sys.executable, "-m", f"stages.{stage}")
    assert succeed(clone, "dvc", "status").strip() == "Data and pipelines are up to date."
    assert not list(clone.glob("*/*.partial"))
    if stage == "finetune":
        assert "Epoch" not in output  # both epochs had been done


def test_training_is_resumed_after_its_last_whole_epoch(clone: pathlib.Path) -> None:
    killed(clone, "finetune", "models/training.partial/epoch-0000")
    output = succeed(clone, sys.executable, "-m", "stages.finetune")
    assert "Epoch 2/2" in output
    assert "Epoch 1/2" not in output
    assert succeed(clone, "dvc", "status").strip() == "Data and pipelines are up to date."


# ---------------------------------------------------------------- params.yaml


def test_dvc_leaves_params_yaml_whole(tmp_path: pathlib.Path) -> None:
    clone_to(tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path / "params.yaml")
    content = (tmp_path / "params.yaml").read_text()
    params = YAML(typ="safe").load(content)
    also = ",".join(map(str, params["boxes"]["thresholds"]["also"]))
    layers, refined = params["heatmaps"]["layers"], ",".join(params["refine"]["maps"])
    back = {
        "threshold": params["threshold"],
        "boxes.thresholds.also": f"[{also}]",
        "heatmaps.layers": layers if layers == "all" else f"[{','.join(layers)}]",
        "refine.maps": f"[{refined}]",
        "refine.low": params["refine"]["low"],
        "refine.side": "null" if params["refine"]["side"] is None else params["refine"]["side"],
    }
    there = {"threshold": 2, "boxes.thresholds.also": "[0.1,0.2]", "heatmaps.layers": "[conv1_relu]"}
    there |= {"refine.maps": "[cam]", "refine.low": 0.2, "refine.side": 112}
    for changes in (there, back):
        flags = [flag for name, value in changes.items() for flag in ("-S", f"{name}={value}")]
        shell(tmp_path, "dvc", "exp", "run", *flags, "check")  # `check` refuses a threshold of 2, after DVC has written
        assert ((tmp_path / "params.yaml").read_text() == content) == (changes == back)
