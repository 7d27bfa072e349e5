"""Tiny TFDS datasets with the features of well-known ones, stored where `download.tfds` looks for prepared ones."""

import pathlib
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from coco_folders import png

from stages import download
from stages.support import recipes
from wsol.data import datasets

F = tfds.features
BOX = F.BBox(0.25, 0.25, 0.75, 0.75)  # ymin, xmin, ymax, xmax
SMALL = F.BBox(0.0, 0.0, 0.25, 0.25)
NONE = F.BBox(0.0, 0.0, 0.0, 0.0)
NAMES = ["ant", "bee", "cow"]
HEIGHT, WIDTH = 20, 40  # of every picture

MASK = np.zeros((HEIGHT, WIDTH, 1), np.uint8)  # rows 5 to 14 and columns 10 to 29: the same fractions as BOX
MASK[5:15, 10:30] = 255
TRIMAP = np.where(MASK, 1, 2).astype(np.uint8)  # of oxford_iiit_pet: 1 the pet, 2 the background, 3 its outline
TRIMAP[4, 10:30] = 3


def features(**spec: Any) -> tfds.features.FeaturesDict:
    return F.FeaturesDict({"image": F.Image(), **spec})


LABEL = F.ClassLabel(names=NAMES)
SPECS = {
    "stanford_dogs": features(
        **{"image/filename": F.Text()}, label=LABEL, objects=F.Sequence({"bbox": F.BBoxFeature()})
    ),
    "caltech_birds2011": features(
        **{"image/filename": F.Text(), "label_name": F.Text()},
        label=LABEL,
        bbox=F.BBoxFeature(),
        segmentation_mask=F.Image(shape=(None, None, 1)),
    ),
    "cars196": features(id=F.Text(), label=LABEL, bbox=F.BBoxFeature()),
    "oxford_iiit_pet": features(
        label=LABEL,
        species=F.ClassLabel(names=["Cat", "Dog"]),
        file_name=F.Text(),
        segmentation_mask=F.Image(shape=(None, None, 1), use_colormap=True),
        head_bbox=F.BBoxFeature(),
    ),
    "voc": features(
        **{"image/filename": F.Text()},
        objects=F.Sequence(
            {
                "label": LABEL,
                "bbox": F.BBoxFeature(),
                "pose": F.ClassLabel(names=["frontal", "left"]),
                "is_difficult": np.bool_,
            }
        ),
        labels=F.Sequence(LABEL),
    ),
    "coco": features(
        **{"image/filename": F.Text(), "image/id": np.int64},
        objects=F.Sequence({"id": np.int64, "bbox": F.BBoxFeature(), "label": LABEL, "is_crowd": np.bool_}),
    ),
    "imagenet": features(file_name=F.Text(), label=LABEL),
    "boxes": features(label=LABEL, bboxes=F.Sequence(F.BBoxFeature())),
}


def annotation(spec: str, number: int) -> dict[str, Any]:
    """The annotation of a picture: classes by turns, and BOX or a mask of the same box."""
    name, label = f"p{number}.png", number % 3
    of_object = {"label": label, "bbox": BOX, "pose": 0, "is_difficult": False, "id": number, "is_crowd": False}
    return {
        "image/filename": name,
        "file_name": name,
        "id": name,
        "image/id": 70 + number,
        "label": label,
        "label_name": NAMES[label],
        "species": 1,
        "bbox": BOX,
        "bboxes": [BOX, SMALL],
        "head_bbox": SMALL if number % 2 else NONE,
        "segmentation_mask": TRIMAP if spec == "oxford_iiit_pet" else MASK,
        "labels": [label],
        "objects": [{name: of_object[name] for name in SPECS[spec]["objects"].feature}]
        if "objects" in SPECS[spec]
        else [],
    }


def example(spec: str, number: int, **changes: Any) -> dict[str, Any]:
    """An example of a dataset of SPECS."""
    everything = {"image": png(number, (WIDTH, HEIGHT))} | annotation(spec, number) | changes
    return {name: everything[name] for name in SPECS[spec]}


def store(folder: pathlib.Path, spec: str, splits: dict[str, list[dict[str, Any]]]) -> tfds.core.DatasetBuilder:
    """Prepare a dataset named `tiny`, as TFDS does."""
    numbered = {name: [(str(number), row) for number, row in enumerate(rows)] for name, rows in splits.items()}
    return tfds.dataset_builders.store_as_tfds_dataset(
        name="tiny", version="1.0.0", features=SPECS[spec], split_datasets=numbered, data_dir=folder
    )


def prepare(folder: pathlib.Path, classes: list[str] | str = "all", **options: Any) -> tuple[Any, list[str]]:
    """What the stage `download` makes of the dataset `tiny` in the folder, and what it says."""
    source = recipes.Tfds(tfds="tiny", folder=str(folder), **options)
    recipe = recipes.Recipe.model_construct(download=source, classes=classes)
    builder, remarks = download.prepare(folder / "work", "mine", recipe)
    return datasets.load(str(builder.data_path)), remarks


def examples(spec: str) -> dict[str, list[dict[str, Any]]]:
    """Six pictures to train on and three to test on."""
    return {
        "train": [example(spec, number) for number in range(6)],
        "test": [example(spec, number) for number in range(6, 9)],
    }
