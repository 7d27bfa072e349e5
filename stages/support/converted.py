"""Convert a dataset that TFDS has prepared into the pipeline's prepared dataset, in the same order."""

import pathlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import stages.support.quiet  # noqa: F401

import numpy as np
import tensorflow_datasets as tfds

from stages.support import left_out, recipes
from stages.support.left_out import Row
from wsol.data import annotations, objects, pictures, prepared
from wsol.errors import InputError


class Source(NamedTuple):
    """Where the examples come from, and what is taken from them."""

    builder: tfds.core.DatasetBuilder
    where: annotations.Annotation
    object_values: list[int] | None
    new_labels: np.ndarray  # (classes,) int, as `wsol.data.objects.relabelling` gives them


class Log(NamedTuple):
    """What is noted of the pictures while they are read."""

    left_out: list[Row]
    unlabelled: list[str]
    several: list[str]


def convert(
    builder: tfds.core.DatasetBuilder, folder: pathlib.Path, name: str, recipe: recipes.Tfds, classes: list[str] | str
) -> tuple[tfds.core.DatasetBuilder, list[str]]:
    """Prepare a dataset in `folder`.

    Args:
        builder: a dataset that TFDS has prepared.
        folder: the workspace.
        name: of the dataset.
        recipe: which splits and features are meant.
        classes: names, or `all`.

    Returns:
        The dataset, and sentences about what was left out.

    Raises:
        InputError: a split or a feature is missing, or more than a tenth of the pictures cannot be used.
    """
    keys = builder.info.supervised_keys
    supervised = keys[1] if keys and isinstance(keys[1], str) else None
    where = annotations.annotation(builder.info.features, supervised, recipe.label, recipe.boxes)
    source = Source(builder, where, recipe.object_values, objects.relabelling(where.names, classes))
    log = Log([], [], [])
    path = folder / left_out.FILE
    names_of_splits = split_names(builder, recipe).items()
    splits = {split: examples(source, split, source_split, log, path) for split, source_split in names_of_splits}
    names = [label for label, new in zip(where.names, source.new_labels, strict=True) if new >= 0]
    image_ids = _has_ids(builder.info.features)
    converted = prepared.write(folder, name, prepared.features(names, image_ids), splits, ordered=True)
    left_out.write(converted.data_path / left_out.FILE, log.left_out)
    return converted, left_out.summary(name, len(log.left_out), len(log.unlabelled), len(log.several))


def split_names(builder: tfds.core.DatasetBuilder, recipe: recipes.Tfds) -> dict[str, str]:
    """The source's splits for `train` and `test`."""
    splits = builder.info.splits
    names = {"train": recipe.train, "test": recipe.test or ("test" if "test" in splits else "validation")}
    for split, source_split in names.items():
        try:
            splits[source_split]
        except (KeyError, ValueError) as error:
            raise InputError(
                f"Expected download.{split} to name a split of {builder.name} ({', '.join(splits)}); got "
                f"{source_split!r}: correct it."
            ) from error
    return names


def examples(
    source: Source, split: str, source_split: str, log: Log, path: pathlib.Path
) -> Iterator[tuple[int, prepared.Example]]:
    """Number and example of each picture of a split; InputError at the end if too many cannot be used."""
    written, bad = 0, []
    for name, example, labelled in labelled_examples(source, source_split, log):
        try:
            # not turned: TFDS's boxes are of the picture as TensorFlow decodes it
            encoded = pictures.picture(example[source.where.image], turn=False).encoded
        except pictures.UnusableError as error:
            bad.append(Row(split, name, str(error)))
            continue
        if labelled.several:
            log.several.append(name)
        yield written, prepared.example(encoded, name, labelled.label, labelled.boxes_yxyx, _image_id(example))
        written += 1
    left_out.check_share(bad, "pictures", written + len(bad), path)
    check_written(written, source.builder.name, split, source_split)
    log.left_out.extend(bad)


def labelled_examples(
    source: Source, source_split: str, log: Log
) -> Iterator[tuple[str, dict[str, Any], objects.Labelled]]:
    """Name, example and label of each picture of a split that has a class of the chosen ones.

    The name is the file name. A picture without one, or with that of an earlier picture, has its position as its name:
    later stages find a picture by its name.
    """
    where, names = source.where, set()
    dataset = source.builder.as_dataset(split=source_split, decoders={where.image: tfds.decode.SkipDecoding()})
    for position, example in enumerate(dataset.as_numpy_iterator()):
        name = example[where.file_name].decode() if where.file_name else ""
        if not name or name in names:
            name = f"{source_split}/{position:06d}"
        names.add(name)
        labelled = objects.labelled(*annotations.objects(example, where, source.object_values), source.new_labels)
        if labelled is None:
            log.unlabelled.append(name)
        else:
            yield name, example, labelled


def check_written(pictures: int, dataset: str, split: str, source_split: str) -> None:
    """Raise InputError if a split has no pictures."""
    if not pictures:
        raise InputError(
            f"Expected pictures of the chosen classes in {source_split} of {dataset}, but there is none: correct "
            f"classes, or download.{split}."
        )


def _has_ids(features: tfds.features.FeaturesDict) -> bool:
    return "image/id" in features and features["image/id"].shape == ()


def _image_id(example: dict[str, Any]) -> int | str | None:
    """The feature `image/id`, a number or text, if there is one."""
    value = example.get("image/id")
    if value is None:
        return None
    return value.decode() if isinstance(value, bytes) else int(value)
