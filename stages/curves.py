"""Write the training's scores and curves to where git tracks them.

    python -m stages.curves

Reads   models/training/
Writes  metrics/finetune.json    {fit,holdout,test}.{top1,top5,loss}
        plots/training.csv       columns epoch (from 1; 0 without training), split (fit or holdout), loss, top1
Takes   no time

It is a stage of its own so that all outputs of `finetune` are cached: DVC then restores an earlier training.
"""

import json
import pathlib

import pandas as pd

from stages.support import files
from stages.support.run import run

SPLITS = {"fit": "", "holdout": "val_"}  # the prefixes that Keras gives the names of metrics


def main() -> str:
    folder = pathlib.Path("models/training")
    files.write_json("metrics/finetune.json", json.loads((folder / "scores.json").read_text()))
    log = pd.read_csv(folder / "log.csv")
    files.write_csv("plots/training.csv", pd.concat([of_split(log, split) for split in SPLITS]))
    return f"curves: wrote metrics/finetune.json and plots/training.csv ({len(log)} epochs)"


def of_split(log: pd.DataFrame, split: str) -> pd.DataFrame:
    """A split's columns of Keras's log."""
    prefix = SPLITS[split]
    columns = {"epoch": log["epoch"] + 1, "split": split, "loss": log[f"{prefix}loss"], "top1": log[f"{prefix}top1"]}
    return pd.DataFrame(columns)


if __name__ == "__main__":
    run(main)
