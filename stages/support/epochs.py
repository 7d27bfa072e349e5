"""The state of a training after each epoch, from which a stopped one is resumed."""

import pathlib
import shutil
import sys
from typing import Any, NamedTuple

import stages.support.quiet  # noqa: F401

import keras
import numpy as np
import pandas as pd

from stages.support.folders import replace
from wsol.errors import InputError

LAST = "last.keras"  # the model after the epoch, with its optimizer
BEST = "best.weights.h5"  # the weights of the epoch with the lowest loss on holdout
LOG = "log.csv"  # one row an epoch


class State(NamedTuple):
    """The state after an epoch, or before the first one."""

    folder: pathlib.Path
    log: pd.DataFrame  # epoch, loss, top1, val_loss, val_top1


def latest(folder: pathlib.Path) -> State:
    """The state after the last whole epoch. Each epoch has a folder, which appears whole."""
    done = sorted(folder.glob("epoch-*[0-9]"))
    return State(done[-1], pd.read_csv(done[-1] / LOG)) if done else State(folder, pd.DataFrame())


def finished(state: State, epochs: int, patience: int) -> bool:
    """Whether all epochs are done, or the loss on holdout has not fallen for `patience` epochs."""
    done = len(state.log)
    return done >= epochs or (done > 1 and done - 1 - _best(state.log) >= patience)


def _best(log: pd.DataFrame) -> int:
    """The epoch with the lowest loss on holdout; -1 if no loss was finite."""
    losses = log["val_loss"].to_numpy(float)
    return int(np.nanargmin(losses)) if np.isfinite(losses).any() else -1


def best_weights(state: State) -> pathlib.Path:
    """The file of the best weights.

    Raises:
        InputError: the loss on holdout was never finite.
    """
    if not (state.folder / BEST).is_file():
        raise InputError("Expected training to reach a finite loss on holdout, but it did not: lower learning_rate.")
    return state.folder / BEST


class SaveEpochs(keras.callbacks.Callback):
    """Saves the state after each epoch and stops the training when it is `finished`."""

    def __init__(self, folder: pathlib.Path, epochs: int, patience: int) -> None:
        """See `finished`."""
        super().__init__()
        self.folder, self.epochs, self.patience = folder, epochs, patience

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the epoch's folder, and remove the one before it."""
        before = latest(self.folder)
        log = pd.concat([before.log, pd.DataFrame([{"epoch": epoch} | (logs or {})])], ignore_index=True)
        part = self.folder / "partial.epoch"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        log.to_csv(part / LOG, index=False)
        self.model.save(part / LAST)
        if _best(log) == epoch:
            self.model.save_weights(part / BEST)
        elif (before.folder / BEST).is_file():
            shutil.copy(before.folder / BEST, part / BEST)
        replace(part, str(self.folder / f"epoch-{epoch:04}"))
        if len(before.log):
            shutil.rmtree(before.folder)
        if finished(latest(self.folder), self.epochs, self.patience):
            self.model.stop_training = True


def verbosity() -> int:
    """Of Keras: a progress bar on a terminal, a line an epoch elsewhere."""
    return 1 if sys.stdout.isatty() else 2
