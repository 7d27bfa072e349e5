"""Ranges of rows from slices of files: of one file, and of more files than TFDS reads in turn."""

import json
import pathlib
import shutil

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from wsol.data import datasets, slices

# 20 files of 90 records. TFDS reads 16 files in turn and 16 records of each: 33 = 2 * 16 + 1 takes three turns, 16 ends
# with its first, and the last four files wait for room
LENGTHS = [33, 16, 1, 17, 2, *[1] * 13, 5, 3]


@pytest.fixture(scope="module")
def many_files(toy_folder: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> tfds.core.DatasetBuilder:
    """toy_dogs with a train split of 90 records in 20 files, each named after its number."""
    folder = tmp_path_factory.mktemp("many") / "toy_dogs/few/1.0.0"
    shutil.copytree(toy_folder, folder)
    (path,) = folder.glob("*train*")
    examples = [tf.train.Example.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))] * 3
    path.unlink()
    number = 0
    for file, length in enumerate(LENGTHS):
        name = path.name.replace("00000-of-00001", f"{file:05}-of-{len(LENGTHS):05}")
        with tf.io.TFRecordWriter(str(folder / name)) as writer:
            for example in examples[number : number + length]:
                example.features.feature["image/filename"].bytes_list.value[0] = str(number).encode()
                writer.write(example.SerializeToString())
                number += 1
    info = json.loads((folder / "dataset_info.json").read_text())
    (train,) = [split for split in info["splits"] if split["name"] == "train"]
    train["shardLengths"] = [str(length) for length in LENGTHS]
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return datasets.load(str(folder))


def names(examples: tf.data.Dataset) -> list[str]:
    return [example["image/filename"].decode() for example in examples.as_numpy_iterator()]


def test_record_numbers_are_in_the_order_in_which_tfds_reads(many_files: tfds.core.DatasetBuilder) -> None:
    numbers = slices.record_numbers(many_files, "train")
    assert numbers.tolist() == [int(name) for name in names(datasets.all_encoded(many_files, "train"))]
    assert numbers[:18].tolist() == [*range(16), 33, 34]  # a turn of the first file, then the second
    assert sorted(numbers) == list(range(90))


def test_a_dataset_that_keeps_its_order_is_read_in_order(
    many_files: tfds.core.DatasetBuilder, tmp_path: pathlib.Path
) -> None:
    folder = tmp_path / "toy_dogs/few/1.0.0"
    shutil.copytree(many_files.data_path, folder)
    info = json.loads((folder / "dataset_info.json").read_text())
    (folder / "dataset_info.json").write_text(json.dumps(info | {"disableShuffling": True}))
    in_order = datasets.load(str(folder))
    assert names(datasets.all_encoded(in_order, "train")) == [str(number) for number in range(90)]
    assert slices.record_numbers(in_order, "train").tolist() == list(range(90))


@pytest.mark.parametrize("long", [slices.LONG, 20])
def test_ranges_are_those_of_all_examples(
    many_files: tfds.core.DatasetBuilder, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "LONG", long)
    table = datasets.table(many_files, 0.4, seed=0)
    rows = pd.concat([table[table["split"] == split] for split in ("holdout", "test")], ignore_index=True)
    holdout, test = (datasets.encoded(many_files, rows, split) for split in ("holdout", "test"))
    examples = holdout.concatenate(test)
    between, expected = slices.reader(many_files, examples, rows), rows["image"].tolist()
    assert len(expected) == 40 + 10  # 0.4 of the 9 records of each of 10 breeds is 3.6, so 4 of each
    for start, stop in ((0, 50), (0, 8), (8, 16), (33, 45), (40, 50), (49, 50)):
        assert names(between(start, stop)) == expected[start:stop]


def test_a_range_holds_what_the_examples_hold(toy_dogs: tfds.core.DatasetBuilder) -> None:
    examples = datasets.all_encoded(toy_dogs, "train")
    between = slices.reader(toy_dogs, examples, pd.DataFrame({"split": "train", "position": np.arange(30)}))
    assert between(3, 4).element_spec == examples.element_spec
    (part,), (whole,) = between(3, 4).as_numpy_iterator(), examples.skip(3).take(1).as_numpy_iterator()
    assert part["image"] == whole["image"]
    assert part["objects"]["bbox"].tolist() == whole["objects"]["bbox"].tolist()
