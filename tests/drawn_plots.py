"""The plots of dvc.yaml, drawn of small tables."""

import collections
import json
import re
from typing import Any

import pandas as pd
from clones import ROOT
from plot_tables import TABLES
from ruamel.yaml import YAML

from stages.support import pipeline
from wsol.pictures import figures

TEMPLATES = str(ROOT / ".dvc/plots")
DVC: dict[str, Any] = YAML(typ="safe").load(ROOT / "dvc.yaml")
PLOTS = pipeline.vega_plots()


def drawn(name: str, tables: dict[str, pd.DataFrame] = TABLES) -> str:
    """A plot of dvc.yaml as SVG."""
    plot = PLOTS[name]
    return figures.svg(figures.filled(plot, {path: tables[path] for path in plot["y"]}, "some heading", TEMPLATES))


def using(template: str) -> str:
    """The name of the first plot of dvc.yaml with a template."""
    return next(name for name, plot in PLOTS.items() if plot["template"] == template)


def marks(svg: str) -> dict[str, int]:
    return dict(collections.Counter(re.findall(r'aria-roledescription="(\w+ mark|point)"', svg)))


def texts(svg: str, label: str = "") -> list[tuple[str, str]]:
    """The colour and the text of each text mark whose data match a pattern."""
    return re.findall(
        rf'aria-label="[^"]*{label}[^"]*"[^>]* aria-roledescription="text mark"[^>]*fill="([^"]*)"[^>]*>(.*?)<', svg
    )


def of_revisions(name: str, tables: dict[str, pd.DataFrame]) -> str:
    """A plot of several revisions as SVG, each with its own table, as `dvc plots diff` draws it."""
    plot = PLOTS[name]
    (path,) = plot["y"]
    specs = [json.loads(figures.filled(plot, {path: table}, revision, TEMPLATES)) for revision, table in tables.items()]
    rows = [row for spec in specs for row in spec["data"]["values"]]
    specs[0]["data"]["values"] = rows
    return figures.svg(json.dumps(specs[0]))
