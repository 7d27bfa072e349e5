"""Draw the plots of dvc.yaml as pictures for print.

    python -m stages.figures

Reads   params (dataset, map, layer, threshold, the training's seed), the plots section of
        dvc.yaml, .dvc/plots/, plots/*.csv
Writes  plots/figures/          a PNG and an SVG per plot, named after it
        plots/boxes_needed.svg  the figure of choices with k boxes as SVG
        plots/iou_by_layer.svg  figure 1 as SVG
        plots/iou_by_map.svg    the figure of all maps as SVG
Takes   seconds

`dvc plots show` draws the same plots. DVC allows no dependency on dvc.yaml: after an edit of its plots section, run
`dvc repro --force --single-item figures`. A plot whose tables have no rows becomes a picture that says so.
"""

import pathlib

import pandas as pd
from tqdm import tqdm

from stages.support import files, folders, params, pipeline, sections
from stages.support.run import run
from wsol.maps import titles
from wsol.pictures import figures

TEMPLATES = ".dvc/plots"
IN_README = ("iou_by_layer", "iou_by_map", "boxes_needed")  # templates of the figures that the README shows


def main() -> str:
    settings = params.read("figures")
    remarks = figures.remarks(files.read_csv("plots/compared.csv"))
    plots = pipeline.vega_plots()
    filled = {
        name: figures.filled(plot, read_tables(plot), heading(settings, plot["template"], remarks), TEMPLATES)
        for name, plot in plots.items()
    }
    write("plots/figures", filled)
    for name, plot in plots.items():
        if plot["template"] in IN_README:
            drawn = pathlib.Path("plots/figures", figures.file_name(name)).with_suffix(".svg")
            files.write_text(f"plots/{plot['template']}.svg", drawn.read_text(encoding="utf8"))
    return f"figures: wrote plots/figures ({len(filled)} figures) and {len(IN_README)} SVG files in plots/"


def heading(settings: sections.Params, template: str, remarks: list[str]) -> str:
    """The words above a figure; what is not drawn is said above those figures that would show it."""
    compared, seed = titles.title(settings.map, settings.layer), settings.recipe.finetune.used_seed
    words = figures.heading(template, settings.dataset, seed, compared, settings.threshold)
    return "; ".join([words, *(remarks if template in figures.OF_COMPARED else [])])


def read_tables(plot: figures.Plot) -> dict[str, pd.DataFrame]:
    return {path: files.read_csv(path) for path in plot["y"]}


def write(path: str, filled: dict[str, str]) -> None:
    with folders.fresh_folder(path) as folder:
        for name, figure in tqdm(filled.items(), desc="figures", unit=" figures", disable=None):
            file = folder / figures.file_name(name)
            file.with_suffix(".png").write_bytes(figures.png(figure))
            file.with_suffix(".svg").write_text(figures.svg(figure), encoding="utf8")


if __name__ == "__main__":
    run(main)
