"""The state of a training after each epoch."""

import pathlib

import keras
import numpy as np
import pandas as pd
import pytest

from stages.support import epochs
from wsol.errors import InputError


def state(losses: list[float]) -> epochs.State:
    return epochs.State(pathlib.Path(), pd.DataFrame({"val_loss": losses}))


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([], False),
        ([1.0], False),
        ([1.0, 0.5, 0.6], False),  # one epoch without a lower loss
        ([1.0, 0.5, 0.6, 0.5], True),  # two; an equal loss is not lower
        ([1.0, 0.5, 0.6, 0.4], False),
        ([1.0, 0.9, 0.8, 0.7, 0.6], True),  # all five epochs
        ([float("nan")] * 2, True),  # none was finite
        ([1.0, float("nan"), float("nan")], True),
    ],
)
def test_finished(losses: list[float], expected: bool) -> None:
    assert epochs.finished(state(losses), epochs=5, patience=2) == expected


def test_a_loss_that_is_never_finite(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="a finite loss on holdout, but it did not: lower learning_rate"):
        epochs.best_weights(epochs.State(tmp_path, pd.DataFrame()))


def callback(folder: pathlib.Path) -> epochs.SaveEpochs:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    saving = epochs.SaveEpochs(folder, epochs=9, patience=2)
    saving.set_model(model)
    return saving


def weight_of(saving: epochs.SaveEpochs, value: float) -> None:
    saving.model.layers[-1].set_weights([np.array([[value]]), np.zeros(1)])


def test_the_best_epochs_weights_are_kept(tmp_path: pathlib.Path) -> None:
    saving = callback(tmp_path)
    for epoch, loss in enumerate([3.0, 1.0, 2.0, 1.5]):
        weight_of(saving, epoch)
        saving.on_epoch_end(epoch, {"loss": 0.0, "val_loss": loss})
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0003"]
    last = epochs.latest(tmp_path)
    assert last.log["val_loss"].tolist() == [3.0, 1.0, 2.0, 1.5]
    saving.model.load_weights(epochs.best_weights(last))
    assert saving.model.layers[-1].get_weights()[0].item() == 1
    assert keras.models.load_model(last.folder / epochs.LAST).layers[-1].get_weights()[0].item() == 3
    assert saving.model.stop_training  # two epochs without a lower loss


def test_an_epoch_that_was_killed_half_way_is_not_there(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving = callback(tmp_path)
    saving.on_epoch_end(0, {"val_loss": 3.0})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for step in ("sync", "inside"):  # before the epoch's folder takes its place
        with monkeypatch.context() as patch:
            patch.setattr(f"stages.support.folders.{step}", killed)
            with pytest.raises(KeyboardInterrupt):
                saving.on_epoch_end(1, {"val_loss": 2.0})
        assert len(epochs.latest(tmp_path).log) == 1
    saving.on_epoch_end(1, {"val_loss": 2.5})
    assert epochs.latest(tmp_path).log["val_loss"].tolist() == [3.0, 2.5]


def test_killed_before_the_epoch_before_is_removed(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saving = callback(tmp_path)
    saving.on_epoch_end(0, {"val_loss": 3.0})
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        saving.on_epoch_end(1, {"val_loss": 2.0})
    assert len(list(tmp_path.glob("epoch-*"))) == 2
    assert len(epochs.latest(tmp_path).log) == 2
