"""Check that a file is in COCO's detection format.

Boxes in the files are [x, y, width, height] in pixels of the annotated image.
"""

import math
import numbers
import pathlib
from collections import Counter
from typing import Any

from wsol.errors import InputError

Content = dict[str, Any]
Id = int | str

KEYS = {
    "images": ("id", "file_name", "width", "height"),
    "annotations": ("image_id", "category_id"),
    "categories": ("id", "name"),
}
ROUNDING = 1e-3  # of boxes that are fractions
CROWD, NO_CROWD = (1, "1"), (0, "0", None)  # values of iscrowd; True equals 1


def check(content: Any, file: str) -> Content:
    """The content of an annotation file; InputError unless it has COCO's detection format.

    Args:
        content: parsed JSON.
        file: its name, for the error.
    """
    if not isinstance(content, dict):
        raise InputError(
            f"Expected {file} to be in COCO's detection format, an object; got {_type(content)}: export it anew."
        )
    for name in KEYS:
        _check_rows(content.get(name), name, file)
    for name in ("images", "categories"):
        _check_ids([row["id"] for row in content[name]], name, file)
    for row in content["categories"]:
        _check_category(row, file)
    for row in content["images"]:
        _check_image(row, file)
    for row in content["annotations"]:
        _check_annotation(row, file)
    _check_pixels(content, file)
    return content


def is_crowd(annotation: Content) -> bool:
    """Whether an annotation is of several objects.

    >>> is_crowd({"iscrowd": 1}), is_crowd({"iscrowd": "0"})  # some tools write text
    (True, False)
    """
    return annotation.get("iscrowd") in CROWD


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # of a whole number beyond floats
        return False


def _check_rows(rows: Any, name: str, file: str) -> None:
    """Raise InputError unless the rows are a list of objects that have all keys."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"Expected {file} to have a list {name!r}, as COCO's detection format: export it anew.")
    for row in rows:
        if missing := [key for key in KEYS[name] if row.get(key) is None]:
            raise InputError(f"Expected {file} to give each of its {name} {missing[0]!r}; got {row}: add it.")


def _check_ids(ids: list[Any], name: str, file: str) -> None:
    """Raise InputError unless the ids differ and are of one type."""
    if len({type(value) for value in ids} - {int, str}) or len({type(value) for value in ids}) > 1:
        raise InputError(f"Expected the ids of the {name} of {file} to be all whole numbers or all text: correct them.")
    if repeated := [value for value, count in Counter(ids).items() if count > 1]:
        raise InputError(f"Expected {file} to use each id of its {name} once; got {repeated[0]!r} twice: correct it.")


def _check_category(row: Content, file: str) -> None:
    name = row["name"]
    # TFDS keeps the names in a text file, one a line
    if not isinstance(name, str) or len(name.splitlines()) != 1 or name != name.strip():
        raise InputError(
            f"Expected {file} to name each category by a line of text, without spaces at its ends; got {name!r}: "
            "correct it."
        )


def _check_image(row: Content, file: str) -> None:
    name, width, height = row["file_name"], row["width"], row["height"]
    if not isinstance(name, str) or "\0" in name:
        raise InputError(f"Expected {file} to give each image a file_name in text; got {name!r}: correct it.")
    if not (is_number(width) and is_number(height) and min(width, height) > 0):
        raise InputError(
            f"Expected {file} to give each image a width and a height in pixels; got {width!r} and {height!r} for "
            f"{name}: correct it."
        )
    if (path := pathlib.PurePosixPath(name)).is_absolute() or ".." in path.parts:
        raise InputError(f"Expected {file} to name files inside download.coco.images; got {path}: correct it.")


def _check_annotation(row: Content, file: str) -> None:
    for key in KEYS["annotations"]:
        if type(row[key]) not in (int, str):
            raise InputError(f"Expected {file} to give {key} as a whole number or text; got {row[key]!r}: correct it.")
    if row.get("iscrowd") not in CROWD + NO_CROWD:
        raise InputError(f"Expected {file} to give iscrowd as 0 or 1; got {row['iscrowd']!r}: correct it.")


def _check_pixels(content: Content, file: str) -> None:
    """Raise InputError if most boxes lie in 0..1 and an image is larger than a pixel."""
    boxes = [row["bbox"] for row in content["annotations"] if row.get("bbox")]
    highest = [max(box) for box in boxes if isinstance(box, list) and all(map(is_number, box))]
    sides = [row[side] for row in content["images"] for side in ("width", "height")]
    fractions = [number for number in highest if number <= 1 + ROUNDING]
    if 2 * len(fractions) > len(highest) and max(highest) > 0 and max(sides) > 1:
        raise InputError(
            f"Expected {file} to give boxes in pixels, but most have no number above 1, such as {boxes[0]}: "
            "multiply them by the width and height of their images."
        )


def _type(content: Any) -> str:
    return {list: "a list"}.get(type(content), f"a {type(content).__name__}")
