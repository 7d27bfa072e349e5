"""Models inside a model, replaced by their layers."""

import keras
import numpy as np

from wsol.networks.layers import Node, nodes

RESERVED = {"all", "image"}  # the layer of a fused map, and the input

Copies = dict[keras.Operation | Node, tuple[keras.Operation, keras.Operation]]


def is_nested(model: keras.Model) -> bool:
    """Whether a model contains models."""
    return isinstance(model, keras.Sequential) or any(isinstance(layer, keras.Model) for layer in model.layers)


def flattened(model: keras.Model, image: keras.KerasTensor) -> keras.Model:
    """Copy a model and the models inside it into one flat functional model.

    Layers keep their names where these are unique. A layer with weights that is called several times stays one layer; a
    layer without weights becomes one layer a call, so that each has a name. All layers compute in float32.

    Args:
        model: a functional or Sequential model with one input and one output; it is not changed.
        image: the input of the copy, a `keras.Input`.

    Returns:
        Flat functional model with the same weights.

    Raises:
        ValueError: a layer does not fit the shape of `image`, or a model inside is not functional.
    """
    copies: Copies = {}
    (output,) = _applied(model, [image], copies)
    flat = keras.Model(image, output, name=model.name)
    for original, copy in copies.values():
        if isinstance(original, keras.Layer):
            set_weights(copy, original.get_weights())
    return flat


def _applied(model: keras.Model, inputs: list[keras.KerasTensor], copies: Copies) -> list[keras.KerasTensor]:
    """Outputs of copies of the model's layers, for other inputs."""
    if not isinstance(model, keras.Sequential) and not hasattr(model, "_nodes_by_depth"):
        raise ValueError(f"{model.name} is not functional")
    functional = keras.Model(model.inputs, model.outputs)  # a Sequential has no nodes of its own
    tensors = {id(tensor): replacement for tensor, replacement in zip(functional.inputs, inputs, strict=True)}
    for node in nodes(functional):
        if not node.is_input:
            outputs = _called(node, tensors, model.name, copies)
            tensors |= {id(tensor): output for tensor, output in zip(node.outputs, outputs, strict=True)}
    return [tensors[id(tensor)] for tensor in functional.outputs]


def _called(node: Node, tensors: dict[int, keras.KerasTensor], prefix: str, copies: Copies) -> list[keras.KerasTensor]:
    args, kwargs = node.arguments.fill_in(tensors)
    operation = node.operation
    if isinstance(operation, keras.Model):
        return _applied(operation, keras.tree.flatten(args), copies)
    key = operation if getattr(operation, "weights", None) else node
    if key not in copies:
        taken = RESERVED | {copy.name for _, copy in copies.values()}
        copies[key] = operation, _copied(operation, _free_name(operation.name, prefix, taken))
    return keras.tree.flatten(copies[key][1](*args, **kwargs))


def _copied(operation: keras.Operation, name: str) -> keras.Operation:
    config = operation.get_config() | {"name": name}
    if isinstance(operation, keras.Layer):
        config["dtype"] = "float32"
    return operation.__class__.from_config(config)


def _free_name(name: str, prefix: str, taken: set[str]) -> str:
    """The name itself, or the first that is free of `prefix_name`, `prefix_name_1`, `prefix_name_2`."""
    candidate, number = name, 0
    while candidate in taken:
        candidate = f"{prefix}_{name}_{number}" if number else f"{prefix}_{name}"
        number += 1
    return candidate


def set_weights(layer: keras.Layer, weights: list[np.ndarray]) -> None:
    """Set the weights of a layer, as `get_weights` gives them."""
    layer.set_weights(weights)
    if isinstance(layer, keras.layers.Normalization):
        layer.finalize_state()  # its call uses values that this computes from the weights
