"""A dataset's section of params.yaml as types: its pictures, network and training."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

Count = Annotated[int, Field(ge=1)]


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

    @property
    def used_seed(self) -> int | None:
        """The seed, or None where nothing is trained."""
        return None if self.trainable == "none" else self.seed


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
