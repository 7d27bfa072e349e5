"""COCO files for other tools. Boxes are [x, y, width, height] in pixels of the annotated image."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wsol.boxes.geometry import area


class Ids(NamedTuple):
    """The ids of images and categories, numbers or text."""

    images: Sequence[int | str]
    categories: Sequence[int | str]  # in the order of the labels


def ground_truth(
    images: list[str], sizes: np.ndarray, labels: np.ndarray, boxes_yxyx: np.ndarray, classes: list[str], ids: Ids
) -> dict[str, Any]:
    """Content of a COCO annotation file.

    Args:
        images: file names.
        sizes: (images, 2) height and width, pixels.
        labels: (images,) int, the true class, an index of `classes`.
        boxes_yxyx: (images, most, 4) float, fractions of the image. Images with fewer boxes
            are padded with rows of zeros, which are left out.
        classes: names.
        ids: of `images` and of `classes`, in their order.

    Returns:
        Dict with `images`, `annotations` (one a box) and `categories`.
    """
    rows, columns = np.nonzero(area(boxes_yxyx))
    box_lists = boxes_xywh(boxes_yxyx[rows, columns], sizes[rows]).tolist()
    annotations = zip(rows.tolist(), labels[rows].tolist(), box_lists, strict=True)
    return {
        "images": [
            {"id": image_id, "file_name": image, "height": int(height), "width": int(width)}
            for image_id, image, (height, width) in zip(ids.images, images, sizes, strict=True)
        ],
        "annotations": [_annotation(index + 1, ids, *annotation) for index, annotation in enumerate(annotations)],
        "categories": [{"id": category, "name": name} for category, name in zip(ids.categories, classes, strict=True)],
    }


def _annotation(annotation_id: int, ids: Ids, row: int, label: int, box_xywh: list[float]) -> dict[str, Any]:
    return {
        "id": annotation_id,
        "image_id": ids.images[row],
        "category_id": ids.categories[label],
        "bbox": box_xywh,
        "area": box_xywh[2] * box_xywh[3],
        "iscrowd": 0,
    }


def results(
    boxes_yxyx: np.ndarray, sizes: np.ndarray, labels: np.ndarray, scores: np.ndarray, ids: Ids
) -> list[dict[str, Any]]:
    """Content of a COCO results file: one detection an image, none for an empty box.

    Args:
        boxes_yxyx: (images, 4) float, fractions of the image, in the order of `ground_truth`'s images.
        sizes: (images, 2) height and width, pixels.
        labels: (images,) int, the mapped class.
        scores: (images,) float in 0..1, the confidence.
        ids: of the images and of the classes.
    """
    rows = np.flatnonzero(area(boxes_yxyx))
    box_lists = boxes_xywh(boxes_yxyx[rows], sizes[rows]).tolist()
    detections = zip(rows.tolist(), labels[rows].tolist(), box_lists, scores[rows].tolist(), strict=True)
    return [
        {"image_id": ids.images[row], "category_id": ids.categories[label], "bbox": box_xywh, "score": score}
        for row, label, box_xywh, score in detections
    ]


def boxes_xywh(boxes_yxyx: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Convert boxes from fractions of the image to pixels, rounded to hundredths.

    Args:
        boxes_yxyx: (boxes, 4) float, [ymin, xmin, ymax, xmax], fractions of the image.
        sizes: (boxes, 2) height and width of each box's image, pixels.

    Returns:
        (boxes, 4) float64, [x, y, width, height], pixels.

    >>> boxes_xywh(np.array([[0.1, 0.2, 0.5, 0.6]]), sizes=np.array([[100, 200]]))
    array([[40., 10., 80., 40.]])
    """
    pixels = np.asarray(boxes_yxyx, float) * np.tile(sizes, 2)
    ymin, xmin, ymax, xmax = pixels.T
    return np.round(np.stack([xmin, ymin, xmax - xmin, ymax - ymin], axis=1), 2)
