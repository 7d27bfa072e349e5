"""A folder of pictures with COCO annotation files, made by hand."""

import io
import json
import pathlib
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from stages import download
from stages.support import recipes
from wsol.data import datasets

WIDTH, HEIGHT = 40, 20  # of every picture
TRAIN, TEST = [f"train{number}.png" for number in range(12)], [f"test{number}.png" for number in range(10)]
CATEGORIES = [{"id": 7, "name": "cat"}, {"id": 90, "name": "dog"}]  # with gaps

Content = dict[str, Any]


def png(seed: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    """A picture of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def content(names: list[str], first_id: int) -> Content:
    """An annotation file: cats and dogs by turns, each with one box. Ids start anywhere."""
    ids = range(first_id, first_id + len(names))
    return {
        "images": [
            {"id": image_id, "file_name": name, "width": WIDTH, "height": HEIGHT}
            for image_id, name in zip(ids, names, strict=True)
        ],
        "annotations": [
            {"id": 1000 + row, "image_id": image_id, "category_id": CATEGORIES[row % 2]["id"], "bbox": [10, 5, 20, 10]}
            for row, image_id in enumerate(ids)
        ],
        "categories": [dict(category) for category in CATEGORIES],
    }


class Folder:
    """The contents of both annotation files, to be changed by a test before they are read."""

    def __init__(self, path: pathlib.Path) -> None:
        """Write the pictures to `path`."""
        self.path, self.train, self.test = path, content(TRAIN, 100), content(TEST, 500)
        self.images = path / "images"
        self.images.mkdir()
        self.options: dict[str, Any] = {}
        self.classes: list[str] | str = "all"
        for seed, name in enumerate(TRAIN + TEST):
            (self.images / name).write_bytes(png(seed))

    def annotation(self, split: str, row: int) -> Content:
        return getattr(self, split)["annotations"][row]

    def prepare(self) -> tuple[Any, list[str]]:
        """The dataset that the stage makes, and what it says."""
        for split in ("train", "test"):
            (self.path / f"{split}.json").write_text(json.dumps(getattr(self, split)))
        return self.prepare_as_it_is()

    def prepare_as_it_is(self) -> tuple[Any, list[str]]:
        files = {split: str(self.path / f"{split}.json") for split in ("train", "test")}
        source = {"coco": {"images": str(self.images), **files, **self.options}}
        recipe = recipes.Recipe.model_construct(download=recipes.Coco.model_validate(source), classes=self.classes)
        builder, remarks = download.prepare(self.path / "work", "my_pets", recipe)
        return datasets.load(str(builder.data_path)), remarks


def rows(folder: Folder) -> tuple[pd.DataFrame, list[str], list[list[str]]]:
    """The dataset's table by file name, what was said, and left_out.csv."""
    builder, remarks = folder.prepare()
    left_out = pd.read_csv(builder.data_path / "left_out.csv", keep_default_na=False)
    return datasets.table(builder, 0.2, 0).set_index("image"), remarks, left_out.to_numpy().tolist()
