"""Training the classifier: what is shared by training on pixels and on pooled features."""

import keras
import numpy as np


def compile_for_training(model: keras.Model, learning_rate: float, steps: int) -> None:
    """Adam, its rate falling to 0 over `steps` along a cosine, on the cross-entropy of the logits."""
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    metrics = [keras.metrics.SparseCategoricalAccuracy(name="top1")]
    model.compile(keras.optimizers.Adam(rate), loss, metrics=metrics, jit_compile=False)  # XLA is slower on a CPU
    model.optimizer.build(model.trainable_variables)  # else the first step traces the whole graph twice, 20 s more


def head(model: keras.Model) -> keras.Model:
    """The classifier's Dense layer as a model of its own, from pooled features (n, k); it shares the weights."""
    features = keras.Input((model.get_layer("gap").output.shape[-1],), name="features")
    return keras.Model(features, model.get_layer("logits")(features), name="head")


def backbone(model: keras.Model) -> keras.Model:
    """The classifier up to its pooled features (n, k); it shares the weights."""
    return keras.Model(model.input, model.get_layer("gap").output, name="backbone")


def classification_scores(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Top-1 and top-5 accuracy and mean cross-entropy.

    Args:
        logits: (n, classes) float.
        labels: (n,) int.
    """
    hits = np.argsort(-logits, axis=1, kind="stable")[:, :5] == labels[:, None]
    peaks = logits.max(1)
    log_sums = peaks + np.log(np.exp(logits - peaks[:, None]).sum(1))
    losses = log_sums - logits[np.arange(len(labels)), labels]
    return {"top1": float(hits[:, 0].mean()), "top5": float(hits.any(1).mean()), "loss": float(losses.mean())}
