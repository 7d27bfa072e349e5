"""Draw the plots of dvc.yaml as pictures for print.

    python -m stages.figures

Reads   params (dataset, map, layer, threshold), the plots section of dvc.yaml, .dvc/plots/, plots/*.csv
Writes  plots/figures/          a PNG per plot, named after it
        plots/boxes_needed.svg  the figure of choices with k boxes as SVG
        plots/iou_by_layer.svg  figure 1 as SVG
        plots/iou_by_map.svg    the figure of all maps as SVG
Takes   seconds

`dvc plots show` draws the same plots. DVC allows no dependency on dvc.yaml: after an edit of its plots section, run
`dvc repro --force --single-item figures`. A plot whose tables have no rows becomes a picture that says so.
"""

import pathlib

import pandas as pd
from ruamel.yaml import YAML
from tqdm import tqdm

from stages.support import folders, params
from stages.support.run import run
from wsol.maps import titles
from wsol.pictures import figures

TEMPLATES = ".dvc/plots"
IN_README = ("iou_by_layer", "iou_by_map", "boxes_needed")  # templates of the figures that the README shows


def main() -> str:
    settings = params.read("figures")
    heading = f"{settings.dataset}, {titles.title(settings.map, settings.layer)}, threshold {settings.threshold:g}"
    heading = "; ".join([heading, *figures.remarks(pd.read_csv("plots/compared.csv"))])
    plots = figures.vega_plots(YAML(typ="safe").load(pathlib.Path("dvc.yaml"))["plots"])
    filled = {name: figures.filled(plot, read_tables(plot), heading, TEMPLATES) for name, plot in plots.items()}
    write_pngs("plots/figures", filled)
    for name, plot in plots.items():
        if plot["template"] in IN_README:
            with folders.aside(f"plots/{plot['template']}.svg") as part:
                part.write_text(figures.svg(filled[name]), encoding="utf8")
    return f"figures: wrote plots/figures ({len(filled)} figures) and {len(IN_README)} SVG files in plots/"


def read_tables(plot: figures.Plot) -> dict[str, pd.DataFrame]:
    return {path: pd.read_csv(path) for path in plot["y"]}


def write_pngs(path: str, filled: dict[str, str]) -> None:
    with folders.fresh_folder(path) as folder:
        for name, figure in tqdm(filled.items(), desc="figures", unit=" figures", disable=None):
            (folder / f"{figures.file_name(name)}.png").write_bytes(figures.png(figure))


if __name__ == "__main__":
    run(main)
