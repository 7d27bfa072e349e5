import copy
import pathlib
from typing import Any

import pytest
from ruamel.yaml import YAML

from stages.support import params
from wsol.errors import InputError


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return YAML(typ="safe").load(pathlib.Path("params.yaml"))


def changed(committed: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    everything = copy.deepcopy(committed)
    *sections, last = name.split(".")
    section = everything
    for part in sections:
        section = section[part]
    section[last] = value
    return everything


def test_the_committed_params_pass(committed: dict[str, Any]) -> None:
    params.check(committed)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("dataset", "cats", "Expected dataset to be 'toy_dogs' or 'stanford_dogs'; got 'cats'"),
        ("threshold", 1.0, "Expected threshold to be less than 1; got 1.0"),
        ("threshold", 0.123, "threshold 0.123 is not on the grid: add it to boxes.thresholds.also"),
        ("threshold", "1e-1", "Expected threshold to be a valid number; got '1e-1'"),
        ("seed", -1, "Expected seed to be greater than or equal to 0; got -1"),
        ("holdout", 0, "Expected holdout to be greater than 0; got 0"),
        ("ground_truth", "last", "Expected ground_truth to be 'best' or 'first'; got 'last'"),
        ("heatmaps.target", "dog", "Expected heatmaps.target to be 'ground_truth' or 'predicted'; got 'dog'"),
        ("heatmaps.layers", "some", "Expected heatmaps.layers to be all or a list of layers, at least one; got 'some'"),
        ("heatmaps.layers", [], "Expected heatmaps.layers to be all or a list of layers, at least one; got []"),
        ("heatmaps.batch_size", 0, "Expected heatmaps.batch_size to be greater than or equal to 1; got 0"),
        ("boxes.thresholds.also", [0.1, 1.5], "Expected boxes.thresholds.also.1 to be less than 1; got 1.5"),
        ("boxes.thresholds.step", 0, "Expected boxes.thresholds.step to be greater than or equal to 0.0001; got 0"),
        ("seed", 2**32, "Expected seed to be less than 4294967296"),
        ("boxes.rectangle", "round", "Expected boxes.rectangle to be 'upright' or 'rotated'; got 'round'"),
        ("toy_dogs.image_size", 16, "Expected toy_dogs.image_size to be greater than or equal to 32; got 16"),
        ("toy_dogs.finetune.epochs", 2.5, "Expected toy_dogs.finetune.epochs to be a valid integer; got 2.5"),
        ("toy_dogs.backbone.weights", "imagenet", "weights exist for width 1 alone, got width 0.25"),
        ("boxes.treshold", 1, "Expected no parameter boxes.treshold in params.yaml"),
    ],
)
def test_a_slip_is_named(committed: dict[str, Any], name: str, value: Any, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        params.check(changed(committed, name, value))
    assert sentence in str(error.value)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_a_missing_parameter_is_named(committed: dict[str, Any]) -> None:
    everything = copy.deepcopy(committed)
    del everything["boxes"]["component"]
    with pytest.raises(InputError, match=r"Expected a parameter boxes\.component in params\.yaml, but there is none"):
        params.check(everything)


@pytest.mark.parametrize("content", [None, "layer: [", "- a list"])
def test_no_readable_params(content: str | None, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        pathlib.Path("params.yaml").write_text(content)
    with pytest.raises(InputError, match=r"params\.yaml"):
        params.everything()


def test_an_unknown_layer_gets_the_nearest_names() -> None:
    known = ["conv3_block3_out", "conv3_block4_out", "pool1_pool"]
    with pytest.raises(InputError, match=r"got 'conv3_blok3_out', nearest are conv3_block3_out, conv3_block4_out"):
        params.check_layer("layer", "conv3_blok3_out", known, "the backbone")


def test_thresholds_stand_on_the_grid() -> None:
    assert params.threshold_index([0.005, 0.1, 0.3], 0.1) == 1
    assert params.threshold_index([0.1 + 0.2], 0.3) == 0  # 0.30000000000000004


def test_the_grid_is_the_multiples_of_its_step_and_what_is_added() -> None:
    assert params.grid({"step": 0.25, "also": [0.1, 0.25]}) == [0.1, 0.25, 0.5, 0.75]
    assert params.grid({"step": 0.3, "also": []}) == [0.3, 0.6, 0.9]
    committed = params.grid({"step": 0.01, "also": [0.005]})
    assert (len(committed), committed[0], committed[10], committed[-1]) == (100, 0.005, 0.1, 0.99)
