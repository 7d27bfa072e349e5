"""COCO annotation files to pictures with a label and boxes, and the boxes that are left out.

Boxes in the files are [x, y, width, height] in pixels of the annotated image.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wsol.data import objects
from wsol.data.coco_format import Content, Id, is_crowd, is_number
from wsol.errors import InputError


class Entry(NamedTuple):
    """A picture of an annotation file that has a category, and its boxes of chosen classes."""

    image_id: Id
    file_name: str
    size: tuple[float, float]  # annotated height and width, pixels
    labelled: objects.Labelled
    boxes: int  # the bad ones included
    clipped_boxes: list[str]  # which they are
    bad_boxes: list[str]  # why each of them is left out


def categories(train: Content, test: Content) -> tuple[list[str], list[Id]]:
    """Names and ids of the classes, in the order of the train file.

    The ids are those of the test file. A category that is in train alone keeps its id of train.

    Args:
        train, test: contents of annotation files, as `wsol.data.coco_format.check` gives them.

    Raises:
        InputError: a category is in test alone; a name or an id stands for two categories; ids are numbers in one file
            and text in the other.
    """
    for rows in ("images", "categories"):
        if len({type(row["id"]) for row in (*train[rows], *test[rows])}) > 1:
            raise InputError(f"Expected ids of {rows} to be numbers, or text, in both COCO files: export both anew.")
    names, in_test = [row["name"] for row in train["categories"]], [row["name"] for row in test["categories"]]
    for name in (*names, *in_test):
        if max(names.count(name), in_test.count(name)) > 1:
            raise InputError(f"Expected the names of categories to differ; got {name!r} twice: rename one.")
        if name not in names:
            raise InputError(
                f"Expected both COCO files to have the same categories, but {name!r} is in the test file alone: add "
                "it to the train file, or remove it."
            )
    ids = {row["name"]: row["id"] for row in (*train["categories"], *test["categories"])}
    if len(set(ids.values())) < len(ids):
        raise InputError("Expected a category to have the same id in both COCO files: export both from one project.")
    return names, list(ids.values())


def entries(content: Content, names: Sequence[str], new_labels: np.ndarray) -> list[Entry]:
    """The pictures of an annotation file that have a category of the chosen ones.

    A box that reaches over the edge of the image is clipped. A box that is not four numbers, has no area or swapped
    corners, or is outside the image is left out; its annotation still gives the picture its category. So does an
    annotation without `bbox`, and one of a crowd (`iscrowd`), which COCO's evaluators do not count as an object.

    Args:
        content: as `wsol.data.coco_format.check` gives it.
        names: of the classes.
        new_labels: (classes,) int, as `wsol.data.objects.relabelling` gives them.

    Raises:
        InputError: an annotation is of an image or a category that the file does not have.
    """
    label_of = {row["id"]: names.index(row["name"]) for row in content["categories"]}
    annotations: dict[Id, list[Content]] = {row["id"]: [] for row in content["images"]}
    for row in content["annotations"]:
        if row["image_id"] not in annotations or row["category_id"] not in label_of:
            raise InputError(
                "Expected each COCO annotation to be of an image and a category of its file; got image "
                f"{row['image_id']!r} and category {row['category_id']!r}: export it anew."
            )
        annotations[row["image_id"]].append(row)
    of_images = (_entry(image, annotations[image["id"]], label_of, new_labels) for image in content["images"])
    return [entry for entry in of_images if entry is not None]


def _entry(image: Content, annotations: list[Content], label_of: dict[Id, int], new_labels: np.ndarray) -> Entry | None:
    size = (image["height"], image["width"])
    chosen = [row for row in annotations if new_labels[label_of[row["category_id"]]] >= 0]
    labels = np.array([label_of[row["category_id"]] for row in chosen], int)
    bboxes = [None if is_crowd(row) else row.get("bbox") for row in chosen]
    boxes = [box(bbox, size) for bbox in bboxes]
    labelled = objects.labelled(labels, np.array([box_yxyx for box_yxyx, _, _ in boxes]), new_labels)
    if labelled is None:
        return None
    bad = [reason for _, reason, _ in boxes if reason]
    clipped = [
        f"box {bbox} reaches over the edge of the image of {size[1]} x {size[0]}"
        for bbox, (_, _, is_clipped) in zip(bboxes, boxes, strict=True)
        if is_clipped
    ]
    return Entry(image["id"], image["file_name"], size, labelled, sum(map(bool, bboxes)), clipped, bad)


def box(bbox: Any, size: tuple[float, float]) -> tuple[np.ndarray, str | None, bool]:
    """A COCO box as fractions of the image.

    Args:
        bbox: [x, y, width, height] in pixels; None or [] for no box.
        size: height and width of the annotated image, pixels.

    Returns:
        box_yxyx: (4,) float, fractions of the image; zeros for no box.
        reason: why the box is left out, or None.
        clipped: whether it reached over the image's edge, by more than a rounding error.

    >>> box([20, 10, 40, 200], (100, 200))
    (array([0.1, 0.1, 1. , 0.3]), None, True)
    >>> box([20, 10, 0, 200], (100, 200))[1]
    'box [20, 10, 0, 200] has no area'
    """
    nothing = np.zeros(4)
    if not bbox:
        return nothing, None, False
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(is_number, bbox)):
        return nothing, f"box {bbox} is not four numbers", False
    x, y, width, height = bbox
    if width < 0 or height < 0:
        return nothing, f"box {bbox} has swapped corners", False
    if width == 0 or height == 0:
        return nothing, f"box {bbox} has no area", False
    box_yxyx = np.array([y, x, y + height, x + width], float) / np.tile(size, 2)
    inside = box_yxyx.clip(0, 1)
    if (inside[2:] <= inside[:2]).any():
        return nothing, f"box {bbox} is outside the image of {size[1]} x {size[0]}", False
    return inside, None, bool(np.abs(inside - box_yxyx).max() > 1e-6)
