"""The sections of params.yaml as types: what each parameter may be."""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from wsol.boxes import seed_thresholds, thresholds

Count = Annotated[int, Field(ge=1)]
Method = Literal["grad_cam", "grad_cam_pp", "xgrad_cam", "hires_cam", "layer_cam", "activation"]
Threshold = Annotated[float, Field(ge=0, lt=1)]
SeedThreshold = Annotated[float, Field(ge=0, le=1)] | Literal["holdout"]


class Section(BaseModel):
    """A section of params.yaml. Unknown keys are refused and values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


def value_of(section: BaseModel, name: str) -> Any:
    """The value of a key; AttributeError if there is none."""
    # not getattr: a dataset's section may have the name of an attribute of pydantic's models, such as `copy`
    values = vars(section) | (section.__pydantic_extra__ or {})
    if name not in values:
        raise AttributeError(name)
    return values[name]


class Backbone(Section):
    """A network of Keras, by name, or a file with a trained classifier."""

    name: str | None = None
    width: Annotated[float, Field(gt=0, le=4)] = 1.0
    weights: str | None = None
    model: str | None = None

    @model_validator(mode="after")
    def _a_name_or_a_file(self) -> Self:
        if (self.name is None) == (self.model is None) or self.model_fields_set not in (
            {"name", "width", "weights"},
            {"model"},
        ):
            keys = ", ".join(sorted(self.model_fields_set)) or "nothing"
            raise ValueError(f"write either model: FILE.keras alone, or name, width and weights; got {keys}")
        return self

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
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    epochs: Count = 20
    batch_size: Count = 32
    learning_rate: Annotated[float, Field(gt=0)] = 0.0001
    patience: Count = 5
    batch_norm_momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    head: Training = Training(epochs=60, batch_size=64, learning_rate=0.001, patience=10)


class Pictures(Section):
    """Pictures of toy_dogs."""

    seed: Annotated[int, Field(ge=0)]
    train: Annotated[int, Field(ge=2)]
    test: Count


class Tfds(Section):
    """A dataset of TensorFlow Datasets."""

    tfds: str
    folder: str
    train: str = "train"  # names of splits
    test: str | None = None
    label: str | None = None  # names of features
    boxes: str | None = None
    object_values: Annotated[list[int], Field(min_length=1)] | None = None  # of a mask


class Folders(Section):
    """The folder of the pictures of each annotation file."""

    train: str
    test: str


class CocoFiles(Section):
    images: str | Folders
    train: str
    test: str
    duplicates: Literal["leave_out", "keep"] = "leave_out"  # pictures of train that are in test too


class Coco(Section):
    """Annotation files in COCO's detection format."""

    coco: CocoFiles


def _source(download: Any) -> str | None:
    """Which of the sources a `download` is of, by its keys."""
    keys = set(download if isinstance(download, dict) else vars(download) if isinstance(download, Section) else ())
    return next((key for key in ("coco", "tfds", "seed") if key in keys), None)


Download = Annotated[
    Annotated[Pictures, Tag("seed")] | Annotated[Tfds, Tag("tfds")] | Annotated[Coco, Tag("coco")],
    Discriminator(_source),
]


class Recipe(Section):
    """A dataset's section."""

    classes: Literal["all"] | Annotated[list[str], Field(min_length=2)]
    image_size: Annotated[int, Field(ge=32, le=2048)]
    download: Download
    backbone: Backbone
    finetune: Finetune

    @model_validator(mode="after")
    def _a_head_is_trained(self) -> Self:
        if self.finetune.trainable == "none" and self.backbone.model is None:
            raise ValueError(
                "finetune.trainable none needs backbone.model, since a network by name has no trained head"
            )
        return self


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
