"""The end of a classifier: a softmax is taken off, so that the outputs are logits."""

import inspect

import keras
import numpy as np

from wsol.errors import InputError
from wsol.networks.cam_parts import before_inactive
from wsol.networks.layers import Node, averages_all, nodes

SOFTMAX = ("softmax", "logsoftmax")
FUNCTIONS = {name.replace("_", "") for name, value in vars(keras.activations).items() if inspect.isfunction(value)}
ACTIVATIONS = FUNCTIONS - {"linear", "deserialize", "get", "serialize"} | {"prelu", "clip"}
BOUNDED = (*SOFTMAX, "sigmoid", "hardsigmoid", "tanh")  # no logits even where an average follows
TOLERANCE = 1e-4  # of a sum of float32 probabilities

Producers = dict[int, Node]


def without_softmax(model: keras.Model, path: str) -> keras.Model:
    """The model up to its logits.

    Args:
        model: flat classifier. Its last layer is changed where a softmax is that layer's activation.
        path: what messages call the model.

    Raises:
        InputError: the model ends in something else than logits or their softmax.
    """
    producers = _producers(model)
    last = before_inactive(producers[id(model.outputs[0])], producers)
    if _activation(last) in SOFTMAX and not _weights(last):
        model = _ending_at(last.input_tensors[0], model)
    elif _activation(last) in SOFTMAX:
        last.operation.activation = keras.activations.linear
    _check_end(model, path)
    return model


def _producers(model: keras.Model) -> Producers:
    return {id(tensor): node for node in nodes(model) for tensor in node.outputs}


def _activation(node: Node) -> str | None:
    """The activation function that a node is, or applies to its output, such as `logsoftmax`; None without."""
    function = getattr(node.operation, "activation", None)
    function = getattr(function, "activation", function)  # of a layer as the activation
    name = getattr(function, "__name__", type(node.operation if function is None else function).__name__)
    name = name.lower().replace("_", "")
    return name if name in ACTIVATIONS else None


def _weights(node: Node) -> list[keras.Variable]:
    return getattr(node.operation, "weights", [])


def _ending_at(tensor: keras.KerasTensor, model: keras.Model) -> keras.Model:
    if tuple(tensor.shape[1:-1]) == (1, 1):  # a softmax before Flatten
        tensor = keras.layers.Flatten()(tensor)
    return keras.Model(model.input, tensor, name=model.name)


def _check_end(model: keras.Model, path: str) -> None:
    """Raise InputError if an activation function follows the last weights."""
    producers = _producers(model)
    waiting = [producers[id(tensor)] for tensor in model.outputs if _is_vector(tensor)]
    while waiting:
        node = waiting.pop()
        if activation := _activation(node):
            raise InputError(
                f"Expected logits or a softmax at the end of the model in {path}; got the activation {activation} of "
                f"{node.operation.name}: end it in a Dense layer with one unit a class and a softmax."
            )
        if not _weights(node):
            waiting += [producers[id(tensor)] for tensor in node.input_tensors if _is_vector(tensor)]
        if averages_all(node) and _activation(producers[id(node.input_tensors[0])]) in BOUNDED:
            waiting.append(producers[id(node.input_tensors[0])])


def _is_vector(tensor: keras.KerasTensor) -> bool:
    """Whether a tensor has one number a channel, (n, k) or (n, 1, 1, k). What precedes the pooling has more."""
    return all(side == 1 for side in tensor.shape[1:-1])


def check_no_probabilities(model: keras.Model, path: str) -> None:
    """Raise InputError if the model gives probabilities of a random picture.

    This is for models whose softmax has a form that `without_softmax` does not know.
    """
    picture = np.random.default_rng(0).uniform(0, 255, (1, *model.input_shape[1:])).astype(np.float32)
    (outputs,) = keras.ops.convert_to_numpy(model(picture, training=False))
    if (outputs >= 0).all() and abs(outputs.sum() - 1) < TOLERANCE:
        raise InputError(
            f"Expected logits or a softmax at the end of the model in {path}; got outputs that sum to 1, but no "
            "softmax layer: end it in a Dense layer with one unit a class and a softmax."
        )
