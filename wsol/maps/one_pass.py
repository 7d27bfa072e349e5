"""Class activation maps: CAM, and Grad-CAM at any layers, from one forward and one backward pass."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from wsol.networks import folding

FLOAT16_MAX = 65504.0

Maps = tuple[tf.Tensor, list[tf.Tensor], tf.Tensor]


def mapper(classifier: keras.Model, layers: Sequence[str], target: str, score: str, relu: bool) -> Callable[..., Maps]:
    """The compiled pass from a batch of images to all of their maps.

    Args:
        classifier: a flat model whose last layers are `gap` and `logits` (see wsol.classifier).
        layers: the layers to draw Grad-CAM at.
        target: the class that is mapped: `ground_truth` or `predicted`.
        score: what Grad-CAM differentiates: `logit` (Selvaraju 2017, eq. 1) or `softmax`.
        relu: drop negative evidence before normalising (Selvaraju 2017, eq. 2).

    Returns:
        Function from images (n, height, width, 3) float32 RGB 0..255 and labels (n,) int64 to
        CAM (n, h, w), Grad-CAM of each layer (n, h_l, w_l) and the logits (n, classes), all
        float32; maps are normalised to a maximum of 1, or all 0 where nothing is positive.
    """
    model = _with_outputs(folding.folded(classifier, keep=set(layers)), layers)
    kernel = classifier.get_layer("logits").kernel

    # with a signature, so that a last batch of fewer images is not traced anew
    @tf.function(input_signature=[tf.TensorSpec(classifier.input_shape), tf.TensorSpec((None,), tf.int64)])
    def maps(images: tf.Tensor, labels: tf.Tensor) -> Maps:
        *activations, features, logits = model(images, training=False)
        classes = tf.argmax(logits, -1) if target == "predicted" else labels
        # images do not mix at inference, so the sum's gradient is each image's own; it is
        # followed no further back than to the earliest of the activations
        gradients = tf.gradients(tf.reduce_sum(class_score(logits, classes, score)), activations)
        grad_cams = [normalise(grad_cam(a, g), relu) for a, g in zip(activations, gradients, strict=True)]
        return normalise(cam(features, kernel, classes), relu), grad_cams, logits

    return maps


def _with_outputs(classifier: keras.Model, layers: Sequence[str]) -> keras.Model:
    """The classifier that gives the layers' activations as well, the last features, and the logits."""
    activations = [classifier.get_layer(name).output for name in layers]
    return keras.Model(classifier.input, [*activations, classifier.get_layer("gap").input, classifier.output])


def class_score(logits: tf.Tensor, classes: tf.Tensor, score: str) -> tf.Tensor:
    """The score (n,) of a class each, from logits (n, classes) and classes (n,) int64.

    For `softmax` it is the probability's logarithm: its gradient is the probability's over
    the probability, so the normalised map is the same, and it does not underflow.
    """
    scores = tf.nn.log_softmax(logits) if score == "softmax" else logits
    return tf.gather(scores, classes, batch_dims=1)


def cam(features: tf.Tensor, kernel: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """CAM (Zhou 2016, eq. 2): sum over k of w_ck A_k, without the bias.

    Args:
        features: (n, h, w, k) float32, the activations that the global average pooling takes.
        kernel: (k, classes) float32, of the Dense layer behind it.
        classes: (n,) int64.

    Returns:
        (n, h, w) float32.
    """
    weights = tf.gather(kernel, classes, axis=1)  # (k, n)
    return tf.einsum("nhwk,kn->nhw", features, weights)


def grad_cam(activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """Grad-CAM before its ReLU (Selvaraju 2017, eq. 1 and 2): sum over k of alpha_k A_k.

    alpha_k is the mean of the gradient over the h * w positions. Both arguments are
    (n, h, w, k) float32; returns (n, h, w) float32.
    """
    alphas = tf.reduce_mean(gradients, axis=(1, 2))  # (n, k)
    return tf.einsum("nhwk,nk->nhw", activations, alphas)


def normalise(maps: tf.Tensor, relu: bool) -> tf.Tensor:
    """Maps (n, h, w) divided by their maximum; one with no positive value becomes all 0."""
    maps = tf.nn.relu(maps) if relu else maps
    peaks = tf.reduce_max(maps, axis=(1, 2), keepdims=True)
    scaled = tf.where(peaks > 0, tf.math.divide_no_nan(maps, peaks), tf.zeros_like(maps))
    return tf.maximum(scaled, -FLOAT16_MAX)  # maps are stored as float16
