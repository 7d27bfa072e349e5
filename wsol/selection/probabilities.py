"""Probabilities of a class in many pictures, by forward passes."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from wsol.networks import folding


def class_probabilities(classifier: keras.Model) -> Callable[[np.ndarray, int], np.ndarray]:
    """Compile the pass from a batch of pictures to the probabilities of one class.

    Args:
        classifier: a flat functional model that ends in logits (see wsol.networks.opening).

    Returns:
        Function from pictures (n, height, width, 3) float32 RGB 0..255 and the number of a class to (n,) float32.

    Example:
        >>> image = keras.Input((2, 2, 3))
        >>> dense = keras.layers.Dense(2, kernel_initializer="zeros")
        >>> model = keras.Model(image, dense(keras.layers.GlobalAveragePooling2D()(image)))
        >>> class_probabilities(model)(np.zeros((1, 2, 2, 3), np.float32), 1).tolist()
        [0.5]
    """
    folded = folding.folded(classifier, keep=set())

    # the signature avoids a second trace for a last batch of fewer pictures
    @tf.function(input_signature=[tf.TensorSpec(classifier.input_shape), tf.TensorSpec((), tf.int64)])
    def compiled(pictures: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        return tf.gather(tf.nn.softmax(folded(pictures, training=False)), label, axis=1)

    return lambda pictures, label: compiled(pictures, tf.constant(label, tf.int64)).numpy()
