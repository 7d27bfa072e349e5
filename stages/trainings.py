"""Compare trainings that differ in their seed alone. This is no stage of dvc.yaml, since it reads several runs:

    dvc exp run --queue -S 'toy_dogs.finetune.seed=1,2,3,4'
    dvc queue start
    dvc queue logs TASK              to look at one, while the runs go on
    python -m stages.trainings

Reads   the workspace, and each experiment of HEAD with the same params.yaml but for finetune.seed: from git and from
        DVC's cache params.yaml, data/iou.parquet, data/claims.parquet, tables/scores.csv, metrics/claims.json,
        plots/iou_by_layer.csv
Writes  tables/trainings.csv     each figure and each claim: every training, their mean, spread and interval
        plots/trainings.svg      the same, each training as a point
        plots/trainings_by_layer.svg  figure 1, with the range of the trainings
Takes   seconds
"""

import json
from collections.abc import Iterator
from typing import Any

import dvc.api
import pandas as pd
from dvc.repo import Repo
from ruamel.yaml import YAML
from tqdm import tqdm

from stages.support import files, params, pipeline
from stages.support.run import run
from wsol.errors import InputError
from wsol.maps.keys import UNREFINED, Key
from wsol.pictures import figures, layer_data
from wsol.scores import trainings

PLOT = {
    "template": "trainings",
    "x": "figure",
    "y": {"trainings": "estimate"},
    "y_label": " ",
}
WORKSPACE = None  # the revision of what is not committed

Revision = str | None


def main() -> str:
    settings = params.read_all()
    check_workspace()
    compared: Key = (settings.map, settings.layer, UNREFINED)
    revisions = revisions_by_seed()
    if len(revisions) < 2:
        raise InputError(
            "Expected experiments of this code that differ from the workspace in "
            f"{settings.dataset}.finetune.seed alone, but there is none: queue some with "
            f"`dvc exp run --queue -S '{settings.dataset}.finetune.seed=1,2,3,4'`, and run `dvc queue start`."
        )
    progress = tqdm(sorted(revisions), "trainings", unit=" trainings", disable=None)
    by_seed = {seed: training(revisions[seed]) for seed in progress}
    table = trainings.table(by_seed, compared, settings.bootstrap.draws, settings.seed)
    files.write_csv("tables/trainings.csv", table)
    title = f"{settings.dataset}: each of {len(by_seed)} trainings, and their mean with its 95 % interval"
    figure = figures.filled(PLOT | {"title": title}, {"trainings": trainings.points(table)}, "", ".dvc/plots")
    files.write_text("plots/trainings.svg", figures.svg(figure))
    files.write_text("plots/trainings_by_layer.svg", figures.svg(by_layer(settings.dataset, revisions)))
    return f"trainings: wrote tables/trainings.csv and plots/trainings*.svg ({len(by_seed)} trainings)"


def by_layer(dataset: str, revisions: dict[int, Revision]) -> str:
    """Figure 1 of all trainings, as a Vega-Lite specification."""
    plot = next(plot for plot in pipeline.vega_plots().values() if plot["template"] == "iou_by_layer")
    (path,) = plot["y"]
    tables = [read_csv(path, revisions[seed]) for seed in sorted(revisions)]
    heading = f"{dataset}, mean of {len(tables)} trainings"
    return figures.filled(plot, {path: layer_data.of_trainings(tables)}, heading, ".dvc/plots")


def read_csv(path: str, revision: Revision) -> pd.DataFrame:
    with dvc.api.open(path, rev=revision) as table:
        return pd.read_csv(table, keep_default_na=False, na_values=[""])  # as `files.read_csv`


def check_workspace() -> None:
    """Raise InputError unless the outputs in the workspace are those of its params.yaml."""
    with Repo() as repo:
        if repo.status():
            raise InputError(
                "Expected the outputs to be those of params.yaml, but `dvc status` names changes: run `dvc repro`."
            )


def revisions_by_seed() -> dict[int, Revision]:
    """The runs with the workspace's params but for the training's seed. The workspace comes before an experiment."""
    here, code = params_of(WORKSPACE), code_of(WORKSPACE)
    runs: dict[int, Revision] = {seed_of(here): WORKSPACE}
    for revision in experiments():
        there = params_of(revision)
        alike = there["dataset"] == here["dataset"] and without_seed(there) == without_seed(here)
        if alike and code_of(revision) == code:
            runs.setdefault(seed_of(there), revision)
    return runs


def experiments() -> Iterator[str]:
    """Revisions of the finished experiments of HEAD."""
    for row in dvc.api.exp_show():
        if row["Experiment"] and row["State"] in (None, "Success"):
            yield row["rev"]


def params_of(revision: Revision) -> dict[str, Any]:
    """params.yaml of a revision."""
    return dict(YAML(typ="safe").load(dvc.api.read("params.yaml", rev=revision)))


def code_of(revision: Revision) -> set[tuple[str, str]]:
    """Path and digest of each source file that a run is of."""
    stages = YAML(typ="safe").load(dvc.api.read("dvc.lock", rev=revision))["stages"].values()
    return {(dep["path"], dep["md5"]) for stage in stages for dep in stage["deps"] if dep["path"].endswith(".py")}


def seed_of(params_yaml: dict[str, Any]) -> int:
    return int(params_yaml[params_yaml["dataset"]]["finetune"].get("seed", 0))


def without_seed(params_yaml: dict[str, Any]) -> dict[str, Any]:
    recipe = params_yaml[params_yaml["dataset"]]
    finetune = {name: value for name, value in recipe["finetune"].items() if name != "seed"}
    return params_yaml | {params_yaml["dataset"]: recipe | {"finetune": finetune}}


def training(revision: Revision) -> trainings.Training:
    """The outputs of a run."""
    with dvc.api.open("data/iou.parquet", rev=revision, mode="rb") as images:
        by_image = pd.read_parquet(images)
    with dvc.api.open("data/claims.parquet", rev=revision, mode="rb") as claims:
        claimed = pd.read_parquet(claims)
    scored = read_csv("tables/scores.csv", revision)
    judged = json.loads(dvc.api.read("metrics/claims.json", rev=revision))
    return trainings.Training(by_image, scored, claimed, {row["claim"]: row["verdict"] for row in judged})


if __name__ == "__main__":
    run(main)
