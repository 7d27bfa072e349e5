"""The classifiers of keras.applications with their own head."""

import pathlib
import warnings

import keras

from wsol.errors import InputError
from wsol.networks.classifier import application, download_failed, preprocessed
from wsol.networks.opening import logits_model


def stock(name: str, weights: str = "imagenet") -> keras.Model:
    """A classifier of ImageNet's 1000 classes.

    Args:
        name: a network of `keras.applications`.
        weights: `imagenet`, or path of a weights file with the top.

    Returns:
        Flat functional model from (n, side, side, 3) float32 RGB 0..255 to (n, 1000) float32 logits. The side is the
        network's own.

    Raises:
        InputError: there is no such network, the weights file is missing, damaged or of another network, or the
            download failed.
    """
    network = application(name)
    if weights != "imagenet" and not pathlib.Path(weights).is_file():
        raise InputError(f"Expected weights to be imagenet or a weights file; there is no file {weights}: correct it.")
    try:
        with warnings.catch_warnings(action="ignore"):
            model = network(weights=weights)
    except Exception as error:  # Keras raises plain Exception where a download fails; h5py has types of its own
        if weights == "imagenet":
            raise InputError(download_failed(name, str(error))) from error
        raise InputError(
            f"Expected a weights file of {name} with its top, but {weights} is damaged or belongs to another network: "
            "give the file that goes with the name."
        ) from error
    image = keras.Input(model.input_shape[1:], name="image")
    return logits_model(keras.Model(image, model(preprocessed(name, image))), name)


def imagenet_names() -> list[str] | None:
    """Names of ImageNet's classes in the order of the logits; None where Keras cannot fetch its list of them."""
    descending = keras.ops.convert_to_numpy(keras.ops.arange(1000, 0, -1, dtype="float32"))[None]
    try:
        decoded = keras.applications.imagenet_utils.decode_predictions(descending, top=1000)[0]
    except Exception:  # as Keras raises it where a download fails
        return None
    return [str(name) for _, name, _ in decoded]
