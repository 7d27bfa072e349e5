"""Write a prepared dataset as a folder of pictures and COCO annotation files.

Run it as `PYTHONPATH=tests python -m coco_export data/toy_dogs FOLDER`. It prints the keys of `download.coco`. Stanford
Dogs also needs `duplicates: keep`: without it, the picture of train that is in test too is left out, and the split into
fit and holdout changes.
"""

import io
import json
import pathlib
import sys
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from wsol.boxes.geometry import padded_boxes
from wsol.data import coco, datasets

FILES = {"images": "images", "train": "train.json", "test": "test.json"}


def export(builder: tfds.core.DatasetBuilder, folder: pathlib.Path) -> dict[str, str]:
    """Write the pictures with their bytes as they are, train.json and test.json.

    Returns:
        The keys `images`, `train` and `test` of `download.coco`.
    """
    for split in ("train", "test"):
        content = annotations(builder, split, folder / "images")
        (folder / f"{split}.json").write_text(json.dumps(content), encoding="utf8")
    return {name: str(folder / file) for name, file in FILES.items()}


def annotations(builder: tfds.core.DatasetBuilder, split: str, images: pathlib.Path) -> dict[str, Any]:
    """The content of an annotation file; its pictures are written on the way."""
    names, labels, boxes, sizes = [], [], [], []
    for example in datasets.all_encoded(builder, split).as_numpy_iterator():
        names.append(example["image/filename"].decode())
        labels.append(int(example["label"]))
        boxes.append(example["objects"]["bbox"].ravel())
        sizes.append(size_of(example["image"]))
        path = images / names[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(example["image"])
    classes = builder.info.features["label"].names
    ids = coco.Ids(range(1, len(names) + 1), range(1, len(classes) + 1))
    boxes_yxyx = padded_boxes(boxes)
    content = coco.ground_truth(names, np.array(sizes), np.array(labels), boxes_yxyx, classes, ids)
    drawn = {row["image_id"] for row in content["annotations"]}
    for image, label in zip(content["images"], labels, strict=True):
        if image["id"] not in drawn:  # a category alone
            number = len(content["annotations"]) + 1
            content["annotations"].append({"id": number, "image_id": image["id"], "category_id": label + 1})
    return content


def size_of(encoded: bytes) -> tuple[int, int]:
    """Height and width of an encoded picture."""
    with Image.open(io.BytesIO(encoded)) as image:
        return image.height, image.width


if __name__ == "__main__":
    print(export(datasets.load(sys.argv[1]), pathlib.Path(sys.argv[2])))
