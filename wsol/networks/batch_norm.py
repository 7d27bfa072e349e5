"""Batch normalization while a network trains.

Keras composes it of single operations. TensorFlow's fused kernel computes the same in one, which takes a third of a
step of ResNet50 away on a CPU.
"""

import keras
import tensorflow as tf

from wsol.networks.flattening import set_weights


@keras.saving.register_keras_serializable("wsol")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer for (n, h, w, channels) float32, which trains by TensorFlow's fused kernel."""

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Normalize by the batch's mean and variance and update the moving ones.

        Outside training, and where several devices share the statistics, it is Keras's own computation.
        """
        if self.synchronized or not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        gamma = self.gamma if self.scale else tf.ones(channels)
        beta = self.beta if self.center else tf.zeros(channels)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(inputs, gamma, beta, epsilon=self.epsilon)
        values = tf.cast(tf.size(inputs) // channels, tf.float32)
        self._move(self.moving_mean, mean)
        self._move(self.moving_variance, variance * (values - 1) / values)  # the kernel divides by values - 1
        return outputs

    def _move(self, moving: keras.Variable, value: tf.Tensor) -> None:
        moving.assign(moving * self.momentum + value * (1 - self.momentum))


def fused(model: keras.Model) -> keras.Model:
    """A copy of the model, with the same weights, whose batch normalizations train by the fused kernel.

    Layers that the kernel cannot compute stay as they are.
    """
    copy = keras.models.clone_model(model, clone_function=_fused_layer)
    copy_weights(model, copy)
    return copy


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Set the weights of each layer to those of the layer of the same name."""
    for layer in source.layers:
        if layer.weights:  # Keras renames the input of a clone
            set_weights(target.get_layer(layer.name), layer.get_weights())


def set_momentum(model: keras.Model, momentum: float) -> None:
    """Set the share of its moving statistics, in 0..1, that each batch normalization keeps at a step."""
    for layer in _batch_norms(model):
        layer.momentum = momentum


def share_statistics(model: keras.Model) -> None:
    """Let each batch normalization take its statistics from the whole batch instead of each device's part of it."""
    for layer in _batch_norms(model):
        layer.synchronized = True


def _batch_norms(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]


def _fused_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
    return (FusedBatchNormalization if _fusable(layer) else type(layer)).from_config(layer.get_config())


def _fusable(layer: keras.layers.Layer) -> bool:
    """Whether the kernel computes what the layer does."""
    return (
        type(layer) is keras.layers.BatchNormalization
        and layer.input_spec.ndim == 4
        and layer.axis in (-1, 3)
        and layer.compute_dtype == "float32"
        and not layer.synchronized
        and not getattr(layer, "renorm", False)
    )
