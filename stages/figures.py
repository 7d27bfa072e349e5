"""Draw the plots as pictures for print.

    python -m stages.figures

Reads   params (dataset, layer, threshold), the plots section of dvc.yaml, .dvc/plots/, plots/*.csv, plots/finetune/
Writes  plots/figures/: a PNG for each plot, named after it; plots/iou_by_layer.svg, figure 1 as SVG
Takes   seconds

What a picture shows and says stands in dvc.yaml alone: `dvc plots show` draws the same. DVC allows no dependency on
that file: after an edit of a plot there, `dvc repro --force --single-item figures`.
"""

import pathlib
import re
from typing import Any

import pandas as pd
from ruamel.yaml import YAML
from tqdm import tqdm

from stages.support import files, params
from stages.support.run import run
from wsol.pictures import figures

TEMPLATES = ".dvc/plots"
FIGURE_1 = "iou_by_layer"


def main() -> str:
    settings = params.read("figures")
    about = f"{settings['dataset']}, threshold {settings['threshold']}, compared layer {settings['layer']}"
    listed = YAML(typ="safe").load(pathlib.Path("dvc.yaml"))["plots"]
    # the others are images, which are drawn elsewhere
    drawn = {name: plot for entry in listed if isinstance(entry, dict) for name, plot in entry.items()}
    with files.whole_folder("plots/figures", files.fingerprint(settings)) as folder:
        for name, plot in tqdm(drawn.items(), desc="figures", unit=" figures", disable=None):
            figure = filled(plot, about)
            (folder / f"{file_name(name)}.png").write_bytes(figures.png(figure))
            if plot["template"] == FIGURE_1:
                with files.aside(f"plots/{FIGURE_1}.svg") as part:
                    part.write_text(figures.svg(figure))
    return f"figures: wrote plots/figures ({len(drawn)} figures)"


def filled(plot: dict[str, Any], about: str) -> str:
    """A plot of dvc.yaml with its data, headed by what it is about where DVC would put the revision."""
    ((_, column), *_) = plot["y"].items()
    rows = pd.concat([table(path).assign(rev=about, filename=path) for path in plot["y"]]).to_dict("records")
    labels = {name: plot[name] for name in ("title", "x_label", "y_label") if name in plot}
    return figures.filled(rows, plot["template"], TEMPLATES, x=plot["x"], y=column, **labels)


def table(path: str) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t" if path.endswith(".tsv") else ",")


def file_name(name: str) -> str:
    """The plot's name in small letters, words joined by _."""
    return "_".join(re.findall(r"\w+", name.lower()))


if __name__ == "__main__":
    run(main)
