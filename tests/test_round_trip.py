"""A dataset of ours written as COCO files and brought back in as a user's own."""

import pathlib

import coco_export
import numpy as np
import pytest
import tensorflow_datasets as tfds

from stages import download
from stages.support import recipes
from wsol.data import datasets

SHARE = 0.34


@pytest.fixture(scope="module")
def brought_back(
    toy_dogs: tfds.core.DatasetBuilder, tmp_path_factory: pytest.TempPathFactory
) -> tfds.core.DatasetBuilder:
    folder = tmp_path_factory.mktemp("coco")
    files = coco_export.export(toy_dogs, folder)
    source = recipes.Coco.model_validate({"coco": files})
    builder, remarks = download.prepare(folder / "work", "my_dogs", recipe(source, "all"))
    assert remarks == []
    return datasets.load(str(builder.data_path))


def recipe(source: recipes.Download, classes: list[str] | str) -> recipes.Recipe:
    return recipes.Recipe.model_construct(download=source, classes=classes)


def test_order_split_classes_and_ids_are_the_same(
    toy_dogs: tfds.core.DatasetBuilder, brought_back: tfds.core.DatasetBuilder
) -> None:
    before, after = (datasets.table(builder, SHARE, seed=0) for builder in (toy_dogs, brought_back))
    columns = ["split", "position", "image", "image_id", "label"]
    assert after[columns].equals(before[columns])
    assert brought_back.info.features["label"].names == toy_dogs.info.features["label"].names
    assert datasets.category_ids(brought_back) == datasets.category_ids(toy_dogs) == [*range(1, 11)]


def test_boxes_are_the_same_but_for_the_rounding(
    toy_dogs: tfds.core.DatasetBuilder, brought_back: tfds.core.DatasetBuilder
) -> None:
    before, after = (datasets.table(builder, SHARE, seed=0)["boxes_yxyx"] for builder in (toy_dogs, brought_back))
    assert before.map(len).tolist() == after.map(len).tolist()
    # COCO files hold hundredths of a pixel: a corner moves by 0.005, a far one by 0.01, of pictures of at least 108
    assert np.abs(np.concatenate(before) - np.concatenate(after)).max() <= 0.01 / 108 + 1e-6


def test_pictures_keep_their_bytes(toy_dogs: tfds.core.DatasetBuilder, brought_back: tfds.core.DatasetBuilder) -> None:
    for split in ("train", "test"):
        pairs = zip(*(datasets.all_encoded(builder, split) for builder in (toy_dogs, brought_back)), strict=True)
        assert all(bool(before["image"] == after["image"]) for before, after in pairs)


def test_some_classes_of_a_drawn_dataset(toy_dogs: tfds.core.DatasetBuilder, tmp_path: pathlib.Path) -> None:
    names = toy_dogs.info.features["label"].names
    source = recipes.Pictures(seed=0, train=3, test=1)
    builder, remarks = download.prepare(tmp_path, "toy_dogs", recipe(source, [names[5], names[2]]))
    before, after = datasets.table(toy_dogs, SHARE, 0), datasets.table(datasets.load(str(builder.data_path)), SHARE, 0)
    chosen = before[before["label"].isin([2, 5])]
    assert after["image"].tolist() == chosen["image"].tolist()
    assert after["label"].tolist() == (chosen["label"] == 5).astype(int).tolist()  # in the source's order
    assert builder.info.features["label"].names == [names[2], names[5]]
    assert remarks == ["left out 32 pictures without an annotation of the classes"]  # of 8 of 10 breeds, 4 each
