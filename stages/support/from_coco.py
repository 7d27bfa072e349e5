"""Prepare a dataset from COCO annotation files and a folder of pictures."""

import hashlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

import stages.support.quiet  # noqa: F401

import tensorflow_datasets as tfds

from stages.support import coco_paths, left_out, recipes
from stages.support.left_out import Row
from wsol.data import coco_format, coco_source, objects, pictures, prepared
from wsol.errors import InputError

Entries = dict[str, list[coco_source.Entry]]


class Reading(NamedTuple):
    """Where the pictures are, and what is noted of them while they are read."""

    images: dict[str, pathlib.Path]  # folder of each split
    keeps_duplicates: bool
    list_path: pathlib.Path  # of the list of what is left out, where that is too much

    left_out: list[Row]
    clipped: list[Row]  # boxes
    resized: list[Row]  # pictures that are not of their annotation's size
    digests: set[bytes]  # of the pictures of test


def prepare(
    folder: pathlib.Path, name: str, source: recipes.CocoFiles, classes: list[str] | str
) -> tuple[tfds.core.DatasetBuilder, list[str]]:
    """Prepare a dataset in `folder`.

    Args:
        folder: the workspace.
        name: of the dataset.
        source: the paths.
        classes: names, or `all`.

    Returns:
        The dataset, and sentences about what was left out.

    Raises:
        InputError: a path is missing, a file is not in COCO's format, or more than a tenth cannot be used.
    """
    coco_paths.check(source)
    images = {split: pathlib.Path(images_folder) for split, images_folder in coco_paths.folders(source).items()}
    train, test = read(source.train), read(source.test)
    names, ids = coco_source.categories(train, test)
    new_labels = objects.relabelling(names, classes)
    # test first, since a picture of train that is in test too is left out
    entries = {"test": coco_source.entries(test, names, new_labels)}
    entries["train"] = coco_source.entries(train, names, new_labels)
    bad_boxes = check_entries(entries, folder / left_out.FILE)
    reading = Reading(images, source.duplicates == "keep", folder / left_out.FILE, [], [], [], set())
    categories = {class_name: ids[label] for label, class_name in enumerate(names) if new_labels[label] >= 0}
    builder = write(folder, name, categories, entries, reading)
    left_out.write(builder.data_path / left_out.FILE, reading.left_out + bad_boxes)
    left_out.write(builder.data_path / left_out.CHANGED, reading.clipped + reading.resized)
    unlabelled = len(train["images"]) + len(test["images"]) - sum(map(len, entries.values()))
    several = sum(entry.labelled.several for of_split in entries.values() for entry in of_split)
    others = changes(name, len(bad_boxes), len(reading.clipped), len(reading.resized))
    return builder, left_out.summary(name, len(reading.left_out), unlabelled, several, others)


def write(
    folder: pathlib.Path, name: str, categories: dict[str, int | str], entries: Entries, reading: Reading
) -> tfds.core.DatasetBuilder:
    """Write the pictures that can be used; `categories` goes from the chosen names, in the labels' order, to ids."""
    splits = {split: examples(split, of_split, reading) for split, of_split in entries.items()}
    spec = prepared.features(list(categories), image_ids=True, annotated_sizes=True)
    builder = prepared.write(folder, name, spec, splits, ordered=False)
    prepared.write_category_ids(builder.data_path, list(categories.values()))
    return builder


def check_entries(entries: Entries, path: pathlib.Path) -> list[Row]:
    """The boxes that are left out; InputError if they are too many, or if a split has no pictures."""
    rows = []
    for split, of_split in entries.items():
        if not of_split:
            raise InputError(
                f"Expected pictures of the chosen classes in {split}, but no annotation of download.coco.{split} is of "
                "one: correct classes, or the file."
            )
        bad = [Row(split, entry.file_name, reason) for entry in of_split for reason in entry.bad_boxes]
        left_out.check_share(bad, "boxes", sum(entry.boxes for entry in of_split), path)
        rows += bad
    return rows


def examples(split: str, entries: list[coco_source.Entry], reading: Reading) -> Iterator[tuple[str, prepared.Example]]:
    """File name and example of each picture that can be used; InputError at the end if too many cannot."""
    names: set[str] = set()
    bad = []
    for entry in entries:
        try:
            picture = read_picture(split, entry, reading, names)
        except pictures.UnusableError as error:
            bad.append(Row(split, entry.file_name, str(error)))
            continue
        names.add(str(pathlib.PurePosixPath(entry.file_name)))  # ./a.jpg is a.jpg
        reading.clipped.extend(Row(split, entry.file_name, reason) for reason in entry.clipped_boxes)
        label, boxes_yxyx, _ = entry.labelled
        yield (
            entry.file_name,
            prepared.example(picture.encoded, entry.file_name, label, boxes_yxyx, entry.image_id, entry.size),
        )
    left_out.check_share(bad, "pictures", len(entries), reading.list_path)
    reading.left_out.extend(bad)


def read_picture(split: str, entry: coco_source.Entry, reading: Reading, names: set[str]) -> pictures.Picture:
    """A picture of an annotation file; UnusableError with the reason if it cannot be used."""
    if str(pathlib.PurePosixPath(entry.file_name)) in names:
        raise pictures.UnusableError("is in the annotation file twice")
    encoded = read_file(reading.images[split], entry.file_name)
    digest = hashlib.sha256(encoded).digest()
    if split == "train" and digest in reading.digests and not reading.keeps_duplicates:
        raise pictures.UnusableError("is in test too, with the same bytes")
    picture = pictures.picture(encoded, entry.size)
    sizes = sizes_in_words(picture, entry.size)
    if not pictures.fits((picture.height, picture.width), entry.size):
        raise pictures.UnusableError(sizes)
    if (picture.height, picture.width) != entry.size:
        reading.resized.append(Row(split, entry.file_name, sizes))
    if split == "test":  # here, since a picture that cannot be used is not in test
        reading.digests.add(digest)
    return picture


def read_file(images: pathlib.Path, file_name: str) -> bytes:
    """The bytes of a picture; UnusableError if there is no such file, or if a link leads out of the folder."""
    path = pathlib.Path(os.path.realpath(images / file_name))  # Path.resolve raises an error at links in a circle
    if not path.is_relative_to(os.path.realpath(images)):
        raise pictures.UnusableError(f"is a link that leads out of {images}")
    # A pipe is no file either: reading it would wait forever. Path.is_file raises an error at a name that is too long
    if not os.path.isfile(path):  # noqa: PTH113
        raise pictures.UnusableError(f"there is no such file in {images}")
    return path.read_bytes()


def sizes_in_words(picture: pictures.Picture, annotated: tuple[float, float]) -> str:
    """The sizes of a picture and of its annotation."""
    return f"has {picture.width} x {picture.height} pixels, its annotation says {annotated[1]} x {annotated[0]}"


def changes(name: str, bad_boxes: int, clipped: int, resized: int) -> list[tuple[int, str]]:
    """What was done to boxes and resized copies: numbers and sentences."""
    changed = left_out.place(name, left_out.CHANGED)
    return [
        (bad_boxes, f"left out {bad_boxes} boxes, listed in {left_out.place(name)}"),
        (clipped, f"clipped {clipped} boxes to their pictures, listed in {changed}"),
        (
            resized,
            f"{resized} pictures are resized copies, listed in {changed}: boxes are fractions of the annotated width "
            "and height",
        ),
    ]


def read(file: str) -> coco_format.Content:
    """The content of an annotation file."""
    try:
        content = json.loads(pathlib.Path(file).read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:  # of brackets that are nested a thousand times
        raise InputError(
            f"Expected {file} to be a COCO annotation file, but it is not JSON: export it anew."
        ) from error
    return coco_format.check(content, file)
