"""Where a classifier ends in global average pooling and one Dense layer, so that CAM is defined."""

from typing import NamedTuple

import keras

from wsol.errors import InputError
from wsol.networks.layers import Node, averages_all, features, is_inactive, nodes


class CamParts(NamedTuple):
    """What CAM is computed from."""

    layer: str  # name of the layer that feeds the pooling
    activations: keras.KerasTensor  # (n, h, w, k)
    dense: str  # name of the Dense layer, whose kernel is (k, classes)


def cam_parts(model: keras.Model) -> CamParts | None:
    """Find the activations and the Dense layer that CAM is computed from.

    CAM is defined where a global average pooling, or an average pooling over the whole grid, feeds the last Dense layer
    and nothing but layers without effect at inference lies between the two.

    Args:
        model: a flat functional model that ends in logits.

    Returns:
        Their names and the activations, or None where CAM is not defined.
    """
    producers = {id(tensor): node for node in nodes(model) for tensor in node.outputs}
    dense = before_inactive(producers[id(model.outputs[0])], producers)
    if not isinstance(dense.operation, keras.layers.Dense) or len(dense.outputs[0].shape) != 2:
        return None
    pooling = before_inactive(_feeding(dense, producers), producers)
    if not averages_all(pooling):
        return None
    while averages_all(earlier := before_inactive(_feeding(pooling, producers), producers)):
        pooling = earlier  # the later one averages a grid of one position
    feeding = _feeding(pooling, producers)
    if feeding is not features(model):
        return None
    return CamParts(feeding.operation.name, feeding.outputs[0], dense.operation.name)


def _feeding(node: Node, producers: dict[int, Node]) -> Node:
    return producers[id(node.input_tensors[0])]


def before_inactive(node: Node, producers: dict[int, Node]) -> Node:
    """The last node, up to this one, that does more than hand its input on."""
    while is_inactive(node) or _flattens_one_position(node):
        node = _feeding(node, producers)
    return node


def _flattens_one_position(node: Node) -> bool:
    """Whether a node turns (n, 1, 1, k) into (n, k)."""
    if not isinstance(node.operation, keras.layers.Flatten | keras.layers.Reshape):
        return False
    shape = node.input_tensors[0].shape
    return tuple(shape[1:-1]) == (1, 1) and tuple(node.outputs[0].shape[1:]) == tuple(shape[-1:])


def head_layer(model: keras.Model) -> str:
    """Name of the Dense layer that turns features (n, k) into the logits.

    Raises:
        InputError: the logits do not come from a Dense layer.
    """
    producers = {id(tensor): node for node in nodes(model) for tensor in node.outputs}
    node = before_inactive(producers[id(model.outputs[0])], producers)
    if not isinstance(node.operation, keras.layers.Dense):
        raise InputError(
            f"Expected a network that ends in a Dense layer, whose head can be trained alone, but it ends in "
            f"{node.operation.name}: set finetune.trainable to all or none."
        )
    return str(node.operation.name)
