"""The classifier: backbone -> global average pooling -> Dense(logits), one flat Keras model.

The backbone's preprocessing is part of the model, so callers pass raw RGB, 0..255.
"""

import difflib
import inspect
import pathlib
import re
import sys
import warnings
from collections.abc import Callable

import keras

from wsol.errors import InputError
from wsol.networks.cam_parts import head_layer
from wsol.networks.flattening import flattened, is_nested

HEAD = "logits"  # name of the Dense layer
COUNTS = ("filters", "groups", "units", "projection_dim")  # of a layer's config: numbers of channels


def build(name: str, width: float, image_size: int, classes: int, weights: str | None = None) -> keras.Model:
    """Build a classifier with an untrained head.

    Args:
        name: a network of `keras.applications`.
        width: the number of filters of every convolution is multiplied by it and rounded.
        image_size: side of the square input, pixels.
        classes: number of logits.
        weights: of the backbone: `imagenet`, path of a weights file without the top, or None for
            initial weights. Weights need width 1.

    Returns:
        Model from (n, image_size, image_size, 3) float32 RGB 0..255 to (n, classes) float32
        logits. Its layers are those of `keras.applications`, with the same names, then `gap`
        and `logits`.

    Raises:
        InputError: there is no such network, it cannot have this width or take pictures of this
            size, the weights file is missing, damaged or of another network, or the download of
            ImageNet's weights failed.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    backbone = _backbone(name, image, weights)
    pooled = keras.layers.GlobalAveragePooling2D(name="gap")(backbone.output)
    model = keras.Model(image, keras.layers.Dense(classes, name=HEAD)(pooled), name="classifier")
    return model if width == 1 else _scaled(model, name, width)


def application(name: str) -> Callable[..., keras.Model]:
    """The function of `keras.applications` that builds a network.

    Raises:
        InputError: there is none of this name.
    """
    known = [key for key, value in vars(keras.applications).items() if inspect.isfunction(value)]
    if name not in known:
        nearest = ", ".join(difflib.get_close_matches(name, known, n=3, cutoff=0))
        raise InputError(
            f"Expected backbone.name to be a network of keras.applications; got {name!r}, nearest are {nearest}."
        )
    network: Callable[..., keras.Model] = getattr(keras.applications, name)
    return network


def preprocessed(name: str, image: keras.KerasTensor) -> keras.KerasTensor:
    """Pictures as the network of `keras.applications` takes them, from RGB 0..255.

    The function is that of the network's own module; it returns its argument where the network
    has layers for it.
    """
    return sys.modules[application(name).__module__].preprocess_input(image)


def _backbone(name: str, image: keras.KerasTensor, weights: str | None) -> keras.Model:
    """The network without its top, as a flat model."""
    if weights not in (None, "imagenet") and not pathlib.Path(weights).is_file():
        raise InputError(
            f"Expected backbone.weights to be imagenet, null or a weights file, but there is no file {weights}: "
            "correct its path."
        )
    network, inputs = application(name), preprocessed(name, image)
    try:
        with warnings.catch_warnings(action="ignore"):  # Keras warns of every layer that does not fit
            model = network(weights=weights, include_top=False, input_tensor=inputs, input_shape=image.shape[1:])
    except Exception as error:  # Keras raises plain Exception where a download fails; h5py has types of its own
        raise InputError(_not_built(name, weights, error)) from error
    return flattened(model, image) if is_nested(model) else model


def _not_built(name: str, weights: str | None, error: Exception) -> str:
    if smallest := re.search(r"Input size must be at least (\d+)", str(error)):
        return (
            f"Expected pictures of at least {smallest[1]} pixels for {name}, but image_size is smaller: raise it, or "
            "choose another backbone.name."
        )
    if weights == "imagenet":
        return download_failed(name, str(error))
    return (
        f"Expected backbone.weights to fit {name} without its top at width 1, but {weights} is damaged or belongs to "
        "another network: give the file that goes with backbone.name."
    )


def download_failed(name: str, message: str) -> str:
    """The sentence for a failed download; Keras's message names the file's address."""
    address = re.search(r"https?://\S+?\.h5", message)
    return (
        f"Expected to download the ImageNet weights of {name}, but that failed: put "
        f"{address[0] if address else 'the file'} into ~/.keras/models by hand, or set backbone.weights to a weights "
        "file."
    )


def _scaled(model: keras.Model, name: str, width: float) -> keras.Model:
    """The model with initial weights and another number of channels in all layers but the head."""
    try:
        return keras.models.clone_model(model, clone_function=lambda layer: _scaled_layer(layer, width))
    except ValueError as error:  # of Keras, where shapes do not fit
        raise InputError(
            f"Expected backbone.width 1 for {name}, whose layers do not fit each other at another width; got {width}: "
            "set it to 1."
        ) from error


def _scaled_layer(layer: keras.layers.Layer, width: float) -> keras.layers.Layer:
    config = layer.get_config()
    if layer.name != HEAD:
        for count in COUNTS:
            if config.get(count, 1) != 1:
                config[count] = max(round(config[count] * width), 1)
        if isinstance(layer, keras.layers.Reshape):  # (1, 1, channels), of squeeze and excitation
            *grid, channels = config["target_shape"]
            config["target_shape"] = (*grid, max(round(channels * width), 1))
    return layer.__class__.from_config(config)


def freeze(model: keras.Model, trainable: str) -> None:
    """Freeze the layers before the first one that trains.

    Args:
        model: a classifier; changed in place.
        trainable: `all` (no layer is frozen), `head` (only the last Dense layer trains), or the
            name of the first layer that trains.

    Raises:
        InputError: `head`, but the logits do not come from a Dense layer.
    """
    model.trainable = True
    if trainable == "all":
        return
    first = head_layer(model) if trainable == "head" else trainable
    operations = model.operations
    for operation in operations[: [operation.name for operation in operations].index(first)]:
        if isinstance(operation, keras.layers.Layer):
            operation.trainable = False
