"""Imports TensorFlow and Keras without their start-up messages. Import this before any other import of them.

They write to the process's standard error itself, before any of their settings takes effect.
"""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    stderr, devnull = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(devnull)


with _muted():
    import keras  # noqa: F401
    import tensorflow as tf

    GPUS = tf.config.list_physical_devices("GPU")  # initialises the GPUs now, while output is muted
