import pathlib

import numpy as np
import pytest
import tensorflow_datasets as tfds

from wsol.data import datasets
from wsol.errors import InputError


def test_holdout_takes_its_share_of_each_class() -> None:
    labels = np.repeat([0, 1, 2, 3], [20, 10, 2, 1])
    held_out = datasets.holdout_mask(labels, 0.1, seed=0)
    # 0.1 * 20 = 2; 0.1 * 10 = 1; of 2 images at least 1; of 1 image 0, since one must be left to train on
    assert [held_out[labels == label].sum() for label in range(4)] == [2, 1, 1, 0]


def test_holdout_never_takes_a_whole_class() -> None:
    # 0.999 of 10 rounds to 10, of 2 to 2; one of each is left
    assert datasets.holdout_mask(np.repeat([0, 1], [10, 2]), 0.999, seed=0).sum() == 9 + 1


def test_holdout_depends_on_the_seed() -> None:
    labels = np.repeat(np.arange(5), 30)
    first, again, another = [datasets.holdout_mask(labels, 0.1, seed) for seed in (0, 0, 1)]
    assert (first == again).all()
    assert (first != another).any()


def test_every_image_is_in_one_split(toy_dogs: tfds.core.DatasetBuilder) -> None:
    table = datasets.table(toy_dogs, 0.34, seed=0)
    assert table["split"].value_counts().to_dict() == {"fit": 20, "holdout": 10, "test": 10}
    assert table["image"].is_unique


def test_the_table_holds_the_datasets_annotations(toy_dogs: tfds.core.DatasetBuilder) -> None:
    table = datasets.table(toy_dogs, 0.34, seed=0)
    examples = [row for split in ("train", "test") for row in toy_dogs.as_dataset(split=split).as_numpy_iterator()]
    assert table["position"].tolist() == [*range(30), *range(10)]
    assert table["label"].tolist() == [example["label"] for example in examples]
    for boxes_yxyx, example in zip(table["boxes_yxyx"], examples, strict=True):
        assert boxes_yxyx.reshape(-1, 4).tolist() == example["objects"]["bbox"].tolist()


@pytest.mark.parametrize("split", ["fit", "holdout", "test"])
def test_encoded_gives_a_splits_examples_in_the_tables_order(toy_dogs: tfds.core.DatasetBuilder, split: str) -> None:
    table = datasets.table(toy_dogs, 0.34, seed=0)
    examples = datasets.encoded(toy_dogs, table, split)
    names = [example["image/filename"].decode() for example in examples.as_numpy_iterator()]
    assert names == table.loc[table["split"] == split, "image"].tolist()
    assert len(examples) == len(names)


def test_all_encoded_gives_a_tfds_split_whatever_is_held_out(toy_dogs: tfds.core.DatasetBuilder) -> None:
    table = datasets.table(toy_dogs, 0.34, seed=0)
    examples = datasets.all_encoded(toy_dogs, "train")
    names = [example["image/filename"].decode() for example in examples.as_numpy_iterator()]
    assert names == table.loc[table["split"] != "test", "image"].tolist()
    assert len(examples) == 30


def test_examples_are_not_decoded(toy_dogs: tfds.core.DatasetBuilder) -> None:
    example = next(datasets.all_encoded(toy_dogs, "test").as_numpy_iterator())
    assert example["image"].startswith(b"\x89PNG")


def test_no_dataset(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="Expected a prepared dataset in"):
        datasets.load(str(tmp_path))


def test_damaged_records(toy_folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for path in toy_folder.iterdir():
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(content[: len(content) // 2] if "tfrecord" in path.name else content)
    with pytest.raises(InputError, match="they are damaged"):
        datasets.table(datasets.load(str(tmp_path)), 0.1, 0)
