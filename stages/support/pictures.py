"""Errors of pictures that cannot be decoded, with the name of the picture."""

import contextlib
from collections.abc import Iterator

import stages.support.quiet  # noqa: F401

import tensorflow as tf

from wsol.data import images
from wsol.errors import InputError


@contextlib.contextmanager
def named_pictures(*splits: tf.data.Dataset) -> Iterator[None]:
    """Turn TensorFlow's error about a picture into one sentence with the picture's file name.

    Args:
        splits: encoded examples that the block decodes.
    """
    try:
        yield
    except (tf.errors.InvalidArgumentError, tf.errors.UnknownError) as error:
        name = next((name for split in splits if (name := images.undecodable(split))), None)
        if name is None:
            raise
        raise InputError(
            f"Expected every picture to be decodable, but {name} is damaged or in an unsupported format: replace it in "
            "the dataset's source and run again."
        ) from error
