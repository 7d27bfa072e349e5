"""Whether heatmaps cover the whole picture: layers that crop it would shift every box."""

import keras

from wsol.errors import InputError
from wsol.networks.layers import CONVOLUTIONS, Node, nodes

CROPS = ("CenterCrop", "RandomCrop", "Cropping2D", "GetItem")


def check_whole_pictures(model: keras.Model, path: str) -> None:
    """Raise InputError if a layer before the first convolution crops the picture.

    Args:
        model: flat classifier.
        path: what messages call the model.
    """
    for node in _before_the_first_convolution(model):
        if type(node.operation).__name__ in CROPS and _sides(node.input_tensors[0]) != _sides(node.outputs[0]):
            raise InputError(
                f"Expected the model in {path} to look at whole pictures, but its layer {node.operation.name} crops "
                "them, which would shift every box: remove it, and crop the pictures before."
            )


def resizes_pictures(model: keras.Model) -> bool:
    """Whether a layer before the first convolution brings pictures to a size of its own."""
    return any(isinstance(node.operation, keras.layers.Resizing) for node in _before_the_first_convolution(model))


def _before_the_first_convolution(model: keras.Model) -> list[Node]:
    ordered = nodes(model)
    first = next(place for place, node in enumerate(ordered) if isinstance(node.operation, CONVOLUTIONS))
    return ordered[1:first]


def _sides(tensor: keras.KerasTensor) -> tuple[int, ...]:
    return tuple(tensor.shape[1:3])
