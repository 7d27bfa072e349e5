"""Write the training's scores and curves to where git tracks them.

    python -m stages.curves

Reads   models/training/
Writes  metrics/finetune.json    {fit,holdout,test}.{top1,top5,loss}
        plots/training.csv       columns epoch (from 1; 0 without training), split, loss, top1, and when: `during`
                                 training (fit, which may be augmented, and holdout), or `after` it (also test; scores
                                 of metrics/finetune.json, behind the last epoch)
Takes   no time

It is a stage of its own so that all outputs of `finetune` are cached: DVC then restores an earlier training.
"""

import pandas as pd

from stages.support import files
from stages.support.run import run

FOLDER = "models/training"
SPLITS = {"fit": "", "holdout": "val_"}  # the prefixes that Keras gives the names of metrics


def main() -> str:
    scores, log = files.read_json(f"{FOLDER}/scores.json"), files.read_csv(f"{FOLDER}/log.csv")
    files.write_json("metrics/finetune.json", scores)
    during = [of_split(log, split) for split in SPLITS]
    files.write_csv("plots/training.csv", pd.concat([*during, after_training(scores, len(log))]))
    return f"curves: wrote metrics/finetune.json and plots/training.csv ({len(log)} epochs)"


def of_split(log: pd.DataFrame, split: str) -> pd.DataFrame:
    """A split's columns of Keras's log."""
    prefix = SPLITS[split]
    columns = {"epoch": log["epoch"] + 1, "split": split, "loss": log[f"{prefix}loss"], "top1": log[f"{prefix}top1"]}
    return pd.DataFrame(columns).assign(when="during")


def after_training(scores: dict[str, dict[str, float]], epochs: int) -> pd.DataFrame:
    """The scores of the weights that are kept, on images without augmentation."""
    end = epochs + max(0.5, 0.04 * epochs)  # leaves room between the last epoch and the end
    rows = [{"epoch": end, "split": split, **row, "when": "after"} for split, row in scores.items()]
    return pd.DataFrame(rows)[["epoch", "split", "loss", "top1", "when"]]


if __name__ == "__main__":
    run(main)
