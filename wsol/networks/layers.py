"""The layers of a classifier that heatmaps can be computed at."""

import keras


def convolutional_part(model: keras.Model) -> keras.Model:
    """The classifier up to the input (n, h, w, k) of its global average pooling. It shares the weights."""
    return keras.Model(model.input, model.get_layer("gap").input)


def layer_names(model: keras.Model) -> list[str]:
    """Names of the layers with outputs (n, h, w, k), in the network's order: every layer a map can be computed at."""
    return [layer.name for layer in convolutional_part(model).layers[1:] if len(layer.output.shape) == 4]


def block_outputs(model: keras.Model) -> list[str]:
    """Names of the residual blocks' outputs, in the network's order."""
    return [name for name in layer_names(model) if name.endswith("_out")]


def last_layer(model: keras.Model) -> str:
    """Name of the layer that feeds the global average pooling: CAM's layer."""
    return layer_names(model)[-1]
