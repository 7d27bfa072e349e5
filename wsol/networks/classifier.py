"""The classifier: backbone -> global average pooling -> Dense(logits), one flat Keras model.

Its input is RGB, 0..255: the backbone's own preprocessing is part of the model, so that
whoever loads it cannot get it wrong.
"""

import pathlib
import warnings
from collections.abc import Callable

import keras
from keras.applications import resnet

from wsol.errors import InputError

BACKBONES = {"ResNet50": resnet.ResNet50, "ResNet101": resnet.ResNet101, "ResNet152": resnet.ResNet152}


def build(name: str, width: float, image_size: int, classes: int) -> keras.Model:
    """An untrained classifier.

    Args:
        name: a key of BACKBONES.
        width: the filters of every convolution are multiplied by it, and rounded.
        image_size: side of the square input, pixels.
        classes: number of logits.

    Returns:
        Model from (n, image_size, image_size, 3) float32 RGB 0..255 to (n, classes) float32
        logits, with the layers of `keras.applications` under their own names, then `gap`
        and `logits`.
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


def convolutional_part(model: keras.Model) -> keras.Model:
    """The classifier up to the activations (n, h, w, k) that the global average pooling takes."""
    return keras.Model(model.input, model.get_layer("gap").input)


def layer_names(model: keras.Model) -> list[str]:
    """Layers whose activations are maps (n, h, w, k), in the network's order: all that Grad-CAM can be asked for."""
    return [layer.name for layer in convolutional_part(model).layers[1:] if len(layer.output.shape) == 4]


def block_outputs(model: keras.Model) -> list[str]:
    """The outputs of the residual blocks, in the network's order."""
    return [name for name in layer_names(model) if name.endswith("_out")]


def last_layer(model: keras.Model) -> str:
    """The layer whose activations the global average pooling takes: CAM's."""
    return layer_names(model)[-1]


def load_backbone_weights(model: keras.Model, name: str, weights: str) -> None:
    """Give the classifier's backbone the weights `imagenet`, or those in a file; the head keeps its own.

    Raises:
        InputError: the file is missing or of another network, or ImageNet's could not be fetched.
    """
    if weights != "imagenet" and not pathlib.Path(weights).is_file():
        raise InputError(
            f"Expected backbone.weights to be imagenet, null or a weights file; there is no file {weights}."
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # Keras warns of every layer that does not fit
            source = _application(name)(weights=weights, include_top=False, input_shape=model.input_shape[1:])
        convolutional_part(model).set_weights(source.get_weights())
    except Exception as error:  # Keras raises plain Exception where a download fails, and h5py its own
        raise InputError(_no_imagenet(name) if weights == "imagenet" else _no_fit(name, weights)) from error


def _no_imagenet(name: str) -> str:
    file = f"{name.lower()}_weights_tf_dim_ordering_tf_kernels_notop.h5"
    return (
        f"Expected to download the ImageNet weights of {name}, but that failed: put "
        f"https://storage.googleapis.com/tensorflow/keras-applications/resnet/{file} into ~/.keras/models by hand, or "
        "set backbone.weights to a weights file."
    )


def _no_fit(name: str, weights: str) -> str:
    return (
        f"Expected backbone.weights to fit {name} without its top at width 1, but {weights} is damaged or belongs to "
        "another network: give the file that goes with backbone.name."
    )


def freeze(model: keras.Model, trainable: str) -> None:
    """Let `all` layers train, the `head` alone, or the named layer and those after it."""
    names = [layer.name for layer in model.layers]
    first = {"all": 0, "head": names.index("logits")}.get(trainable)
    for layer in model.layers[: names.index(trainable) if first is None else first]:
        layer.trainable = False


def set_batch_norm_momentum(model: keras.Model, momentum: float) -> None:
    """Set how much of its moving statistics each batch norm keeps at a step, 0..1."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum
