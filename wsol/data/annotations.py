"""The annotation of any TFDS dataset: which features hold the class and the boxes, and reading them from an example.

They are found by the features' types. A dataset has one of four shapes of annotation: one box a picture, a sequence of
boxes, a sequence of boxes with classes of their own, or a mask; or it has classes alone.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import tensorflow_datasets as tfds

from wsol.errors import InputError

Shape = Literal["none", "box", "boxes", "labelled boxes", "mask"]

GROUPS = ("is_crowd", "is_group_of")  # features that mark a box of several objects
FILE_NAMES = ("image/filename", "file_name", "filename", "id")


class Annotation(NamedTuple):
    """Where a dataset's examples hold what."""

    image: str
    label: tuple[str, ...]  # feature, and feature within a sequence
    boxes: tuple[str, ...]
    shape: Shape
    names: list[str]  # of the classes
    group: str | None  # feature of the boxes' sequence that marks a box of several objects
    file_name: str | None


def annotation(
    features: tfds.features.FeaturesDict,
    supervised: str | None = None,
    label: str | None = None,
    boxes: str | None = None,
) -> Annotation:
    """Find the features that hold picture, class and boxes.

    Args:
        features: of a dataset.
        supervised: the feature that TFDS names as the target of classification.
        label: feature of the class, such as `label` or `objects.label`. Needed where it is not clear.
        boxes: feature of the boxes or masks, such as `bbox` or `objects.bbox`. Needed where it is not clear.

    Raises:
        InputError: there is no class, or several features could be meant.

    >>> spec = {"image": tfds.features.Image(), "label": tfds.features.ClassLabel(names=["a", "b"])}
    >>> spec["bbox"] = tfds.features.BBoxFeature()
    >>> annotation(tfds.features.FeaturesDict(spec)).shape
    'box'
    """
    image = _image(features)
    paths = _paths(features)
    box_path = _boxes(paths, image, boxes)
    label_path = _label(paths, box_path, supervised, label)
    sequence = features[box_path[0]] if len(box_path) == 2 else None
    group = next((name for name in GROUPS if sequence is not None and name in sequence.feature), None)
    texts = [name for name, feature in features.items() if isinstance(feature, tfds.features.Text)]
    file_name = next((name for name in FILE_NAMES if name in texts), None)
    shape = _shape(features, box_path, label_path)
    return Annotation(image, label_path, box_path, shape, paths[label_path].names, group, file_name)


def objects(
    example: dict[str, Any], where: Annotation, object_values: Sequence[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The objects of an example.

    Args:
        example: as TFDS gives it, with NumPy values.
        where: the dataset's annotation.
        object_values: values of a mask's pixels that belong to the object; by default all but 0.

    Returns:
        labels: (objects,) int.
        boxes_yxyx: (objects, 4) float, fractions of the image; zeros for an object without a box.

    Raises:
        InputError: a mask has several values and none is 0.
    """
    labels = np.atleast_1d(_value(example, where.label)).astype(int)
    boxes_yxyx = _boxes_of(example, where, object_values)
    if where.shape == "labelled boxes":
        return labels[labels >= 0], boxes_yxyx[labels >= 0]
    if len(boxes_yxyx) == 0:
        return labels[labels >= 0], np.zeros((int((labels >= 0).sum()), 4))
    repeated = np.repeat(labels, len(boxes_yxyx))
    return repeated[repeated >= 0], boxes_yxyx[repeated >= 0]  # -1 is TFDS's label of a picture without one


def box_of_mask(mask: np.ndarray) -> np.ndarray:
    """The smallest box around a mask, (boxes, 4) float, fractions of the image: one box, or none for an empty mask.

    Args:
        mask: (height, width) bool.

    >>> mask = np.zeros((4, 10), bool)
    >>> mask[1:3, 5] = True
    >>> box_of_mask(mask)
    array([[0.25, 0.5 , 0.75, 0.6 ]])
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return np.zeros((0, 4))
    corners = np.array([[rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]], float)
    return corners / np.tile(mask.shape, 2)


def _boxes_of(example: dict[str, Any], where: Annotation, object_values: Sequence[int] | None) -> np.ndarray:
    if where.shape == "none":
        return np.zeros((0, 4))
    value = np.asarray(_value(example, where.boxes))
    if where.shape == "mask":
        return box_of_mask(_object_pixels(value[..., 0], object_values, where.boxes[0]))
    boxes_yxyx = value.astype(float).reshape(-1, 4)
    if where.group:
        boxes_yxyx = np.where(np.asarray(example[where.boxes[0]][where.group])[:, None], 0, boxes_yxyx)
    return boxes_yxyx


def _object_pixels(values: np.ndarray, object_values: Sequence[int] | None, name: str) -> np.ndarray:
    if object_values is not None:
        return np.isin(values, object_values)
    if values.min() > 0 and values.min() < values.max():
        some = ", ".join(map(str, np.unique(values)[:5]))
        raise InputError(
            f"Expected 0 for the background in {name}, but a mask holds {some}: name the object's values in "
            "download.object_values."
        )
    return values > 0


def _value(example: dict[str, Any], path: tuple[str, ...]) -> Any:
    for name in path:
        example = example[name]
    return example


def _paths(features: tfds.features.FeaturesDict) -> dict[tuple[str, ...], Any]:
    """The features, and those in a sequence of several."""
    paths: dict[tuple[str, ...], Any] = {}
    for name, feature in features.items():
        inner = getattr(feature, "feature", None)
        if isinstance(feature, tfds.features.Sequence) and isinstance(inner, tfds.features.FeaturesDict):
            paths |= {(name, inner_name): inner_feature for inner_name, inner_feature in inner.items()}
        else:
            paths[name,] = feature
    return paths


def _image(features: tfds.features.FeaturesDict) -> str:
    """The feature of the picture. A picture of one channel beside another picture is a mask."""
    pictures = [name for name, feature in features.items() if isinstance(feature, tfds.features.Image)]
    coloured = [name for name in pictures if features[name].shape[-1] == 3]
    if "image" in pictures:
        return "image"
    if len(coloured or pictures) != 1:
        raise InputError(
            f"Expected a dataset of one picture an example; got {len(coloured or pictures)} features with pictures: "
            "choose another dataset."
        )
    return (coloured or pictures)[0]


def _boxes(paths: dict[tuple[str, ...], Any], image: str, wanted: str | None) -> tuple[str, ...]:
    """The feature of the boxes or of the mask; () where there is none."""
    candidates = [path for path, feature in paths.items() if path != (image,) and _is_boxes(feature)]
    return _chosen(candidates, wanted, "boxes") if candidates or wanted else ()


def _is_boxes(feature: Any) -> bool:
    if isinstance(feature, tfds.features.Image):
        return feature.shape[-1] == 1
    box = feature.feature if isinstance(feature, tfds.features.Sequence) else feature
    return isinstance(box, tfds.features.BBoxFeature)


def _label(
    paths: dict[tuple[str, ...], Any], boxes: tuple[str, ...], supervised: str | None, wanted: str | None
) -> tuple[str, ...]:
    """The feature of the class: a picture's, or else that of the objects with the boxes."""
    classes = [path for path, feature in paths.items() if isinstance(feature, tfds.features.ClassLabel)]
    of_pictures: list[tuple[str, ...]] = [path for path in classes if len(path) == 1]
    of_boxes: list[tuple[str, ...]] = [path for path in classes if len(path) == 2 and path[0] in boxes[:1]]
    if not of_pictures and not of_boxes:
        raise InputError("Expected a dataset with classes, but no feature is a class of pictures or boxes: add one.")
    if not wanted and (supervised,) in of_pictures:
        return (str(supervised),)
    if not wanted and not of_pictures and (boxes[0], "label") in of_boxes:
        return (boxes[0], "label")
    if wanted:
        return _chosen(of_pictures + of_boxes, wanted, "label")
    return _chosen(of_pictures or of_boxes, wanted, "label")


def _chosen(candidates: list[tuple[str, ...]], wanted: str | None, key: str) -> tuple[str, ...]:
    """The candidate that params.yaml names, or the only one."""
    names = [".".join(path) for path in candidates]
    if wanted is None and len(candidates) == 1:
        return candidates[0]
    if wanted not in names:
        got = "none is named: add it" if wanted is None else f"got {wanted!r}: correct it"
        known = ", ".join(sorted(names)) or "of boxes, of which there is none"
        raise InputError(f"Expected download.{key} to name one of the features {known}; {got}.")
    return candidates[names.index(wanted)]


def _shape(features: tfds.features.FeaturesDict, boxes: tuple[str, ...], label: tuple[str, ...]) -> Shape:
    if not boxes:
        return "none"
    if len(boxes) == 2:
        return "labelled boxes" if len(label) == 2 else "boxes"
    if isinstance(features[boxes[0]], tfds.features.Image):
        return "mask"
    return "box" if isinstance(features[boxes[0]], tfds.features.BBoxFeature) else "boxes"
