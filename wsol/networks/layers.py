"""The layers of a classifier that heatmaps can be computed at, found from its graph alone.

A model's graph consists of nodes. A node is one call of an operation; a layer is an operation with a class of its
own. Heatmaps can be computed at each, so `layer` here means any operation.
"""

import collections
from typing import Any

import keras
import numpy as np

from wsol.errors import InputError

Node = Any  # keras.src.ops.node.Node, which is not public

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
GLOBAL_POOLINGS = (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D)
PADDINGS = (keras.layers.ZeroPadding2D, keras.layers.Cropping2D)
INACTIVE = (  # layers that do nothing at inference
    *(keras.layers.Dropout, keras.layers.SpatialDropout2D, keras.layers.AlphaDropout, keras.layers.GaussianDropout),
    *(keras.layers.GaussianNoise, keras.layers.ActivityRegularization, keras.layers.Identity),
)


def nodes(model: keras.Model) -> list[Node]:
    """Every call of an operation in a flat functional model, in topological order; the first one is the input."""
    depths = sorted(model._nodes_by_depth, reverse=True)
    return [node for depth in depths for node in model._nodes_by_depth[depth]]


def outputs_by_name(model: keras.Model) -> dict[str, keras.KerasTensor]:
    """Output (n, h, w, k) of every layer that a map can be computed at, by name, in the network's order.

    A layer that the model calls twice has two outputs under one name, so it is left out.
    """
    ordered = nodes(model)
    calls = collections.Counter(id(node.operation) for node in ordered)
    before_pooling = ordered[1 : _index(ordered, features(model)) + 1]
    grids = [node for node in before_pooling if _is_grid(node) and calls[id(node.operation)] == 1]
    return {node.operation.name: node.outputs[0] for node in grids}


def layer_names(model: keras.Model) -> list[str]:
    """Names of the layers with outputs (n, h, w, k), in the network's order: every layer a map can be computed at."""
    return list(outputs_by_name(model))


def features(model: keras.Model) -> Node:
    """The node whose output (n, h, w, k) is pooled or flattened for the classification.

    Raises:
        InputError: there is no such node.
    """
    ordered = nodes(model)
    passed = bottlenecks(ordered)
    ends = (place for place, node in enumerate(passed) if place and _ends_the_grid(node, ordered))
    last = passed[next(ends, len(passed)) - 1]
    convolutions = [place for place, node in enumerate(ordered) if isinstance(node.operation, CONVOLUTIONS)]
    place = _index(ordered, last)
    if not convolutions or convolutions[0] > place or not _are_single_positions(ordered[place + 1 :]):
        streams = "several streams of convolutions" if convolutions else "no convolutions"
        raise InputError(
            "Expected a network with convolutions that all lead to a single pooling or flattening, but this one has "
            f"{streams} before it: heatmaps need such layers, so take another network."
        )
    return last


def bottlenecks(ordered: list[Node]) -> list[Node]:
    """The nodes through which every path from the input to the output goes.

    Args:
        ordered: the nodes of a model, in topological order.
    """
    consumers = _consumers(ordered)
    furthest, passed = 0, []  # the last node that uses an output of an earlier one
    for place, node in enumerate(ordered):
        if furthest <= place:
            passed.append(node)
        furthest = max([furthest, *consumers[place]])
    return passed


def _consumers(ordered: list[Node]) -> list[list[int]]:
    """For each node the places of the nodes that use its outputs, one entry a use."""
    producers = {id(tensor): place for place, node in enumerate(ordered) for tensor in node.outputs}
    consumers: list[list[int]] = [[] for _ in ordered]
    for place, node in enumerate(ordered):
        for tensor in node.input_tensors:
            consumers[producers[id(tensor)]].append(place)
    return consumers


def _is_grid(node: Node) -> bool:
    return len(node.outputs) == 1 and len(node.outputs[0].shape) == 4


def _ends_the_grid(node: Node, ordered: list[Node]) -> bool:
    """Whether a node pools or flattens the grid for the classification."""
    if isinstance(node.operation, GLOBAL_POOLINGS) or not _is_grid(node):
        return True
    # of small pictures, the pooling between two blocks may average the whole grid
    return averages_all(node) and _are_single_positions(ordered[_index(ordered, node) :])


def _are_single_positions(later: list[Node]) -> bool:
    """Whether no convolution looks at neighbours."""
    convolutions = [node.operation for node in later if isinstance(node.operation, CONVOLUTIONS) and _is_grid(node)]
    return all(tuple(convolution.kernel_size) == (1, 1) for convolution in convolutions)


def is_inactive(node: Node) -> bool:
    """Whether a node's output is its input at inference."""
    layer = node.operation
    linear = isinstance(layer, keras.layers.Activation) and layer.activation is keras.activations.linear
    return linear or isinstance(layer, INACTIVE)


def averages_all(node: Node) -> bool:
    """Whether a node averages each channel over the whole grid."""
    if node.is_input:
        return False
    operation, shape = node.operation, node.input_tensors[0].shape
    if isinstance(operation, keras.layers.AveragePooling2D):
        return tuple(shape[1:3]) == tuple(operation.pool_size) != (1, 1)
    if type(operation).__name__ == "Mean":  # keras.ops.mean
        return len(shape) == 4 and sorted(axis % 4 for axis in keras.tree.flatten(operation.axis)) == [1, 2]
    return isinstance(operation, keras.layers.GlobalAveragePooling2D)


def _index(ordered: list[Node], node: Node) -> int:
    return next(place for place, other in enumerate(ordered) if other is node)


def block_outputs(model: keras.Model) -> list[str]:
    """Names of the ends of the network's blocks, in the network's order.

    A block ends where every path meets: at a bottleneck after the first merge of paths that is used more than once, or
    is the last before the pooling. For ResNet50 these are the 16 outputs of its residual blocks. A network with fewer
    than two such layers has its last layer of each resolution instead.
    """
    ordered = nodes(model)
    consumers = _consumers(ordered)
    places = {id(node): place for place, node in enumerate(ordered)}
    first, last = _first_merge(ordered), places[id(features(model))]
    ends = [
        node.operation.name
        for node in bottlenecks(ordered)
        if first <= (place := places[id(node)]) <= last and (place == last or len(consumers[place]) > 1)
    ]
    return ends if len(ends) > 1 else _last_of_each_resolution(model, _from_the_first_convolution(model))


def _first_merge(ordered: list[Node]) -> int:
    """Place of the first node after a convolution that has several inputs; beyond the end if there is none."""
    convolutions = [place for place, node in enumerate(ordered) if isinstance(node.operation, CONVOLUTIONS)]
    merges = (place for place, node in enumerate(ordered) if len(node.input_tensors) > 1 and place > convolutions[0])
    return next(merges, len(ordered))


def _from_the_first_convolution(model: keras.Model) -> list[str]:
    """Names of the layers from the first convolution on, without those that pad or crop the grid, and without gates.

    The gate of a squeeze-and-excitation block has a grid of one position.
    """
    known, ordered, last = outputs_by_name(model), nodes(model), features(model)
    first = next(place for place, node in enumerate(ordered) if isinstance(node.operation, CONVOLUTIONS))
    kept = [node for node in ordered[first:] if node.operation.name in known]
    kept = [node for node in kept if node is last or tuple(node.outputs[0].shape[1:3]) != (1, 1)]
    return [node.operation.name for node in kept if not isinstance(node.operation, PADDINGS)]


def stage_outputs(model: keras.Model) -> list[str]:
    """Names of the last of `block_outputs` at each resolution, in the network's order."""
    return _last_of_each_resolution(model, block_outputs(model))


def _last_of_each_resolution(model: keras.Model, names: list[str]) -> list[str]:
    outputs = outputs_by_name(model)
    last = {tuple(outputs[name].shape[1:3]): name for name in names}
    return sorted(last.values(), key=names.index)


def not_finite(model: keras.Model) -> str | None:
    """Name of the first layer with a NaN or infinite weight, or None."""
    for layer in model.layers:
        if not all(np.isfinite(weight).all() for weight in layer.get_weights()):
            return str(layer.name)
    return None
