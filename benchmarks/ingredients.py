"""Effect of each optimisation of the pass on its time.

    python -m benchmarks.ingredients

The pass of `benchmarks.maps` as it is, and with one change. The ratio is the time as it is over
the time with the change: below 1, the change is slower; above 1, it is faster.
"activations leave the graph" returns activations and gradients in place of all maps.
"""

import sys
from collections.abc import Callable
from typing import Any

from benchmarks import maps, timing

ROUNDS = 5
OFF = "oneDNN off"
CHANGES = (
    OFF,
    "batch norm not folded",
    "weights as constants",
    "one pass under way",
    "batch 16",
    "batch 4",
    "activations leave the graph",
    "gradients of weights and pictures",
    "gradients as flipped convolutions",
)


def main() -> None:
    rounds = dict.fromkeys(CHANGES, ROUNDS)
    seconds, ratios = timing.beside("benchmarks.ingredients", "as it is", rounds, {OFF: {"TF_ENABLE_ONEDNN_OPTS": "0"}})
    timing.table("All maps of an image, with one thing changed", "ms an image", seconds, ratios)
    timing.write("ingredients", {"unit": "as it is over changed", "ratios": ratios})


def changed(name: str) -> Callable[[], int]:
    """The pass with one change. It patches modules, so it needs a process of its own."""
    import keras
    import tensorflow as tf

    from stages.support import in_flight
    from wsol.maps import one_pass
    from wsol.networks import folding

    if name == "batch norm not folded":
        folding.folded = lambda model, keep: model
    elif name == "weights as constants":
        with_constants()
    elif name == "one pass under way":
        in_flight.COUNT = 1
    elif name == "activations leave the graph":
        # the mapper wants a map of each method: the activations stand for one, the gradients for the other
        one_pass._all_methods = lambda methods, activations, gradients: tf.stack([activations, gradients], -1)
        one_pass.normalise = lambda maps, relu: maps
        return maps.ours(methods=maps.METHODS[:2], fusion=False)
    elif name == "gradients of weights and pictures":
        follow_everything()
    elif name == "gradients as flipped convolutions":
        keras.layers.Conv2D.convolution_op = flipped
    return maps.ours(batch={"batch 16": 16, "batch 4": 4}.get(name, 8))


def with_constants() -> None:
    """Put the weights into the graph as constants, which TensorFlow can lay out once."""
    import tensorflow as tf

    from wsol.maps import one_pass

    with_outputs = one_pass._with_outputs

    def constant(classifier: Any, layers: Any) -> Callable:
        model = with_outputs(classifier, layers)
        groups = [[v.numpy() for v in group] for group in (model.trainable_variables, model.non_trainable_variables)]
        return lambda images, training: model.stateless_call(
            *([tf.constant(value) for value in group] for group in groups), images, training=training
        )[0]

    one_pass._with_outputs = constant


def follow_everything() -> None:
    """Compute the gradients of the weights and the images too, and add them so that they are not pruned."""
    import tensorflow as tf

    from wsol.maps import one_pass

    with_outputs, gradients = one_pass._with_outputs, tf.gradients
    sources: list = []

    def recorded(classifier: Any, layers: Any) -> Callable:
        model = with_outputs(classifier, layers)

        def call(images: Any, training: bool) -> Any:
            sources[:] = [*model.trainable_variables, images]
            return model(images, training=training)

        return call

    def all_gradients(total: Any, activations: list) -> list:
        results = gradients(total, [*activations, *(getattr(source, "value", source) for source in sources)])
        extra = sum(tf.reduce_sum(result) for result in results[len(activations) :])
        return [results[0] + 1e-30 * extra, *results[1 : len(activations)]]

    one_pass._with_outputs, tf.gradients = recorded, all_gradients


def flipped(layer: Any, inputs: Any, kernel: Any) -> Any:
    """A convolution whose input gradient is a convolution with the flipped, channel-swapped kernel."""
    import tensorflow as tf

    if layer.padding == "same" and layer.strides == (1, 1):
        stride = 1
    elif layer.kernel_size == (1, 1):
        stride = layer.strides[0]
    else:
        return tf.nn.conv2d(inputs, kernel, layer.strides, layer.padding.upper())

    @tf.custom_gradient
    def convolution(inputs: Any, weights: Any) -> Any:
        flipped_weights = tf.transpose(tf.reverse(weights, [0, 1]), [0, 1, 3, 2])
        output = tf.nn.conv2d(inputs, weights, 1, "SAME")
        return output, lambda gradient: (tf.nn.conv2d(gradient, flipped_weights, 1, "SAME"), None)

    return convolution(inputs[:, ::stride, ::stride], tf.convert_to_tensor(kernel))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        timing.serve(lambda: changed(sys.argv[1]))
    else:
        main()
