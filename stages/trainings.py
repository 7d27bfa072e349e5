"""Compare trainings that differ in their seed alone. This is no stage of dvc.yaml, since it reads several runs:

    dvc exp run --queue -S 'toy_dogs.finetune.seed=1,2,3,4'
    dvc queue start
    dvc queue logs TASK              to look at one, while the runs go on
    python -m stages.trainings

Reads   the workspace, and each experiment of HEAD with the same params.yaml but for finetune.seed: from git and from
        DVC's cache params.yaml, data/iou.parquet, data/claims.parquet, tables/scores.csv, metrics/claims.json
Writes  tables/trainings.csv     each figure and each claim: every training, their mean, spread and interval
        plots/trainings.svg      the same, each training as a point
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

from stages.support import files, params
from stages.support.folders import aside
from stages.support.run import run
from wsol.errors import InputError
from wsol.maps.keys import UNREFINED, Key
from wsol.pictures import figures
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
            f"Expected experiments that differ from the workspace in {settings.dataset}.finetune.seed alone, but there "
            f"is none: queue some with `dvc exp run --queue -S '{settings.dataset}.finetune.seed=1,2,3,4'`, and run "
            "`dvc queue start`."
        )
    progress = tqdm(sorted(revisions), "trainings", unit=" trainings", disable=None)
    by_seed = {seed: training(revisions[seed]) for seed in progress}
    table = trainings.table(by_seed, compared, settings.bootstrap.draws, settings.seed)
    files.write_csv("tables/trainings.csv", table)
    title = f"{settings.dataset}: each of {len(by_seed)} trainings, and their mean with its 95 % interval"
    figure = figures.filled(PLOT | {"title": title}, {"trainings": trainings.points(table)}, "", ".dvc/plots")
    with aside("plots/trainings.svg") as part:
        part.write_text(figures.svg(figure), encoding="utf8")
    return f"trainings: wrote tables/trainings.csv and plots/trainings.svg ({len(by_seed)} trainings)"


def check_workspace() -> None:
    """Raise InputError unless the outputs in the workspace are those of its params.yaml."""
    with Repo() as repo:
        if repo.status():
            raise InputError(
                "Expected the outputs to be those of params.yaml, but `dvc status` names changes: run `dvc repro`."
            )


def revisions_by_seed() -> dict[int, Revision]:
    """The runs with the workspace's params but for the training's seed. The workspace comes before an experiment."""
    here = params_of(WORKSPACE)
    runs: dict[int, Revision] = {seed_of(here): WORKSPACE}
    for revision in experiments():
        there = params_of(revision)
        if there["dataset"] == here["dataset"] and without_seed(there) == without_seed(here):
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
    with dvc.api.open("tables/scores.csv", rev=revision) as scores:
        scored = pd.read_csv(scores)
    judged = json.loads(dvc.api.read("metrics/claims.json", rev=revision))
    return trainings.Training(by_image, scored, claimed, {row["claim"]: row["verdict"] for row in judged})


if __name__ == "__main__":
    run(main)
