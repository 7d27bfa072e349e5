"""The formulas of class activation maps, before ReLU and normalisation.

To add a method, write one function of (activations, gradients), which are as in `maps`, and one line of METHODS. It
returns its map (n, h, w), or the weights w (n, k) of the channels: `maps` then computes the sums over k of w_k A_k of
all such methods in one product.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

FLOAT16_MAX = 65504.0


def maps(names: Sequence[str], activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """The maps of several methods at a layer.

    Args:
        names: keys of METHODS.
        activations: (n, h, w, k) float32, the layer's output A.
        gradients: (n, h, w, k) float32, g, the class score differentiated by A.

    Returns:
        (n, h, w, methods) float32.

    >>> activations, gradients = tf.constant([[[[1.0, 2.0]]]]), tf.constant([[[[3.0, -4.0]]]])  # one position
    >>> maps(["hires_cam", "layer_cam"], activations, gradients).numpy()  # 3 * 1 - 4 * 2, and 3 * 1
    array([[[[-5.,  3.]]]], dtype=float32)
    """
    results = {name: METHODS[name](activations, gradients) for name in names}
    weights = {name: result for name, result in results.items() if len(result.shape) == 2}
    if weights:
        results |= zip(weights, _weighted(activations, list(weights.values())), strict=True)
    return tf.stack([results[name] for name in names], axis=-1)


def grad_cam(activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """Grad-CAM (Selvaraju 2017, eq. 1 and 2): sum over k of w_k A_k, w_k the mean of g_k."""
    weights = tf.reduce_mean(gradients, axis=(1, 2))
    # the map, not the weights: the shared product would change the last digits of published figures
    return tf.einsum("nhwk,nk->nhw", activations, weights)


def grad_cam_pp(activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """Grad-CAM++ (Chattopadhay 2018, eq. 19): w_k is the sum over positions of relu(g) / (2 + S_k g).

    S_k is the sum of A_k. Published codes differ from the paper, see docs/protocol.md.
    """
    # relu(g) / (2 + S g) as 1 / (2 / relu(g) + S), in fewer steps: where g is not positive, 1 / infinity is 0
    denominators = 2 / tf.nn.relu(gradients) + _sums(activations)[:, None, None]
    return _sums(tf.math.divide_no_nan(1.0, denominators))


def xgrad_cam(activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """XGrad-CAM (Fu et al. 2020): w_k = (sum of g_k A_k) / (sum of A_k).

    Both sums are over positions; w_k is 0 if the second is 0.
    """
    return tf.math.divide_no_nan(_sums(gradients * activations), _sums(activations))


def hires_cam(activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """HiResCAM (Draelos and Carin 2020): sum over k of g_k A_k."""
    return tf.reduce_sum(gradients * activations, axis=-1)


def layer_cam(activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """LayerCAM (Jiang et al. 2021): sum over k of relu(g_k) A_k."""
    return tf.reduce_sum(tf.nn.relu(gradients) * activations, axis=-1)


def activation(activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """The sum over k of A_k, so w_k is 1. It does not depend on the class: a control for the other methods."""
    del gradients
    return tf.ones_like(activations[:, 0, 0])


def _sums(values: tf.Tensor) -> tf.Tensor:
    """The sums (n, k) over positions, as products with 1. On a CPU, sums by axis take 1.7 times as long at 56 x 56."""
    height, width, channels = values.shape[1:]
    rows = tf.reshape(values, (-1, height * width, channels))
    return tf.squeeze(tf.ones((1, height * width)) @ rows, axis=1)


def _weighted(activations: tf.Tensor, weights: list[tf.Tensor]) -> list[tf.Tensor]:
    """The sum (n, h, w) over k of w_k A_k for each of the weights (n, k), in one product, which reads A once."""
    # weights first: faster than activations first
    return tf.unstack(tf.einsum("nmk,nhwk->nmhw", tf.stack(weights, axis=1), activations), len(weights), axis=1)


METHODS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "grad_cam": grad_cam,
    "grad_cam_pp": grad_cam_pp,
    "xgrad_cam": xgrad_cam,
    "hires_cam": hires_cam,
    "layer_cam": layer_cam,
    "activation": activation,
}


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
        maps: (n, h, w) or (n, h, w, methods) float32.
        relu: set negative values to 0 first (Selvaraju 2017, eq. 2).

    Returns:
        The same shape, float32, each map with maximum 1, no value below float16's lowest. A map
        with no positive value becomes all 0. A map with a NaN or an infinity becomes all NaN.

    >>> normalise(tf.constant([[[4.0, 2.0, -1.0]]]), relu=True).numpy()
    array([[[1. , 0.5, 0. ]]], dtype=float32)
    """
    finite = tf.reduce_all(tf.math.is_finite(maps), axis=(1, 2), keepdims=True)  # (n, 1, 1)
    maps = tf.nn.relu(maps) if relu else maps
    peaks = tf.reduce_max(maps, axis=(1, 2), keepdims=True)  # (n, 1, 1)
    scaled = tf.where(peaks > 0, tf.math.divide_no_nan(maps, peaks), tf.zeros_like(maps))
    return tf.where(finite, tf.maximum(scaled, -FLOAT16_MAX), float("nan"))  # maps are stored as float16


def fused(heatmaps: Sequence[tf.Tensor]) -> tf.Tensor:
    """The mean of each method's heatmaps over layers, on the grid of the finest.

    Args:
        heatmaps: of each layer, (n, h, w, methods) float32, as `normalise` gives them. h and w differ. Negative values
            count as 0: divided by a small maximum, they would outweigh the other layers.

    Returns:
        (n, most h, most w, methods) float32. Coarser heatmaps are resized bilinearly, with half-pixel centres. The mean
        is not normalised: its maximum is at most 1.

    >>> fused([tf.constant([[[[0.0], [1.0]]]]), tf.constant([[[[1.0]]]])])[..., 0].numpy()
    array([[[0.5, 1. ]]], dtype=float32)
    """
    size = [max(values.shape[side] for values in heatmaps) for side in (1, 2)]
    resized = [tf.image.resize(tf.nn.relu(values), size) for values in heatmaps]
    return tf.add_n(resized) / len(resized)
