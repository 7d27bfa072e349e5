"""Figures of the results, from the Vega-Lite templates that `dvc plots show` fills too."""

import json
import re
from typing import Any

import pandas as pd
import vl_convert
from dvc_render import VegaRenderer

from wsol.maps import titles
from wsol.maps.keys import CAM
from wsol.scores.images import NO_CHOICES, NO_SCORES

CHOSEN = "chosen on holdout"  # threshold of a row of plots/compared.csv
DPI = 300  # of a PNG; a pixel of the page is 1/72 inch
# templates of the figures that depend on the compared map, of those that show it at its layer alone, and of those that
# show the fixed threshold and do not name it themselves
OF_COMPARED = ("iou_by_layer", "iou_by_map", "iou_by_threshold", "box_acc_by_threshold", "iou_by_image", "compared")
AT_ITS_LAYER = ("iou_by_image", "compared")
AT_FIXED = ("iou_by_image",)

Plot = dict[str, Any]  # a plot of dvc.yaml: template, x, y, title and labels


def remarks(compared: pd.DataFrame) -> list[str]:
    """What the figures do not show, as parts of a sentence.

    Args:
        compared: as `wsol.pictures.plot_data.compared_maps` makes it.

    Example:
        >>> remarks(pd.DataFrame({"map": ["cam", "cam"], "threshold": ["fixed", "chosen on holdout"]}))
        []
        >>> remarks(pd.DataFrame({"map": ["grad_cam"], "threshold": ["fixed"]}))
        ['CAM is not drawn', 'nothing is chosen: no holdout image has a ground-truth box']
    """
    if compared.empty:
        return [NO_SCORES]
    no_cam = [] if CAM in compared["map"].tolist() else [f"{titles.method_title(CAM)} is not drawn"]
    chosen = CHOSEN in compared["threshold"].tolist()
    return no_cam if chosen else [*no_cam, NO_CHOICES]


def filled(plot: Plot, tables: dict[str, pd.DataFrame], heading: str, templates: str) -> str:
    """Fill a plot's template with its data.

    Args:
        plot: a plot of dvc.yaml. All of its tables have the same column for `y`.
        tables: the plot's tables, by the paths in its `y`.
        heading: text above the plot, where `dvc plots show` writes the revision.
        templates: path of the folder with the templates.

    Returns:
        A Vega-Lite specification, JSON. If the tables have no rows, it is of a sentence that says so.
    """
    if all(table.empty for table in tables.values()):
        return json.dumps(_note([plot["title"], heading, f"Nothing to draw: {', '.join(tables)} has no rows."]))
    column = next(iter(plot["y"].values()))
    rows = pd.concat([table.assign(rev=heading) for table in tables.values()])
    rows = rows.astype(object).where(rows.notna(), None)  # JSON has no NaN
    anchors = plot | {"y": column, "template_dir": templates}
    return json.dumps(VegaRenderer(rows.to_dict("records"), "figure", **anchors).get_filled_template())


def _note(lines: list[str]) -> Plot:
    """A Vega-Lite specification of lines of text, the first as its title."""
    title = {"text": lines[0], "anchor": "start", "fontSize": 16, "offset": 14}
    mark = {"type": "text", "align": "left", "fontSize": 14, "text": lines[1:], "x": 0}
    view = {"view": {"stroke": None}}
    return {"width": 720, "height": 80, "title": title, "data": {"values": [{}]}, "mark": mark, "config": view}


def svg(figure: str) -> str:
    """Draw a Vega-Lite specification, JSON, as SVG."""
    return vl_convert.vegalite_to_svg(figure)


def png(figure: str) -> bytes:
    """Draw a Vega-Lite specification, JSON, as PNG, which states its resolution."""
    return vl_convert.vegalite_to_png(figure, ppi=DPI)


def heading(template: str, dataset: str, seed: int | None, compared: str, threshold: float) -> str:
    """What a figure is of, in the few words above it: only what the figure depends on.

    Args:
        template: of the plot.
        dataset: name of its section of params.yaml.
        seed: of the training; None: the network is used as it is.
        compared: title of the compared map.
        threshold: the fixed one.

    Example:
        >>> heading("training", "toy_dogs", 0, "Grad-CAM at conv4", 0.1)
        'toy_dogs, training seed 0'
        >>> heading("iou_by_image", "toy_dogs", 0, "Grad-CAM at conv4", 0.1)
        'toy_dogs, training seed 0, Grad-CAM at conv4, threshold 0.1'
    """
    parts = [dataset] if seed is None else [dataset, f"training seed {seed}"]
    if template in AT_ITS_LAYER:
        parts.append(compared)
    if template in AT_FIXED:
        parts.append(f"threshold {threshold:g}")
    return ", ".join(parts)


def file_name(name: str) -> str:
    """File name of a plot, without an ending: its name in lower case, words joined by underscores.

    >>> file_name("Figure 1. Mean IoU by layer")
    'figure_1_mean_iou_by_layer'
    """
    return "_".join(re.findall(r"\w+", name.lower()))
