"""The formulas of class activation maps, before ReLU and normalisation.

To add a method, write one function of (activations, gradients) and one line of METHODS.
"""

from collections.abc import Callable

import tensorflow as tf

FLOAT16_MAX = 65504.0


def grad_cam(activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """Grad-CAM (Selvaraju 2017, eq. 1 and 2): sum over k of alpha_k A_k.

    alpha_k is the mean of channel k's gradient over the h * w positions.

    Args:
        activations: (n, h, w, k) float32, the layer's output A.
        gradients: (n, h, w, k) float32, the class score differentiated by A.

    Returns:
        (n, h, w) float32.
    """
    alphas = tf.reduce_mean(gradients, axis=(1, 2))  # (n, k)
    return tf.einsum("nhwk,nk->nhw", activations, alphas)


METHODS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {"grad_cam": grad_cam}


def cam(features: tf.Tensor, kernel: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """CAM (Zhou 2016, eq. 2): sum over k of w_ck A_k, without the bias.

    Args:
        features: (n, h, w, k) float32, the input A of the global average pooling.
        kernel: (k, classes) float32, the weights w of the Dense layer after it.
        classes: (n,) int, the class c of each image.

    Returns:
        (n, h, w) float32.
    """
    weights = tf.gather(kernel, classes, axis=1)  # (k, n)
    return tf.einsum("nhwk,kn->nhw", features, weights)


def normalise(maps: tf.Tensor, relu: bool) -> tf.Tensor:
    """Divide each map by its maximum.

    Args:
        maps: (n, h, w) float32.
        relu: set negative values to 0 first (Selvaraju 2017, eq. 2).

    Returns:
        (n, h, w) float32 with maximum 1, no value below float16's lowest. A map with no
        positive value becomes all 0. A map with a NaN or an infinity becomes all NaN.

    >>> normalise(tf.constant([[[4.0, 2.0, -1.0]]]), relu=True).numpy()
    array([[[1. , 0.5, 0. ]]], dtype=float32)
    """
    finite = tf.reduce_all(tf.math.is_finite(maps), axis=(1, 2), keepdims=True)  # (n, 1, 1)
    maps = tf.nn.relu(maps) if relu else maps
    peaks = tf.reduce_max(maps, axis=(1, 2), keepdims=True)  # (n, 1, 1)
    scaled = tf.where(peaks > 0, tf.math.divide_no_nan(maps, peaks), tf.zeros_like(maps))
    return tf.where(finite, tf.maximum(scaled, -FLOAT16_MAX), float("nan"))  # maps are stored as float16
