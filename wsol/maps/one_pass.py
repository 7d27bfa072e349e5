"""All heatmaps of a batch by one forward and one backward pass: CAM, each method at each layer, and their fusion."""

import math
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from wsol.errors import InputError
from wsol.maps.keys import CAM, FUSION
from wsol.maps.methods import cam, fused, maps, normalise
from wsol.networks import folding
from wsol.networks.cam_parts import cam_parts
from wsol.networks.layers import features, not_finite, outputs_by_name

SMALLEST_FACTOR = 1e-20  # of gradients: no underflow, and Grad-CAM++ is linear in gradients that are smaller
LARGE = 300_000  # values of an image's activations, 1.2 MB; the blocks of ResNet50 at 28 x 28 have 400,000

Heatmaps = dict[tuple[str, str], tf.Tensor]


def mapper(
    classifier: keras.Model,
    methods: Sequence[str],
    layers: Sequence[str],
    *,
    fusion: bool,
    target: str,
    score: str,
    relu: bool,
) -> Callable[[tf.Tensor, tf.Tensor], tuple[Heatmaps, tf.Tensor]]:
    """Compile the pass from a batch of images to all of its heatmaps.

    Args:
        classifier: a flat functional model that ends in logits (see wsol.networks.opening). CAM is drawn where it is
            defined (see wsol.networks.cam_parts).
        methods: keys of `wsol.maps.methods.METHODS`.
        layers: names of the layers that each method is computed at.
        fusion: also give each method's mean over the layers (see `methods.fused`).
        target: class that is mapped, `ground_truth` or `predicted`.
        score: what is differentiated, `logit` (Selvaraju 2017, eq. 1) or `softmax`.
        relu: set negative values to 0 before normalising (Selvaraju 2017, eq. 2).

    Returns:
        Function from images (n, height, width, 3) float32 RGB 0..255 and labels (n,) int64 to

        - heatmaps: (map, layer) -> (n, h, w) float32, h and w the layer's; see `normalise`
          for the values and `map_keys` for the order.
        - logits: (n, classes) float32.

    Raises:
        InputError: the classifier has a NaN or infinite weight.
    """
    _check_weights(classifier)
    keys = map_keys(classifier, methods, layers, fusion)
    parts = cam_parts(classifier)
    folded = folding.folded(classifier, keep=set(layers))
    kernel = classifier.get_layer(parts.dense).kernel if parts else None
    model = _with_outputs(folded, layers)

    # the signature avoids a second trace for a last batch of fewer images
    @tf.function(input_signature=[tf.TensorSpec(classifier.input_shape), tf.TensorSpec((None,), tf.int64)])
    def compiled(images: tf.Tensor, labels: tf.Tensor) -> list[tf.Tensor]:
        *activations, pooled, logits = model(images, training=False)
        classes = tf.argmax(logits, -1) if target == "predicted" else labels
        # At inference an image's score depends on that image only, so the gradient of the sum
        # holds each image's gradient. Backpropagation stops at the earliest of the activations.
        scores = class_score(logits, classes, score)
        gradients = tf.gradients(tf.reduce_sum(scores), activations)
        if score == "softmax":
            gradients = [of_log_probability(values, scores) for values in gradients]
        pairs = list(zip(activations, gradients, strict=True))
        heatmaps = [normalise(cam(pooled, kernel, classes), relu)] if parts else []
        # one array of all methods a layer: a sixth of the small operations
        by_layer = [normalise(_all_methods(methods, *pair), relu) for pair in pairs]
        places = [*by_layer, fused(by_layer)] if fusion else by_layer
        heatmaps += [values[..., place] for place in range(len(methods)) for values in places]
        return [*heatmaps, logits]

    def one_pass(images: tf.Tensor, labels: tf.Tensor) -> tuple[Heatmaps, tf.Tensor]:
        *heatmaps, logits = compiled(images, labels)
        return dict(zip(keys, heatmaps, strict=True)), logits

    return one_pass


def _all_methods(methods: Sequence[str], activations: tf.Tensor, gradients: tf.Tensor) -> tf.Tensor:
    """The maps (n, h, w, methods) of a layer.

    Several methods at a large layer take an image at a time: what they compute on the way then stays in the cache.
    """

    def of_images(images: slice) -> tf.Tensor:
        return maps(methods, activations[images], gradients[images])

    if len(methods) == 1 or math.prod(activations.shape[1:]) < LARGE:
        return of_images(slice(None))
    return tf.map_fn(
        lambda image: of_images(slice(image, image + 1))[0],
        tf.range(tf.shape(activations)[0]),
        fn_output_signature=tf.float32,
        parallel_iterations=1,
    )


def _check_weights(classifier: keras.Model) -> None:
    """Raise an error for NaN weights: oneDNN's fused ReLU turns NaN into 0, so heatmaps may be finite but wrong."""
    if layer := not_finite(classifier):
        raise InputError(
            f"Expected finite weights in the classifier, but layer {layer} has a NaN or an infinity: lower "
            "finetune.learning_rate and train it anew."
        )


def map_keys(
    classifier: keras.Model, methods: Sequence[str], layers: Sequence[str], fusion: bool
) -> list[tuple[str, str]]:
    """(map, layer) of every heatmap: CAM at its layer, then the first method at each layer, and so on.

    There is no CAM where the classifier does not define it. The layer of a method's fusion is FUSION, and comes after
    the method's layers.
    """
    parts = cam_parts(classifier)
    places = [*layers, FUSION] if fusion else layers
    methods_at_layers = [(method, layer) for method in methods for layer in places]
    return [(CAM, parts.layer), *methods_at_layers] if parts else methods_at_layers


def _with_outputs(classifier: keras.Model, layers: Sequence[str]) -> keras.Model:
    """The classifier with more outputs: the activations of each layer, what is pooled, the logits."""
    outputs = outputs_by_name(classifier)
    activations = [outputs[name] for name in layers]
    return keras.Model(classifier.input, [*activations, features(classifier).outputs[0], classifier.output])


def class_score(logits: tf.Tensor, classes: tf.Tensor, score: str) -> tf.Tensor:
    """The score that is differentiated.

    For `softmax` it is log(p / (1 - p)), p the probability: the logit less the log-sum-exp of the other logits. Its
    gradient is that of p divided by p (1 - p), so the normalised map is the same. It is exact where p is near 0 or 1;
    that of log(p) cancels near 1.

    Args:
        logits: (n, classes) float32, at least two classes.
        classes: (n,) int64, the class of each image.
        score: `logit` or `softmax`.

    Returns:
        (n,) float32.
    """
    logit = tf.gather(logits, classes, batch_dims=1)
    if score == "logit":
        return logit
    is_class = tf.one_hot(classes, logits.shape[-1], on_value=True, off_value=False)
    return logit - tf.reduce_logsumexp(tf.where(is_class, -math.inf, logits), axis=-1)


def of_log_probability(gradients: tf.Tensor, log_odds: tf.Tensor) -> tf.Tensor:
    """From gradients of log(p / (1 - p)) to those of log(p), which are 1 - p times as large.

    Grad-CAM++ alone depends on the scale: its equation takes exp(score) for the class score, which here is p.

    Args:
        gradients: (n, h, w, k) float32.
        log_odds: (n,) float32, log(p / (1 - p)).

    Returns:
        (n, h, w, k) float32.
    """
    return gradients * tf.maximum(tf.sigmoid(-log_odds), SMALLEST_FACTOR)[:, None, None, None]
