"""The pictures for print, in the clone in which the pipeline ran."""

import pathlib
from typing import Any

import cv2
import pytest
from clones import ROOT
from ruamel.yaml import YAML

from stages import figures

PLOTS: dict[str, dict[str, Any]] = {
    name: plot
    for entry in YAML(typ="safe").load(ROOT / "dvc.yaml")["plots"]
    if isinstance(entry, dict)  # an image is but its path
    for name, plot in entry.items()
}


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_is_drawn(reproduced: pathlib.Path, name: str) -> None:
    picture = cv2.imread(str(reproduced / f"plots/figures/{figures.file_name(name)}.png"))
    assert picture is not None
    assert min(picture.shape[:2]) >= 500  # twice the page's pixels
    assert len({tuple(pixel) for pixel in picture[::7, ::7].reshape(-1, 3)}) > 5  # no empty frame


@pytest.mark.parametrize("name", PLOTS)
def test_every_axis_says_what_it_shows(name: str) -> None:
    assert {"title", "x_label", "y_label", "x", "y"} <= set(PLOTS[name])
    for path, column in PLOTS[name]["y"].items():
        assert {PLOTS[name]["x"], column} <= set(figures.table(str(ROOT / path)).columns)


def test_figure_1_names_what_it_compares(reproduced: pathlib.Path) -> None:
    picture = (reproduced / "plots/iou_by_layer.svg").read_text()
    for text in ("conv2_block1_out", "conv5_block3_out", "8 × 8", "CAM, 95 % interval", "full-image box", "centre box"):
        assert text in picture
    assert picture.count('aria-roledescription="point"') == 16 + 1  # a layer each, and the diamond


def test_every_template_and_table_is_a_dependency() -> None:
    # listed one by one: DVC sees no folder inside .dvc
    deps = set(YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]["figures"]["deps"])
    assert {f".dvc/plots/{plot['template']}.json" for plot in PLOTS.values()} <= deps
    paths = {path for plot in PLOTS.values() for path in plot["y"]}
    assert {path for path in paths if not path.startswith("plots/finetune/")} <= deps
    assert "plots/finetune" in deps


def test_file_names() -> None:
    assert figures.file_name("Figure 1. Mean IoU by layer") == "figure_1_mean_iou_by_layer"
