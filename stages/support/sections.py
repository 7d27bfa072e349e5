"""The sections of params.yaml as types: what each parameter may be."""

from typing import Annotated, Literal, Self, cast

from pydantic import ConfigDict, Field, model_validator

from stages.support.recipes import Count, Recipe, Section, value_of
from wsol.boxes import seed_thresholds, thresholds

Method = Literal["grad_cam", "grad_cam_pp", "xgrad_cam", "hires_cam", "layer_cam", "activation"]
Threshold = Annotated[float, Field(ge=0, lt=1)]
SeedThreshold = Annotated[float, Field(ge=0, le=1)] | Literal["holdout"]


class Heatmaps(Section):
    methods: Annotated[list[Method], Field(min_length=1)]
    layers: Literal["all", "stages"] | Annotated[list[str], Field(min_length=1)]
    target: Literal["ground_truth", "predicted"]
    score: Literal["logit", "softmax"]
    relu: bool
    fusion: Literal["mean", "none"]
    image_size: Annotated[int, Field(ge=32, le=2048)] | None
    precision: Literal["float32", "bfloat16"]
    batch_size: Count

    @model_validator(mode="after")
    def _methods_once(self) -> Self:
        if len(set(self.methods)) < len(self.methods):
            raise ValueError(f"methods names a method twice ({', '.join(self.methods)}): name each once")
        return self


class Thresholds(Section):
    step: Annotated[float, Field(ge=0.0001, lt=1)]
    also: list[Threshold]


class Boxes(Section):
    thresholds: Thresholds
    component: Literal["largest", "first"]
    rectangle: Literal["upright", "rotated"]


class Refine(Section):
    method: Literal["grabcut", "none"]
    maps: Annotated[list[str], Field(min_length=1)]
    low: SeedThreshold
    high: SeedThreshold
    iterations: Count
    side: Annotated[int, Field(ge=32, le=2048)] | None

    @model_validator(mode="after")
    def _maps_have_a_layer(self) -> Self:
        for name in self.maps:
            if name.startswith("cam/"):
                raise ValueError(f"maps lists {name!r}: write cam, which has a single layer")
            if name != "cam" and "" in name.partition("/"):
                raise ValueError(f"maps lists {name!r}: write MAP/LAYER; only cam has a single layer")
        if repeated := [name for name in self.maps if self.maps.count(name) > 1]:
            raise ValueError(f"maps lists {repeated[0]} twice: remove one")
        return self

    @model_validator(mode="after")
    def _low_is_below_high(self) -> Self:
        seed_thresholds.pairs(self.low, self.high)
        return self


class Selection(Section):
    images: Count
    thresholds: Annotated[list[Threshold], Field(min_length=1)]


class Bootstrap(Section):
    draws: Annotated[int, Field(ge=100)]


class Params(Section):
    """All of params.yaml. Every key that is not a field is the section of a dataset."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, Recipe]

    map: Method
    layer: str
    threshold: Threshold
    dataset: str
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    holdout: Annotated[float, Field(gt=0, lt=1)]
    ground_truth: Literal["best", "first"]
    heatmaps: Heatmaps
    boxes: Boxes
    refine: Refine
    selection: Selection
    bootstrap: Bootstrap
    toy_dogs: Recipe
    stanford_dogs: Recipe

    @property
    def recipe(self) -> Recipe:
        """The section that `dataset` names."""
        return cast(Recipe, value_of(self, self.dataset))

    @property
    def canvas_size(self) -> int:
        """Side of the square on which boxes are drawn: the pictures' size in the network that draws the maps."""
        return self.heatmaps.image_size or self.recipe.image_size

    @model_validator(mode="after")
    def _dataset_has_a_section(self) -> Self:
        sections = ("toy_dogs", "stanford_dogs", *self.__pydantic_extra__)
        if self.dataset not in sections:
            raise ValueError(f"dataset {self.dataset} names none of the sections {', '.join(sections)}: add a section")
        return self

    @model_validator(mode="after")
    def _map_is_drawn(self) -> Self:
        if self.map not in self.heatmaps.methods:
            methods = ", ".join(self.heatmaps.methods)
            raise ValueError(f"map {self.map} is not among heatmaps.methods ({methods}): add it, or set map to one")
        if self.layer == "all" and self.heatmaps.fusion == "none":
            raise ValueError("layer all needs heatmaps.fusion mean: set it, or set layer to a layer")
        return self

    @model_validator(mode="after")
    def _on_the_grid(self) -> Self:
        grid = thresholds.grid(self.boxes.thresholds.step, self.boxes.thresholds.also)
        thresholds.index_of(grid, self.threshold)
        return self
