"""A model of the user's in the stages, without a run of the pipeline."""

import json
import pathlib

import pytest

from stages import check, finetune
from stages.support import network, pipeline, recipes, untrained
from stages.support.recipes import Backbone
from wsol.errors import InputError

LAYERS = network.Layers(["a", "b", "c"], ["b", "c"], ["c"], cam=False)


@pytest.mark.parametrize(
    ("classes", "top1", "warned"),
    # chance is 1/10: three times chance is 0.3; chance is 1/2: half way to 1 is 0.75
    [(10, 0.29, True), (10, 0.31, False), (2, 0.74, True), (2, 0.76, False)],
)
def test_a_warning_below_three_times_chance(
    classes: int, top1: float, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    finetune.warn_below_chance(top1, classes, Backbone(model="mine.keras"))
    assert ("order of its classes or its preprocessing may be wrong" in capsys.readouterr().out) == warned
    finetune.warn_below_chance(top1, classes, Backbone(name="ResNet50", width=1.0, weights=None))
    assert not capsys.readouterr().out


def test_the_log_of_a_model_that_is_not_trained() -> None:
    scores = {name: {"top1": top1, "top5": 1.0, "loss": 2.0} for name, top1 in (("fit", 0.5), ("holdout", 0.25))}
    (row,) = finetune.evaluated(scores).to_dict("records")
    assert row == {"epoch": -1, "loss": 2, "top1": 0.5, "val_loss": 2, "val_top1": 0.25}


def test_layers_are_known_again_by_the_content_of_the_model(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = pathlib.Path("mine.keras")
    mine.write_bytes(b"a model")
    key = network.network_key(Backbone(model="mine.keras"), 224)
    pathlib.Path("data/heatmaps").mkdir(parents=True)
    network.write_layers(pathlib.Path("data/heatmaps"), key, LAYERS)
    assert network.read_layers(key) == LAYERS
    assert network.read_layers(network.network_key(Backbone(model="mine.keras"), 448)) is None
    mine.write_bytes(b"another model")
    assert network.read_layers(network.network_key(Backbone(model="mine.keras"), 224)) is None
    mine.unlink()
    with pytest.raises(InputError, match=r"there is no file mine\.keras"):
        network.network_key(Backbone(model="mine.keras"), 224)


def test_a_file_of_an_earlier_version_counts_for_nothing(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path("data/heatmaps").mkdir(parents=True)
    pathlib.Path(network.FILE).write_text(json.dumps({"backbone": "ResNet50", "layers": ["a"], "blocks": ["a"]}))
    assert network.read_layers("ResNet50, 224") is None


def test_features_of_an_earlier_model(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = pathlib.Path("mine.keras")
    mine.write_bytes(b"a model")
    recipe = recipes.Recipe.model_construct(backbone=Backbone(model="mine.keras"))
    pathlib.Path("data/features").mkdir(parents=True)
    pathlib.Path("data/features/weights.txt").write_text(untrained.weights_digest(recipe) + "\n")
    finetune.check_features(recipe)
    mine.write_bytes(b"another model")
    with pytest.raises(InputError, match=r"the features to be of mine\.keras, but the file has changed since: run"):
        finetune.check_features(recipe)


def test_what_heatmaps_layers_stands_for() -> None:
    assert check.sweep_of("all", LAYERS) == ["b", "c"]
    assert check.sweep_of("stages", LAYERS) == ["c"]
    assert check.sweep_of(["a"], LAYERS) == ["a"]


def test_what_a_run_deletes() -> None:
    outputs = pipeline.outputs("toy_dogs")
    assert {"models/classifier.keras", "data/toy_dogs", "plots/training.csv", "metrics/finetune.json"} <= set(outputs)
