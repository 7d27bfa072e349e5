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
SCALE = 2  # pixels of a PNG per pixel of the page

Plot = dict[str, Any]  # a plot of dvc.yaml: template, x, y, title and labels


def vega_plots(entries: list[str | dict[str, Plot]]) -> dict[str, Plot]:
    """The plots that have a template, by name.

    Args:
        entries: the `plots` section of dvc.yaml. An entry that is a path stands for a picture and is left out.

    >>> vega_plots(["plots/gallery.png", {"Figure 1": {"template": "iou_by_layer"}}])
    {'Figure 1': {'template': 'iou_by_layer'}}
    """
    return {name: plot for entry in entries if isinstance(entry, dict) for name, plot in entry.items()}


def remarks(compared: pd.DataFrame) -> list[str]:
    """What the figures do not show, as parts of a sentence.

    Args:
        compared: as `wsol.pictures.plot_data.compared_maps` makes it.

    Example:
        >>> remarks(pd.DataFrame({"what": ["CAM", "CAM"], "threshold": ["fixed", "chosen on holdout"]}))
        []
        >>> remarks(pd.DataFrame({"what": ["Grad-CAM at conv4"], "threshold": ["fixed"]}))
        ['CAM is not drawn', 'nothing is chosen: no holdout image has a ground-truth box']
    """
    if compared.empty:
        return [NO_SCORES]
    no_cam = (
        [] if titles.method_title(CAM) in compared["what"].tolist() else [f"{titles.method_title(CAM)} is not drawn"]
    )
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
    """Draw a Vega-Lite specification, JSON, as PNG."""
    return vl_convert.vegalite_to_png(figure, scale=SCALE)


def file_name(name: str) -> str:
    """File name of a plot, without an ending: its name in lower case, words joined by underscores.

    >>> file_name("Figure 1. Mean IoU by layer")
    'figure_1_mean_iou_by_layer'
    """
    return "_".join(re.findall(r"\w+", name.lower()))
