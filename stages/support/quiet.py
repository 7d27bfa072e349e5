"""Importing this imports TensorFlow and Keras without what they say on the way: before any other import of them.

They write to the process's standard error itself, before any setting of theirs counts.
"""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with _silent():
    import keras  # noqa: F401
    import tensorflow as tf

    tf.config.list_physical_devices()  # asks for GPUs, which it would else do, and tell, at its first work
