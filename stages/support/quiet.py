"""Imports TensorFlow and Keras without their start-up messages. Import this before any other import of them."""

import os

from wsol.quiet import GPUS

import tensorflow as tf


def device() -> str:
    """The device that TensorFlow computes on, in words."""
    if GPUS:
        return ", ".join(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in GPUS)
    return f"CPU with {os.cpu_count()} cores; TensorFlow sees no GPU"
