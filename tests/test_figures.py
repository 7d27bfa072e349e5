"""The figures: what the templates draw of small tables, and what the stage writes."""

import pathlib
import re
import types

import cv2
import numpy as np
import pandas as pd
import pytest
from clones import ROOT
from drawn_plots import DVC, PLOTS, TEMPLATES, drawn, marks, of_revisions, texts, using
from plot_tables import TABLES
from ruamel.yaml import YAML

from stages import figures as stage
from stages import pdf
from stages.support import params
from wsol.pictures import figures

# what each template draws of these tables
MARKS = {
    "run": {"rect mark": 2, "text mark": 2},  # two properties
    "iou_by_layer": {
        "rect mark": 3 + 1,  # the shade of each layer, CAM's interval
        "area mark": 1,
        # each layer's interval (only that of `all` is visible), the baselines, CAM, the invisible range of the axis
        "rule mark": 3 + 3 + 1 + 1,
        "line mark": 1 + 1,  # the compared map, the other method
        "point": 3 + 1 + 3,  # each layer, the diamond, each layer of the other method
        "text mark": 3 + 1,  # each block, the other method's title
    },
    # two panels: four maps, two outlines and the steps of the colour scale; the values, three rows and two triangles
    "iou_by_map": {"rect mark": 2 * (4 + 2 + 100), "text mark": 2 * (4 + 3 + 2), "point": 2 * 2},
    "compared": {"rule mark": 5, "point": 5, "text mark": 5},
    # three rows at two thresholds, the steps of the colour scale; each row's dot, name and value, the best baseline;
    # the paper's two thresholds
    "iou_by_threshold": {"rect mark": 3 * 2 + 100, "point": 3 + 1, "text mark": 3 + 3 + 1 + 2, "rule mark": 2},
    # three bands and their lower edges; of these and of a method the line and two points; what is compared with
    "boxes_needed": {"area mark": 3, "line mark": 3 + 4, "point": 4 * 2, "rule mark": 3},
    # the two layers and CAM; the baselines; the highest value of each curve; the method's title and the highest's map
    "box_acc_by_threshold": {"line mark": 3, "rule mark": 3, "point": 3, "text mark": 2},
    "iou_by_image": {"point": 3 + 1, "rule mark": 1, "text mark": 1},  # whole images, the diagonal, the map's title
    "confusion": {"rect mark": 4, "text mark": 3},  # no number where there is no image
    "training": {"line mark": 2, "point": 6 + 3, "text mark": 1},  # three scores at the end
}


LEGEND = (">CAM, 95 % interval<", ">full-image box<", ">centre box<", ">mean box<")


@pytest.mark.parametrize("name", PLOTS)
def test_every_mark_is_drawn(name: str) -> None:
    svg = drawn(name)
    assert marks(svg) == MARKS[PLOTS[name]["template"]]
    assert "NaN" not in svg


@pytest.mark.parametrize("name", PLOTS)
def test_a_table_without_rows_becomes_a_sentence(name: str) -> None:
    svg = drawn(name, {path: table[:0] for path, table in TABLES.items()})
    (path,) = PLOTS[name]["y"]
    assert f"Nothing to draw: {path} has no rows." in svg
    assert "some heading" in svg
    assert PLOTS[name]["title"] in svg


def test_figure_1_without_cam_and_a_mean_box() -> None:
    path = "plots/iou_by_layer.csv"
    table = TABLES[path]
    without = table[table["map"] != "cam"].assign(mean_box_iou=np.nan)
    svg = drawn(using("iou_by_layer"), TABLES | {path: without})
    # without CAM's interval; two baselines and no CAM
    expected = MARKS["iou_by_layer"] | {"rect mark": 3, "rule mark": 3 + 2 + 1}
    assert marks(svg) == expected
    assert "NaN" not in svg
    assert [name in svg for name in LEGEND] == [False, True, True, False]
    # an empty value as `dvc plots show` reads it
    as_text = drawn(using("iou_by_layer"), {path: without.assign(mean_box_iou="")})
    assert [name in as_text for name in LEGEND] == [False, True, True, False]
    whole = drawn(using("iou_by_layer"))
    assert all(name in whole for name in LEGEND)


def test_the_legend_of_max_box_acc_without_cam() -> None:
    path = "plots/iou_by_threshold.csv"
    table = TABLES[path]
    assert ">CAM<" in drawn(using("box_acc_by_threshold"))
    svg = drawn(using("box_acc_by_threshold"), {path: table[table["map"] != "cam"]})
    assert ">CAM<" not in svg
    assert marks(svg)["line mark"] == MARKS["box_acc_by_threshold"]["line mark"] - 1


def test_the_highest_max_box_acc_says_its_map() -> None:
    path = "plots/iou_by_threshold.csv"
    dark = "#222222"
    assert (dark, "CAM") in texts(drawn(using("box_acc_by_threshold")))  # 0.9
    without_cam = TABLES[path][TABLES[path]["map"] != "cam"]
    assert (dark, "LayerCAM at conv4") in texts(drawn(using("box_acc_by_threshold"), {path: without_cam}))  # 0.7


def test_the_legend_of_choices_has_what_is_drawn() -> None:
    path = "plots/boxes_needed.csv"
    table = TABLES[path]
    names = (">all maps<", ">all maps and refined maps<", "its thresholds<", ">nothing chosen", ">centre box<")
    whole = drawn(using("boxes_needed"))
    assert [name in whole for name in names] == [True] * 5
    without = table[~table["role"].isin(["refined", "fusion"])].assign(nothing_chosen_iou=np.nan)
    svg = drawn(using("boxes_needed"), {path: without})
    assert [name in svg for name in names] == [True, False, False, False, True]
    assert marks(svg) == {"area mark": 1, "line mark": 1 + 2, "point": 2 * 2, "rule mark": 2}


def test_several_fused_maps_have_no_name_in_the_legend() -> None:
    path = "plots/boxes_needed.csv"
    fused = TABLES[path].query("role == 'fusion'")
    several = pd.concat([fused, fused.assign(candidates="Grad-CAM, all layers")])
    assert ">each fused map, its thresholds<" in drawn(using("boxes_needed"), {path: several})


def test_the_figure_of_all_maps_without_cam() -> None:
    path = "plots/iou_by_map.csv"
    table = TABLES[path]
    without = table[table["map"] != "cam"].assign(cam_iou=np.nan)
    svg = drawn(using("iou_by_map"), TABLES | {path: without})
    assert "NaN" not in svg
    assert ">CAM" not in svg
    baseline = TABLES[path]["baseline"].iloc[0]
    assert [text for _, text in texts(svg) if text.startswith(baseline)] != []


def test_the_figure_of_all_maps_without_a_choice() -> None:
    path = "plots/iou_by_map.csv"
    table = TABLES[path]
    svg = drawn(using("iou_by_map"), TABLES | {path: table[table["rule"] == "fixed"]})
    assert "some heading" in svg  # the first panel, which has the heading, is not there
    assert "chosen on holdout" not in svg


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_has_its_texts(name: str) -> None:
    svg = drawn(name)
    assert "some heading" in svg
    assert PLOTS[name]["title"] in svg
    if PLOTS[name]["template"] not in ("compared", "run"):  # their axes' labels need no title
        assert PLOTS[name]["x_label"].replace("'", "&#39;") in svg.replace("'", "&#39;")
    if PLOTS[name]["template"] != "run":
        assert PLOTS[name]["y_label"] in svg


@pytest.mark.parametrize("name", PLOTS)
def test_axes_show_columns_of_the_data(name: str) -> None:
    for path, column in PLOTS[name]["y"].items():
        assert {PLOTS[name]["x"], column} <= set(TABLES[path].columns)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("iou_by_layer", "LayerCAM at the layer, 95 % interval"),
        ("iou_by_map", ">LayerCAM<"),
        ("iou_by_threshold", ">LayerCAM at conv4<"),
        ("box_acc_by_threshold", ">LayerCAM at every layer<"),
        ("boxes_needed", "LayerCAM, all layers, its thresholds"),
        ("iou_by_image", "y: LayerCAM, all layers"),
        ("compared", ">LayerCAM, all layers<"),
    ],
)
def test_the_compared_map_is_named_by_the_data(template: str, expected: str) -> None:
    svg = drawn(using(template))
    assert expected in svg
    assert "Grad-CAM" not in svg


@pytest.mark.parametrize("name", PLOTS)
def test_each_revision_has_all_marks(name: str) -> None:
    (path,) = PLOTS[name]["y"]
    svg = of_revisions(name, dict.fromkeys(("HEAD", "workspace"), TABLES[path]))
    assert marks(svg) == {mark: 2 * count for mark, count in marks(drawn(name)).items()}


def test_a_missing_value_is_left_out() -> None:
    path = "plots/training.csv"
    loss = TABLES[path]["loss"].where(TABLES[path]["epoch"] < 3)
    svg = drawn("Training. Loss by epoch", {path: TABLES[path].assign(loss=loss)})
    assert marks(svg) == {"line mark": 2, "point": 4, "text mark": 1}  # no epoch 3, and nothing at the end


@pytest.mark.parametrize(("top1", "labels"), [(0.1, ["0.00", "0.10"]), (0.0, ["0"])])
def test_a_single_value_is_labelled_as_it_is(top1: float, labels: list[str]) -> None:
    path = "plots/training.csv"
    table = TABLES[path]
    svg = drawn("Training. Top-1 accuracy by epoch", {path: table[table["epoch"] == 1].assign(top1=top1)})
    axis = svg.split('aria-label="Y-axis')[1].split('class="mark-text role-axis-title"')[0]
    assert set(labels) <= set(re.findall(r">([\d.]+)<", axis))


def test_every_split_is_named() -> None:
    svg = drawn("Training. Loss by epoch")
    assert ">fit<" in svg
    assert ">holdout<" in svg


# ---------------------------------------------------------------- the stage


def test_every_template_and_table_is_a_dependency() -> None:
    # listed one by one: DVC sees no folder inside .dvc
    deps = set(DVC["stages"]["figures"]["deps"])
    assert {f".dvc/plots/{plot['template']}.json" for plot in PLOTS.values()} <= deps
    assert {path for plot in PLOTS.values() for path in plot["y"]} <= deps


@pytest.fixture
def run_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder with these tables, the project's templates and plots, and params."""
    (tmp_path / "plots/figures").mkdir(parents=True)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/plots").symlink_to(TEMPLATES)
    (tmp_path / "dvc.yaml").symlink_to(ROOT / "dvc.yaml")
    for path, table in TABLES.items():
        table.to_csv(tmp_path / path, index=False)
    recipe = types.SimpleNamespace(finetune=types.SimpleNamespace(used_seed=3))
    settings = types.SimpleNamespace(dataset="toy_dogs", map="layer_cam", layer="all", threshold=0.1, recipe=recipe)
    monkeypatch.setattr(params, "read", {"figures": settings}.get)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pictures(folder: pathlib.Path) -> set[str]:
    return {path.name for path in (folder / "plots/figures").iterdir()}


EXPECTED = {f"{figures.file_name(name)}.{ending}" for name in PLOTS for ending in ("png", "svg")}


def test_the_stage_draws_every_plot(run_folder: pathlib.Path) -> None:
    assert stage.main() == f"figures: wrote plots/figures ({len(PLOTS)} figures) and 3 SVG files in plots/"
    assert pictures(run_folder) == EXPECTED
    svg = (run_folder / "plots/iou_by_layer.svg").read_text(encoding="utf8")
    for text in (
        "toy_dogs, training seed 3: threshold 0.1",
        "14 × 14",
        "CAM, 95 % interval",
        "centre box",
    ):
        assert text in svg


def test_no_picture_of_a_former_plot_is_left(run_folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run_folder / "plots/figures/of_a_plot_that_is_gone.png").touch()
    counted = iter(range(2))
    png = figures.png
    monkeypatch.setattr(figures, "png", lambda figure: (next(counted), png(figure))[1])
    with pytest.raises(StopIteration):  # a run that is stopped at its third picture
        stage.main()
    assert pictures(run_folder) == {"of_a_plot_that_is_gone.png"}
    monkeypatch.setattr(figures, "png", lambda figure: b"a picture")
    (run_folder / "dvc.yaml").unlink()
    renamed = [{f"{name}, renamed": plot} for name, plot in PLOTS.items()]
    YAML().dump({"plots": renamed}, run_folder / "dvc.yaml")
    stage.main()
    assert pictures(run_folder) == {name.replace(".", "_renamed.") for name in EXPECTED}


def test_a_heading_says_what_its_figure_depends_on(run_folder: pathlib.Path) -> None:
    stage.main()
    for name, threshold in (
        ("training_loss_by_epoch", False),
        ("mean_iou_of_every_map", False),
        ("choosing_with_k_boxes", False),
        ("iou_by_image", True),
    ):
        svg = (run_folder / f"plots/figures/{name}.svg").read_text(encoding="utf8")
        assert "toy_dogs, training seed 3" in svg
        assert ("LayerCAM, all layers, threshold 0.1" in svg) == threshold


def test_a_png_states_its_resolution(run_folder: pathlib.Path) -> None:
    stage.main()
    content = (run_folder / "plots/figures/the_run.png").read_bytes()
    # the chunk pHYs: pixels a metre, 300 an inch of 0.0254 m, twice, and the unit 1
    start = content.index(b"pHYs") + 4
    assert content[start : start + 9] == (11811).to_bytes(4) * 2 + b"\x01"


def test_pdf(run_folder: pathlib.Path) -> None:
    stage.main()
    assert pdf.main() == f"pdf: wrote plots/pdf ({len(PLOTS)} figures)"
    assert (run_folder / "plots/pdf/the_run.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", PLOTS)
def test_the_pipeline_draws_every_plot(reproduced: pathlib.Path, name: str) -> None:
    picture = cv2.imread(str(reproduced / f"plots/figures/{figures.file_name(name)}.png"))
    assert picture is not None
    assert min(picture.shape[:2]) >= 250 * 300 / 72  # of the smallest figure's sides on the page
    assert pictures(reproduced) == EXPECTED


def test_figure_1_of_the_pipeline(reproduced: pathlib.Path) -> None:
    picture = (reproduced / "plots/iou_by_layer.svg").read_text(encoding="utf8")
    for text in ("conv2_block1_out", "conv5_block3_out", "8 × 8", "CAM, 95 % interval", "full-image box", "centre box"):
        assert text in picture
    # in two panels both methods at 16 layers and `all`, and the diamond
    assert marks(picture)["point"] == 2 * (2 * 17 + 1)
