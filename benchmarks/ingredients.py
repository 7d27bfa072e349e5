"""What does each ingredient of the maps' speed bring by itself?

    python -m benchmarks.ingredients

The pass of `benchmarks.maps`, as it is and with one thing changed; the ratio is the time as it is
over the changed one's, so that what is below 1 helps and what is above 1 would have.
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
    """The pass with one thing changed, in a process that does nothing else."""
    import keras

    from stages import heatmaps
    from wsol.maps import one_pass
    from wsol.networks import folding

    if name == "batch norm not folded":
        folding.folded = lambda model, keep: model
    elif name == "weights as constants":
        with_constants()
    elif name == "one pass under way":
        heatmaps.IN_FLIGHT = 1
    elif name == "activations leave the graph":
        one_pass.grad_cam, one_pass.normalise = (
            (lambda activations, gradients: (activations, gradients)),
            (lambda maps, relu: maps),
        )
    elif name == "gradients of weights and pictures":
        follow_everything()
    elif name == "gradients as flipped convolutions":
        keras.layers.Conv2D.convolution_op = flipped
    return maps.ours(batch={"batch 16": 16, "batch 4": 4}.get(name, 8))


def with_constants() -> None:
    """Let the graph hold the weights themselves, which TensorFlow may then prepare once."""
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
    """Let the gradients of the weights and the pictures be worked out, and matter."""
    import tensorflow as tf

    from wsol.maps import one_pass

    with_outputs, gradients = one_pass._with_outputs, tf.gradients
    seen: list = []

    def recorded(classifier: Any, layers: Any) -> Callable:
        model = with_outputs(classifier, layers)

        def call(images: Any, training: bool) -> Any:
            seen[:] = [*model.trainable_variables, images]
            return model(images, training=training)

        return call

    def all_gradients(total: Any, activations: list) -> list:
        found = gradients(total, [*activations, *(getattr(tensor, "value", tensor) for tensor in seen)])
        extra = sum(tf.reduce_sum(gradient) for gradient in found[len(activations) :])
        return [found[0] + 1e-30 * extra, *found[1 : len(activations)]]

    one_pass._with_outputs, tf.gradients = recorded, all_gradients


def flipped(layer: Any, inputs: Any, kernel: Any) -> Any:
    """A convolution whose input gradient is one as well: with the kernel flipped, its channels swapped."""
    import tensorflow as tf

    if layer.padding == "same" and layer.strides == (1, 1):
        stride = 1
    elif layer.kernel_size == (1, 1):
        stride = layer.strides[0]
    else:
        return tf.nn.conv2d(inputs, kernel, layer.strides, layer.padding.upper())

    @tf.custom_gradient
    def convolution(inputs: Any) -> Any:
        weights = tf.convert_to_tensor(kernel)
        back = tf.transpose(tf.reverse(weights, [0, 1]), [0, 1, 3, 2])
        return tf.nn.conv2d(inputs, weights, 1, "SAME"), lambda gradient: tf.nn.conv2d(gradient, back, 1, "SAME")

    return convolution(inputs[:, ::stride, ::stride])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        timing.serve(lambda: changed(sys.argv[1]))
    else:
        main()
