"""The figures of mean IoU by layer, by map and by threshold."""

import re

import pandas as pd
import pytest
from drawn_plots import PLOTS, drawn, marks, of_revisions, texts, using
from plot_tables import TABLES

# ---------------------------------------------------------------- by layer


def test_the_title_of_a_refined_map() -> None:
    path = "plots/iou_by_layer.csv"
    refined = TABLES[path].assign(title=lambda table: table["title"] + ", refined by GrabCut")
    assert "LayerCAM, refined by GrabCut at the layer" in drawn(using("iou_by_layer"), TABLES | {path: refined})


def test_the_interval_of_the_fusion_is_a_line() -> None:
    svg = drawn(using("iou_by_layer"))
    rules = dict(re.findall(r"order: (\w+)\|[^>]* aria-roledescription=\"rule mark\"[^>]* opacity=\"([\d.]+)\"", svg))
    assert rules == {"conv4": "0", "conv5": "0", "all": "0.22"}  # the other layers' intervals are an area


def test_the_interval_of_a_single_layer_is_a_line() -> None:
    path = "plots/iou_by_layer.csv"
    svg = drawn(using("iou_by_layer"), {path: TABLES[path].query("layer == 'conv5'")})
    rules = re.findall(r"order: (\w+)\|[^>]* aria-roledescription=\"rule mark\"[^>]* opacity=\"([\d.]+)\"", svg)
    assert rules == [("conv5", "0.22")]


def test_other_methods_are_named_and_drawn_behind_the_compared_map() -> None:
    svg = drawn(using("iou_by_layer"))
    assert ">diamond: the compared layer; grey: HiResCAM<" in svg
    titles = re.findall(r'title: (\w+)[^>]* aria-roledescription="point"', svg)
    assert titles == ["HiResCAM"] * 3 + ["LayerCAM"] * 3


def test_one_method_has_no_grey_lines() -> None:
    path = "plots/iou_by_layer.csv"
    svg = drawn(using("iou_by_layer"), {path: TABLES[path].query("role != 'other'")})
    assert marks(svg)["line mark"] == 1
    assert marks(svg)["point"] == 3 + 1  # each layer, the diamond
    assert "grey" not in svg


def test_figure_1_of_a_table_without_roles() -> None:
    # dvc plots diff draws the tables of earlier commits with today's templates
    path = "plots/iou_by_layer.csv"
    table = TABLES[path].query("role != 'other'")
    without, expected = (drawn(using("iou_by_layer"), {path: rows}) for rows in (table.drop(columns="role"), table))
    assert marks(without) == marks(expected)


# ---------------------------------------------------------------- by map


def test_the_values_of_every_map() -> None:
    # the scale is from .30 to .75; text is white below 43 % of it, which is .49
    assert texts(drawn(using("iou_by_map")), r"row: \d; text") == [
        *[("white", ".40"), ("white", ".30"), ("black", ".55"), ("black", ".72")],
        *[("black", ".61"), ("black", ".50"), ("black", ".70"), ("black", ".72")],
    ]


def test_values_of_many_layers_are_left_out() -> None:
    path = "plots/iou_by_map.csv"
    layers = [TABLES[path].assign(layer=f"conv{place}", place=place) for place in range(25)]
    svg = drawn(using("iou_by_map"), {path: pd.concat(layers)})
    assert texts(svg, r"row: \d; text") == []
    assert len(texts(svg, "method")) == 2 * 3


def test_the_marks_of_the_colour_scale_do_not_overlap() -> None:
    # the lower value's text is on the left of its triangle, the higher one's on the right
    svg = drawn(using("iou_by_map"))
    ends = re.findall(r'text: (CAM|centre box) (\.\d+)"[^>]*text-anchor="(\w+)"', svg)
    assert ends == [
        *[("CAM", ".40", "end"), ("centre box", ".50", "start")],
        *[("CAM", ".61", "start"), ("centre box", ".50", "end")],
    ]


def test_the_compared_map_is_outlined() -> None:
    outlines = re.findall(
        r'layer[^"]*: (\w+); row: (\d)"[^>]*rect mark"[^>]*stroke="(\w+)"', drawn(using("iou_by_map"))
    )
    assert outlines == [("all", "2", "black"), ("all", "2", "white")] * 2


def test_the_layers_have_the_order_of_their_places() -> None:
    path = "plots/iou_by_map.csv"
    table = TABLES[path].assign(place=lambda table: 1 - table["place"])
    for tables, expected in ((TABLES, ["conv5", "all"]), ({path: table}, ["all", "conv5"])):
        axes = re.findall(r">(conv5|all)</text>", drawn(using("iou_by_map"), tables))
        assert axes == 2 * expected  # a panel for each threshold


# ---------------------------------------------------------------- by threshold


def test_a_colour_holds_from_its_threshold_to_the_next() -> None:
    # 600 pixels are 1: 0.005 is at 3, 0.01 at 6, and 0.5 at 300. A colour ends behind the next one
    path = "plots/iou_by_threshold.csv"
    table = TABLES[path].iloc[:3].assign(title="CAM", map="cam", threshold=[0.005, 0.01, 0.5])
    svg = drawn(using("iou_by_threshold"), {path: table})
    paths = re.findall(r': [\d.]+; row: 1[^>]* d="M([\d.]+),[\d.]+h([\d.]+)v', svg)
    starts = [float(start) for start, _ in paths]
    ends = [float(start) + float(width) for start, width in paths]
    assert starts == pytest.approx([3, 6, 300])
    assert [end >= following for end, following in zip(ends, starts[1:], strict=False)] == [True, True]
    assert ends[-1] == pytest.approx(600)


def test_each_row_has_its_highest_value_and_its_threshold() -> None:
    svg = drawn(using("iou_by_threshold"))
    assert [text for _, text in texts(svg, " at ")] == [".60 at 0.1", ".40 at 0.1", ".70 at 0.5", "LayerCAM at conv4"]
    assert [text for _, text in texts(svg, "name")] == ["0.005", "0.1", "CAM", "LayerCAM at conv4", "all"]
    # .1 holds to .5, so the middle is at .3 * 600
    dots = re.findall(r': [\d.]+; row: (\d)[^>]* aria-roledescription="point"[^>]* transform="translate\((\d+)', svg)
    assert dots == [("1", "180"), ("2", "180"), ("3", "450")]


# ---------------------------------------------------------------- of several revisions


@pytest.mark.parametrize("template", ["iou_by_map", "iou_by_threshold"])
def test_the_rows_of_revisions_are_not_mixed(template: str) -> None:
    (path,) = PLOTS[using(template)]["y"]
    renamed = {column: f"{column}, other" for column in ("LayerCAM", "conv4", "LayerCAM at conv4")}
    other = TABLES[path].replace({"method": renamed, "layer": renamed, "title": renamed})
    names = [
        re.findall(r'aria-label="(row: \d; (?:method|name): [^"]*)', svg)
        for svg in (
            drawn(using(template)),
            drawn(using(template), {path: other}),
            of_revisions(using(template), {"HEAD": TABLES[path], "workspace": other}),
        )
    ]
    assert sorted(names[0] + names[1]) == sorted(names[2])
