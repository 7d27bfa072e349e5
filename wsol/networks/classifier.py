"""The classifier: backbone -> global average pooling -> Dense(logits), one flat Keras model.

The backbone's preprocessing is part of the model, so callers pass raw RGB, 0..255.
"""

import pathlib
import warnings
from collections.abc import Callable

import keras
from keras.applications import resnet

from wsol.errors import InputError
from wsol.networks.layers import convolutional_part

BACKBONES = {"ResNet50": resnet.ResNet50, "ResNet101": resnet.ResNet101, "ResNet152": resnet.ResNet152}


def build(name: str, width: float, image_size: int, classes: int) -> keras.Model:
    """Build an untrained classifier.

    Args:
        name: a key of BACKBONES.
        width: the number of filters of every convolution is multiplied by it and rounded.
        image_size: side of the square input, pixels.
        classes: number of logits.

    Returns:
        Model from (n, image_size, image_size, 3) float32 RGB 0..255 to (n, classes) float32
        logits. Its layers are those of `keras.applications`, with the same names, then `gap`
        and `logits`.

    Raises:
        InputError: there is no such backbone.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    backbone = _application(name)(weights=None, include_top=False, input_tensor=resnet.preprocess_input(image))
    pooled = keras.layers.GlobalAveragePooling2D(name="gap")(backbone.output)
    model = keras.Model(image, keras.layers.Dense(classes, name="logits")(pooled), name="classifier")
    return model if width == 1 else keras.models.clone_model(model, clone_function=lambda layer: _scaled(layer, width))


def _application(name: str) -> Callable[..., keras.Model]:
    if name not in BACKBONES:
        raise InputError(f"Expected backbone.name to be one of {', '.join(BACKBONES)}; got {name!r}.")
    return BACKBONES[name]


def _scaled(layer: keras.layers.Layer, width: float) -> keras.layers.Layer:
    config = layer.get_config()
    if isinstance(layer, keras.layers.Conv2D):
        config["filters"] = max(round(config["filters"] * width), 1)
    return layer.__class__.from_config(config)


def load_backbone_weights(model: keras.Model, name: str, weights: str) -> None:
    """Load weights into the classifier's backbone. The `logits` layer is unchanged.

    Args:
        model: a classifier of width 1, from `build`; changed in place.
        name: its key of BACKBONES.
        weights: `imagenet`, or path of a weights file without the top.

    Raises:
        InputError: the file is missing, damaged or of another network, or the download of
            ImageNet's weights failed.
    """
    if weights != "imagenet" and not pathlib.Path(weights).is_file():
        raise InputError(
            f"Expected backbone.weights to be imagenet, null or a weights file, but there is no file {weights}: "
            "correct its path."
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # Keras warns of every layer that does not fit
            pretrained = _application(name)(weights=weights, include_top=False, input_shape=model.input_shape[1:])
        convolutional_part(model).set_weights(pretrained.get_weights())
    except Exception as error:  # Keras raises plain Exception where a download fails; h5py has types of its own
        raise InputError(_download_failed(name) if weights == "imagenet" else _does_not_fit(name, weights)) from error


def _download_failed(name: str) -> str:
    file = f"{name.lower()}_weights_tf_dim_ordering_tf_kernels_notop.h5"
    return (
        f"Expected to download the ImageNet weights of {name}, but that failed: put "
        f"https://storage.googleapis.com/tensorflow/keras-applications/resnet/{file} into ~/.keras/models by hand, or "
        "set backbone.weights to a weights file."
    )


def _does_not_fit(name: str, weights: str) -> str:
    return (
        f"Expected backbone.weights to fit {name} without its top at width 1, but {weights} is damaged or belongs to "
        "another network: give the file that goes with backbone.name."
    )


def freeze(model: keras.Model, trainable: str) -> None:
    """Freeze the layers before the first one that trains.

    Args:
        model: a classifier; changed in place.
        trainable: `all` (no layer is frozen), `head` (only `logits` trains), or the name of
            the first layer that trains.
    """
    names = [layer.name for layer in model.layers]
    first = {"all": names[0], "head": "logits"}.get(trainable, trainable)
    for layer in model.layers[: names.index(first)]:
        layer.trainable = False


def set_batch_norm_momentum(model: keras.Model, momentum: float) -> None:
    """Set the share of its moving statistics, in 0..1, that each batch normalisation keeps at a step."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum
