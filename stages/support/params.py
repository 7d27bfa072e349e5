"""params.yaml: what each parameter may be, and the part of it that a stage has declared.

Every stage checks the whole file before it works, so that a slip in a later stage's
parameter does not cost a training run.
"""

import difflib
import pathlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import dvc.api
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML, YAMLError

from wsol.errors import InputError

Count = Annotated[int, Field(ge=1)]
Threshold = Annotated[float, Field(ge=0, lt=1)]


class Section(BaseModel):
    """A section of params.yaml, with no key too many or too few, and no value converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Backbone(Section):
    name: str
    width: Annotated[float, Field(gt=0, le=4)]
    weights: str | None

    @model_validator(mode="after")
    def _weights_fit(self) -> Self:
        if self.weights is not None and self.width != 1:
            raise ValueError(f"weights exist for width 1 alone, got width {self.width}: set weights to null")
        return self


class Training(Section):
    epochs: Count
    batch_size: Count
    learning_rate: Annotated[float, Field(gt=0)]
    patience: Count


class Finetune(Training):
    trainable: str
    batch_norm_momentum: Annotated[float, Field(ge=0, lt=1)]
    head: Training


class Pictures(Section):
    seed: Annotated[int, Field(ge=0)]
    train: Annotated[int, Field(ge=2)]
    test: Count


class Archives(Section):
    folder: str


class Recipe(Section):
    image_size: Annotated[int, Field(ge=32, le=2048)]
    backbone: Backbone
    finetune: Finetune


class ToyDogs(Recipe):
    download: Pictures


class StanfordDogs(Recipe):
    download: Archives


class Heatmaps(Section):
    layers: Literal["all"] | Annotated[list[str], Field(min_length=1)]
    target: Literal["ground_truth", "predicted"]
    score: Literal["logit", "softmax"]
    relu: bool
    batch_size: Count


class Thresholds(Section):
    step: Annotated[float, Field(ge=0.0001, lt=1)]
    also: list[Threshold]


class Boxes(Section):
    thresholds: Thresholds
    component: Literal["largest", "first"]
    rectangle: Literal["upright", "rotated"]


class Bootstrap(Section):
    draws: Annotated[int, Field(ge=100)]


class Params(Section):
    layer: str
    threshold: Threshold
    dataset: Literal["toy_dogs", "stanford_dogs"]
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    holdout: Annotated[float, Field(gt=0, lt=1)]
    ground_truth: Literal["best", "first"]
    heatmaps: Heatmaps
    boxes: Boxes
    bootstrap: Bootstrap
    toy_dogs: ToyDogs
    stanford_dogs: StanfordDogs

    @model_validator(mode="after")
    def _on_the_grid(self) -> Self:
        threshold_index(grid(self.boxes.thresholds.model_dump()), self.threshold)
        return self


def grid(thresholds: dict[str, Any]) -> list[float]:
    """The thresholds, ascending, that `boxes.thresholds` stands for: `step`, its multiples below 1, and `also`."""
    multiples = np.arange(thresholds["step"], 1 - 1e-9, thresholds["step"])
    return np.unique(np.round([*multiples, *thresholds["also"]], 9)).tolist()


def threshold_index(thresholds: Sequence[float] | np.ndarray, threshold: float) -> int:
    """Where a threshold stands on the grid; ValueError if it does not."""
    found = np.flatnonzero(np.isclose(thresholds, threshold, rtol=0, atol=1e-9))
    if not len(found):
        raise ValueError(f"threshold {threshold} is not on the grid: add it to boxes.thresholds.also")
    return int(found[0])


def read(stage: str) -> dict[str, Any]:
    """The params that dvc.yaml declares for a stage, after checking all there are.

    Raises:
        InputError: a parameter is missing, unknown or out of its range.
    """
    everything()
    return dvc.api.params_show(stages=stage)


def everything() -> dict[str, Any]:
    """All of params.yaml, checked; for checks alone, since a stage works with what it declares."""
    try:
        params = YAML(typ="safe").load(pathlib.Path("params.yaml"))
    except (OSError, YAMLError) as error:
        raise InputError(
            f"Expected a readable params.yaml in the current folder: {str(error).splitlines()[0]}."
        ) from error
    check(params)
    return params


def check_layers(known: Sequence[str], blocks: Sequence[str]) -> None:
    """Raise InputError unless every layer that params.yaml names is there to be used.

    Args:
        known: all layers of the backbone.
        blocks: those that `heatmaps.layers: all` stands for.
    """
    params = everything()
    trainable = params[params["dataset"]]["finetune"]["trainable"]
    sweep = blocks if params["heatmaps"]["layers"] == "all" else params["heatmaps"]["layers"]
    for layer in sweep:
        check_layer("heatmaps.layers", layer, known, "the backbone")
    if trainable not in ("all", "head"):
        check_layer("finetune.trainable", trainable, known, "the backbone")
    check_layer("layer", params["layer"], sweep, "heatmaps.layers")


def check_layer(name: str, layer: str, known: Sequence[str], where: str) -> None:
    """Raise InputError, naming the nearest layers, unless `layer` is a known one."""
    if layer not in known:
        nearest = ", ".join(difflib.get_close_matches(layer, known, n=3, cutoff=0))
        raise InputError(f"Expected {name} to name a layer of {where}; got {layer!r}, nearest are {nearest}.")


def check(params: dict[str, Any]) -> None:
    """Raise InputError for the first parameter that is missing, unknown or out of its range."""
    if not isinstance(params, dict):
        raise InputError(f"Expected params.yaml to hold parameters by name; got {params!r}: put it back as it was.")
    try:
        Params.model_validate(params)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        wish = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        if first["loc"][:2] == ("heatmaps", "layers"):
            name, wish = "heatmaps.layers", "all or a list of layers, at least one"
        raise InputError(_sentence(name, wish, first)) from error


def _sentence(name: str, wish: str, error: Any) -> str:
    if error["type"] == "value_error":
        return f"Expected params.yaml to agree with itself, but {name + ': ' if name else ''}{wish}."
    if error["type"] == "extra_forbidden":
        return f"Expected no parameter {name} in params.yaml: remove it, or correct its name."
    if error["type"] == "missing":
        return f"Expected a parameter {name} in params.yaml, but there is none: add it."
    return f"Expected {name} to be {wish}; got {error['input']!r}: correct it in params.yaml."
