"""COCO files for other tools. Boxes are [x, y, width, height] in pixels of the original image."""

from typing import Any

import numpy as np

from wsol.boxes.geometry import area


def ground_truth(
    images: list[str], sizes: np.ndarray, labels: np.ndarray, boxes_yxyx: np.ndarray, classes: list[str]
) -> dict[str, Any]:
    """Content of a COCO annotation file.

    Ids count from 1: an image's in the order of `images`, a category's in the order of `classes`.

    Args:
        images: file names.
        sizes: (images, 2) height and width, pixels.
        labels: (images,) int, the true class, an index of `classes`.
        boxes_yxyx: (images, most, 4) float, fractions of the image. Images with fewer boxes
            are padded with rows of zeros, which are left out.
        classes: names.

    Returns:
        Dict with `images`, `annotations` (one a box) and `categories`.
    """
    rows, columns = np.nonzero(area(boxes_yxyx))
    box_lists = boxes_xywh(boxes_yxyx[rows, columns], sizes[rows]).tolist()
    annotations = zip(rows.tolist(), labels[rows].tolist(), box_lists, strict=True)
    return {
        "images": [
            {"id": row + 1, "file_name": image, "height": int(height), "width": int(width)}
            for row, (image, (height, width)) in enumerate(zip(images, sizes, strict=True))
        ],
        "annotations": [_annotation(index + 1, *annotation) for index, annotation in enumerate(annotations)],
        "categories": [{"id": label + 1, "name": name} for label, name in enumerate(classes)],
    }


def _annotation(annotation_id: int, row: int, label: int, box_xywh: list[float]) -> dict[str, Any]:
    return {
        "id": annotation_id,
        "image_id": row + 1,
        "category_id": label + 1,
        "bbox": box_xywh,
        "area": box_xywh[2] * box_xywh[3],
        "iscrowd": 0,
    }


def results(boxes_yxyx: np.ndarray, sizes: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> list[dict[str, Any]]:
    """Content of a COCO results file: one detection an image, none for an empty box.

    Args:
        boxes_yxyx: (images, 4) float, fractions of the image, in the order of `ground_truth`'s images.
        sizes: (images, 2) height and width, pixels.
        labels: (images,) int, the mapped class.
        scores: (images,) float in 0..1, the confidence.
    """
    rows = np.flatnonzero(area(boxes_yxyx))
    box_lists = boxes_xywh(boxes_yxyx[rows], sizes[rows]).tolist()
    detections = zip(rows.tolist(), labels[rows].tolist(), box_lists, scores[rows].tolist(), strict=True)
    return [
        {"image_id": row + 1, "category_id": label + 1, "bbox": box_xywh, "score": score}
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
