"""The table of the run at the top of the page."""

import types
from typing import Any

import pytest

from stages import report
from stages.support.recipes import Backbone, Finetune
from wsol.pictures import run_data

DEFAULTS = {name: default for name, (default, _) in run_data.FURTHER.items()}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"heatmaps.layers": "stages"}, ["layers: stages"]),
        ({"heatmaps.methods": ["hires_cam", "activation"]}, ["maps of hires_cam, activation"]),
        ({"boxes.thresholds.step": 0.05}, ["thresholds in steps of 0.05"]),
        ({"boxes.thresholds.also": []}, ["single thresholds: none"]),
        ({"refine.maps": ["cam"]}, ["refined maps: cam"]),
        ({"refine.low": 0.2}, ["0.2 as GrabCut's low seed threshold"]),
        # without refined boxes no other choice of refine is used
        ({"refine.method": "none", "refine.low": 0.2, "refine.maps": ["cam"]}, ["no refined boxes"]),
    ],
)
def test_further_choices(changed: dict[str, Any], words: list[str]) -> None:
    assert run_data.further(DEFAULTS | changed) == words


def test_a_network_that_is_not_trained_has_no_seed() -> None:
    assert Finetune(trainable="head", seed=3).used_seed == 3
    assert Finetune(trainable="none", seed=3).used_seed is None


@pytest.mark.parametrize(
    ("trainable", "words"),
    [
        ("none", "birds.keras, as it is"),
        ("head", "birds.keras, the head trained"),
        ("all", "birds.keras, all layers trained"),
        ("conv5", "birds.keras, trained from conv5 on"),
    ],
)
def test_a_model_of_the_users(trainable: str, words: str) -> None:
    recipe = types.SimpleNamespace(backbone=Backbone(model="birds.keras"), finetune=Finetune(trainable=trainable))
    assert report.network(recipe) == words  # type: ignore[arg-type]
