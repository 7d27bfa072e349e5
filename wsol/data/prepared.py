"""The dataset that every source ends in: writing it, and recognising it."""

import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from wsol.data.datasets import CATEGORY_IDS

Example = dict[str, Any]
VERSION = "1.0.0"
ANNOTATED_SIZE = "image/annotated_size"


def features(names: Sequence[str], image_ids: bool, annotated_sizes: bool = False) -> tfds.features.FeaturesDict:
    """The features of a prepared dataset.

    Args:
        names: of the classes.
        image_ids: whether it has the feature `image/id`, the id in the source as JSON.
        annotated_sizes: whether it has the feature ANNOTATED_SIZE, (2,) int32, height and width in the annotation,
            pixels. The picture itself may be a resized copy.
    """
    ids = {"image/id": tfds.features.Text()} if image_ids else {}
    sizes = {ANNOTATED_SIZE: tfds.features.Tensor(shape=(2,), dtype=np.int32)} if annotated_sizes else {}
    return tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(),
            "image/filename": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=list(names)),
            "objects": tfds.features.Sequence({"bbox": tfds.features.BBoxFeature()}),
            **ids,
            **sizes,
        }
    )


def is_uniform(builder: tfds.core.DatasetBuilder) -> bool:
    """Whether a dataset has the features and the splits of a prepared one already."""
    spec = builder.info.features
    if set(builder.info.splits) != {"train", "test"} or set(spec) != {"image", "image/filename", "label", "objects"}:
        return False
    boxes = getattr(spec["objects"], "feature", None)
    return (
        isinstance(spec["image/filename"], tfds.features.Text)
        and isinstance(spec["label"], tfds.features.ClassLabel)
        and isinstance(boxes, tfds.features.FeaturesDict)
        and set(boxes) == {"bbox"}
        and isinstance(boxes["bbox"], tfds.features.BBoxFeature)
    )


def example(
    encoded: bytes,
    file_name: str,
    label: int,
    boxes_yxyx: np.ndarray,
    image_id: int | str | None = None,
    annotated_size: tuple[float, float] | None = None,
) -> Example:
    """An example of a prepared dataset, as TFDS encodes it.

    Args:
        encoded: JPEG or PNG.
        file_name: of the picture.
        label: index of the class.
        boxes_yxyx: (boxes, 4) float, fractions of the image.
        image_id: in the source, if it has one.
        annotated_size: height and width in the annotation, pixels, if it has them.
    """
    ids = {} if image_id is None else {"image/id": json.dumps(image_id)}
    sizes = {} if annotated_size is None else {ANNOTATED_SIZE: [round(side) for side in annotated_size]}
    objects = [{"bbox": tfds.features.BBox(*box)} for box in np.asarray(boxes_yxyx, float).reshape(-1, 4).tolist()]
    return {"image": encoded, "image/filename": file_name, "label": label, "objects": objects, **ids, **sizes}


def write(
    folder: pathlib.Path,
    name: str,
    spec: tfds.features.FeaturesDict,
    splits: Mapping[str, Iterable[tuple[str | int, Example]]],
    ordered: bool,
) -> tfds.core.DatasetBuilder:
    """Write a prepared dataset.

    Args:
        folder: TFDS makes `name`/VERSION in it.
        name: of the dataset.
        spec: as `features` gives it.
        splits: from `train` and `test` to (key, example). They are read one after the other, in the dict's order.
        ordered: keep the order of the examples. Otherwise it is that of a hash of the keys and the split's name.
    """
    return tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version=VERSION,
        features=spec,
        split_datasets=splits,
        data_dir=folder,
        description="Pictures with a class each, and boxes of their objects.",
        disable_shuffling=ordered,
    )


def write_category_ids(folder: pathlib.Path, ids: Sequence[int | str]) -> None:
    """Write the source's ids of the classes, in the order of the labels, into a prepared dataset's folder."""
    (folder / CATEGORY_IDS).write_text(json.dumps(list(ids)) + "\n", encoding="utf8")
