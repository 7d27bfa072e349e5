"""Examples of a range of rows, read from slices of a prepared dataset's files.

TFDS reads 16 records of each of 16 files in turn, so an example's position in a split is not its record number.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import tensorflow as tf
import tensorflow_datasets as tfds

TURN = 16  # files that TFDS reads in turn, and records of each
LONG = 4096  # rows; a longer range is read from the first file on: opening a slice of every file takes longer


def record_numbers(builder: tfds.core.DatasetBuilder, tfds_split: str) -> np.ndarray:
    """Record numbers of a TFDS split's examples, in the order in which TFDS reads them.

    Args:
        builder: a prepared dataset.
        tfds_split: `train` or `test`.

    Returns:
        (examples,) int64. Records count from 0 through the split's files, one file after the other.
    """
    lengths = np.array(builder.info.splits[tfds_split].shard_lengths, np.int64)
    lengths = lengths[lengths > 0]  # TFDS reads no empty file
    files = tf.data.Dataset.from_tensor_slices((np.cumsum(lengths) - lengths, np.cumsum(lengths)))
    numbers = files.interleave(
        lambda first, end: tf.data.Dataset.range(first, end),
        cycle_length=1 if builder.info.disable_shuffling else TURN,
        block_length=TURN,
    )
    return np.concatenate([*numbers.batch(LONG).as_numpy_iterator(), np.zeros(0, np.int64)])


def reader(
    builder: tfds.core.DatasetBuilder, examples: tf.data.Dataset, rows: pd.DataFrame
) -> Callable[[int, int], tf.data.Dataset]:
    """A function that gives the encoded examples of a range of rows.

    Args:
        builder: a prepared dataset.
        examples: encoded examples of all rows.
        rows: table with `split` (`test`, or any other name for parts of `train`) and `position`, the index in the
            TFDS split, ascending. All rows of train come before those of test.

    Returns:
        Function from the first row and the row after the last to a dataset of the elements of `examples`. A range of at
        most LONG rows is read from slices of the files that hold it, so it costs the same wherever it lies.
    """
    tests = (rows["split"] == "test").to_numpy()
    positions = rows["position"].to_numpy()
    records = np.zeros(len(rows), np.int64)
    for tfds_split, mask in (("train", ~tests), ("test", tests)):
        if mask.any():
            records[mask] = record_numbers(builder, tfds_split)[positions[mask]]

    def between(start: int, stop: int) -> tf.data.Dataset:
        if stop - start > LONG:
            return examples.skip(start).take(stop - start)
        numbers, of_test = records[start:stop], tests[start:stop]
        parts: list[tf.data.Dataset] = []
        turns = []
        for tfds_split, wanted in (("train", numbers[~of_test]), ("test", numbers[of_test])):
            read, order = _slices(builder, tfds_split, wanted)
            turns.append(order + len(parts))
            parts += read
        choices = tf.data.Dataset.from_tensor_slices(np.concatenate(turns).astype(np.int64))
        # one choice for both splits: TensorFlow fails to concatenate two choices
        return tf.data.Dataset.choose_from_datasets(parts, choices, stop_on_empty_dataset=False)

    return between


def _slices(
    builder: tfds.core.DatasetBuilder, tfds_split: str, numbers: np.ndarray
) -> tuple[list[tf.data.Dataset], np.ndarray]:
    """Encoded examples of a split by their record numbers (n,): a dataset a file, and the dataset (n,) of each."""
    ends = np.cumsum(builder.info.splits[tfds_split].shard_lengths)
    files = np.searchsorted(ends, numbers, side="right")  # (n,) the file of each
    read, turns = np.unique(files, return_inverse=True)
    return [_slice(builder, tfds_split, numbers[files == file]) for file in read], turns


def _slice(builder: tfds.core.DatasetBuilder, tfds_split: str, numbers: np.ndarray) -> tf.data.Dataset:
    """Encoded examples of one file, by their ascending record numbers."""
    first, end = int(numbers[0]), int(numbers[-1]) + 1
    wanted = np.isin(np.arange(first, end), numbers)
    instruction = tfds.core.ReadInstruction(tfds_split, from_=first, to=end, unit="abs")
    examples = builder.as_dataset(split=instruction, decoders={"image": tfds.decode.SkipDecoding()})
    # also where all are wanted: the datasets between which is chosen must have their fields in the same order
    return examples.enumerate().filter(lambda place, _: tf.constant(wanted)[place]).map(lambda _, example: example)
