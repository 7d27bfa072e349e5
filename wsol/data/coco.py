"""Boxes in the formats of COCO, for other tools: [x, y, width, height] in pixels of the original image."""

from typing import Any

import numpy as np

from wsol.boxes.geometry import area


def ground_truth(
    images: list[str], sizes: np.ndarray, labels: np.ndarray, boxes_yxyx: np.ndarray, classes: list[str]
) -> dict[str, Any]:
    """A COCO annotation file.

    Args:
        images: file names; an image's id is its place among them, from 1.
        sizes: (images, 2) height and width, pixels.
        labels: (images,) the true class, an index of `classes`; a category's id is that and 1.
        boxes_yxyx: (images, most, 4) float, fractions of the image; rows of zeros are none.
        classes: names.
    """
    rows, numbers = np.nonzero(area(boxes_yxyx))
    own = boxes_xywh(boxes_yxyx[rows, numbers], sizes[rows])
    annotations = [
        {
            "id": at + 1,
            "image_id": int(row) + 1,
            "category_id": int(labels[row]) + 1,
            "bbox": box.tolist(),
            "area": float(box[2] * box[3]),
            "iscrowd": 0,
        }
        for at, (row, box) in enumerate(zip(rows, own, strict=True))
    ]
    listed = [
        {"id": row + 1, "file_name": image, "height": int(size[0]), "width": int(size[1])}
        for row, (image, size) in enumerate(zip(images, sizes, strict=True))
    ]
    categories = [{"id": at + 1, "name": name} for at, name in enumerate(classes)]
    return {"images": listed, "annotations": annotations, "categories": categories}


def results(boxes_yxyx: np.ndarray, sizes: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> list[dict[str, Any]]:
    """A COCO results file: one detection an image, none where the box is empty.

    Args:
        boxes_yxyx: (images, 4) float, fractions of the image, in the order of `ground_truth`'s images.
        sizes: (images, 2) height and width, pixels.
        labels: (images,) the class whose map the box comes from.
        scores: (images,) the confidence in it, 0..1.
    """
    rows = np.flatnonzero(area(boxes_yxyx))
    own = boxes_xywh(boxes_yxyx[rows], sizes[rows])
    found = zip(rows.tolist(), labels[rows].tolist(), own.tolist(), scores[rows].tolist(), strict=True)
    return [
        {"image_id": row + 1, "category_id": label + 1, "bbox": box, "score": score} for row, label, box, score in found
    ]


def boxes_xywh(boxes_yxyx: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Boxes (boxes, 4) as [x, y, width, height] in pixels, rounded to hundredths, of images of sizes (boxes, 2)."""
    pixels = np.asarray(boxes_yxyx, float) * np.tile(sizes, 2)
    ymin, xmin, ymax, xmax = pixels.T
    return np.round(np.stack([xmin, ymin, xmax - xmin, ymax - ymin], axis=1), 2)
