"""Training the classifier, on images or on pooled features."""

import contextlib
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from wsol.networks.cam_parts import head_layer


@contextlib.contextmanager
def mirrored(devices: Sequence[str]) -> Iterator[None]:
    """Models that are built and compiled in this block are trained on all of the devices.

    Each device holds the weights and takes its part of every batch. With fewer than two devices nothing changes. The
    results are those of one device up to rounding if the batch size is a multiple of the number of devices and
    batch normalisation is shared (see `batch_norm.share_statistics`).

    Args:
        devices: names, such as `GPU:0`.
    """
    if len(devices) < 2:
        yield
        return
    with tf.distribute.MirroredStrategy(devices).scope():
        yield


def compile_for_training(model: keras.Model, learning_rate: float, steps: int) -> None:
    """Compile a model with Adam and the cross-entropy of its logits.

    Args:
        model: a model with outputs (n, classes), the logits.
        learning_rate: at the first step; it falls to 0 along a cosine.
        steps: number of steps until the rate is 0.
    """
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    metrics = [keras.metrics.SparseCategoricalAccuracy(name="top1")]
    model.compile(keras.optimizers.Adam(schedule), loss, metrics=metrics, jit_compile=False)  # XLA is slower on a CPU
    # an unbuilt optimizer makes the first step trace the whole graph twice, which takes 20 s more
    model.optimizer.build(model.trainable_variables)


def head(model: keras.Model) -> keras.Model:
    """The classifier's Dense layer as a model from features (n, k) to logits. It shares the weights.

    Raises:
        InputError: the logits do not come from a Dense layer.
    """
    dense = model.get_layer(head_layer(model))
    features = keras.Input((dense.input.shape[-1],), name="features")
    return keras.Model(features, dense(features), name="head")


def backbone(model: keras.Model) -> keras.Model:
    """The classifier up to the features (n, k) that its Dense layer takes. It shares the weights."""
    return keras.Model(model.input, model.get_layer(head_layer(model)).input, name="backbone")


def classification_scores(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Top-1 and top-5 accuracy and mean cross-entropy.

    Args:
        logits: (n, classes) float.
        labels: (n,) int, the true classes.

    Returns:
        `top1` and `top5`, shares in 0..1, and `loss`, nats.

    >>> logits = np.log([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]])
    >>> classification_scores(logits, labels=np.array([0, 0]))["top1"]
    1.0
    """
    hits = np.argsort(-logits, axis=1, kind="stable")[:, :5] == labels[:, None]
    peaks = logits.max(1)
    log_sums = peaks + np.log(np.exp(logits - peaks[:, None]).sum(1))
    losses = log_sums - logits[np.arange(len(labels)), labels]
    return {"top1": float(hits[:, 0].mean()), "top5": float(hits.any(1).mean()), "loss": float(losses.mean())}
