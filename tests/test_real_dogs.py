"""A short run on real dogs; REAL_DOGS names a folder with archives and weights, else all is skipped."""

import os
import pathlib

import archives
import pandas as pd
import pytest
import wsolevaluation
from clones import clone_to, succeed
from ruamel.yaml import YAML

REAL_DOGS = pathlib.Path(os.environ.get("REAL_DOGS", ""))

pytestmark = pytest.mark.skipif("REAL_DOGS" not in os.environ, reason="REAL_DOGS names no folder with real dogs")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Stanford Dogs of 7 breeds, a frozen ImageNet backbone, and three layers, of which two have known figures."""
    folder = tmp_path_factory.mktemp("real")
    clone_to(folder)
    archives.place(REAL_DOGS / "stanford_dogs_mini", folder / "data/downloads")
    changes = [
        "dataset=stanford_dogs",
        f"stanford_dogs.backbone.weights={REAL_DOGS / 'resnet50_imagenet_notop.weights.h5'}",
        "stanford_dogs.finetune.trainable=head",
        "heatmaps.layers=[conv3_block3_out,conv4_block6_out,conv5_block3_out]",
        "boxes.thresholds.step=0.1",
        "refine.maps=[cam]",
        "refine.low=0.16",
        "refine.high=0.7",
        "selection.images=1",
    ]
    succeed(folder, "dvc", "exp", "run", *(flag for change in changes for flag in ("-S", change)))
    return folder


def test_figures_known_for_these_dogs(clone: pathlib.Path) -> None:
    headline = YAML(typ="safe").load(clone / "metrics/localization.json")
    assert headline["images"] == 562
    assert headline["top1"] >= 0.90
    assert headline["cam"] == pytest.approx(0.625, abs=0.02)
    assert headline["compared"] == pytest.approx(0.43, abs=0.03)
    assert headline["centre_box"] == pytest.approx(0.592, abs=0.001)


def test_grabcut_improves_cam_by_a_known_figure(clone: pathlib.Path) -> None:
    (refined,) = pd.read_csv(clone / "tables/leaderboard.csv").query("refinement == 'grabcut'").to_dict("records")
    assert refined["mean_iou"] == pytest.approx(0.697, abs=0.015)
    assert refined["less_cam_low"] > 0


def test_cam_is_grad_cam_at_the_last_layer(clone: pathlib.Path) -> None:
    rows = pd.read_csv(clone / "plots/iou_by_layer.csv").query("rule == 'fixed'")
    means = rows.set_index(["map", "layer"])["mean_iou"]
    assert means["cam", "conv5_block3_out"] == pytest.approx(means["grad_cam", "conv5_block3_out"], abs=1e-3)


@pytest.mark.parametrize("layer", ["conv3_block3_out", "conv4_block6_out"])
def test_max_box_acc_is_wsolevaluations(clone: pathlib.Path, layer: str) -> None:
    ours, theirs = wsolevaluation.beside_ours(clone, layer, 224)
    assert ours == pytest.approx(theirs, abs=1e-6)
