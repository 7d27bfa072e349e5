"""Convert a dataset that TFDS has prepared into the pipeline's prepared dataset, in the same order."""

import pathlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import stages.support.quiet  # noqa: F401

import numpy as np
import tensorflow_datasets as tfds

from stages.support import left_out, sections
from stages.support.left_out import LeftOut
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

    left_out: list[LeftOut]
    unlabelled: list[str]
    several: list[str]


def convert(
    builder: tfds.core.DatasetBuilder, folder: pathlib.Path, name: str, recipe: sections.Tfds, classes: list[str] | str
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
    splits = {ours: examples(source, ours, theirs, log, path) for ours, theirs in split_names(builder, recipe).items()}
    names = [label for label, new in zip(where.names, source.new_labels, strict=True) if new >= 0]
    image_ids = _has_ids(builder.info.features)
    converted = prepared.write(folder, name, prepared.features(names, image_ids), splits, ordered=True)
    left_out.write(converted.data_path / left_out.FILE, log.left_out)
    return converted, summary(log, left_out.place(name))


def split_names(builder: tfds.core.DatasetBuilder, recipe: sections.Tfds) -> dict[str, str]:
    """The source's splits for `train` and `test`."""
    splits = builder.info.splits
    names = {"train": recipe.train, "test": recipe.test or ("test" if "test" in splits else "validation")}
    for ours, theirs in names.items():
        try:
            splits[theirs]
        except (KeyError, ValueError) as error:
            raise InputError(
                f"Expected download.{ours} to name a split of {builder.name} ({', '.join(splits)}); got {theirs!r}: "
                "correct it."
            ) from error
    return names


def examples(
    source: Source, ours: str, theirs: str, log: Log, path: pathlib.Path
) -> Iterator[tuple[int, prepared.Example]]:
    """Number and example of each picture of a split; InputError at the end if too many cannot be used."""
    where = source.where
    read = source.builder.as_dataset(split=theirs, decoders={where.image: tfds.decode.SkipDecoding()})
    written, bad = 0, []
    for position, example in enumerate(read.as_numpy_iterator()):
        name = example[where.file_name].decode() if where.file_name else f"{theirs}/{position:06d}"
        labelled = objects.labelled(*annotations.objects(example, where, source.object_values), source.new_labels)
        if labelled is None:
            log.unlabelled.append(name)
            continue
        try:
            # not turned: TFDS's boxes are of the picture as TensorFlow decodes it
            encoded = pictures.picture(example[where.image], turn=False).encoded
        except pictures.UnusableError as error:
            bad.append(LeftOut(ours, name, str(error)))
            continue
        if labelled.several:
            log.several.append(name)
        yield written, prepared.example(encoded, name, labelled.label, labelled.boxes_yxyx, _image_id(example))
        written += 1
    left_out.check_share(bad, "pictures", written + len(bad), path)
    if not written:
        raise InputError(
            f"Expected pictures of the chosen classes in {theirs} of {source.builder.name}, but there is none: correct "
            f"classes, or download.{ours}."
        )
    log.left_out.extend(bad)


def _has_ids(features: tfds.features.FeaturesDict) -> bool:
    return "image/id" in features and features["image/id"].shape == ()


def _image_id(example: dict[str, Any]) -> int | str | None:
    """The feature `image/id`, a number or text, if there is one."""
    value = example.get("image/id")
    if value is None:
        return None
    return value.decode() if isinstance(value, bytes) else int(value)


def summary(log: Log, place: str) -> list[str]:
    """What was left out, listed in the file `place`, a line each."""
    several, unlabelled = len(log.several), len(log.unlabelled)
    lines = [
        (len(log.left_out), f"left out {len(log.left_out)} pictures that cannot be used, listed in {place}"),
        (unlabelled, f"left out {unlabelled} pictures without an annotation of the classes"),
        (several, f"{several} pictures have several classes: the label is the one of the largest area"),
    ]
    return [line for count, line in lines if count]
