"""Pictures of some test images, decoded one by one."""

from collections.abc import Iterator

import stages.support.quiet  # noqa: F401

import numpy as np
import pandas as pd
import tensorflow as tf

from wsol.data import datasets
from wsol.errors import InputError


def pictures(dataset: str, images: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """File name and picture (height, width, 3) uint8 RGB of each image, in the dataset's order.

    Other images of the split are not decoded.

    Args:
        dataset: the dataset's name.
        images: rows with split and position, all of test.
    """
    for row in datasets.encoded(datasets.load(f"data/{dataset}"), images, "test").as_numpy_iterator():
        name = row["image/filename"].decode()
        yield name, decode(row["image"], name)


def decode(encoded: bytes, name: str) -> np.ndarray:
    try:
        return tf.io.decode_image(encoded, channels=3, expand_animations=False).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise InputError(
            f"Expected an image that can be decoded, JPEG, PNG, BMP or GIF; got {name}, which cannot: replace the file "
            "and run `dvc repro --force --single-item download`."
        ) from error
