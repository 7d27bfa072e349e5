"""Trained classifiers of other people: a .keras file -> a flat model from RGB 0..255 to logits."""

import pathlib
import zipfile

import keras

from wsol.errors import InputError
from wsol.networks.flattening import flattened
from wsol.networks.layers import features, not_finite
from wsol.networks.logits import check_no_probabilities, without_softmax
from wsol.networks.whole_pictures import check_whole_pictures


def opened(path: str, image_size: int | None = None) -> keras.Model:
    """Open a trained classifier. The file is not changed.

    Args:
        path: a file that Keras has saved, `.keras` or `.h5`, of a functional or Sequential model. Models inside the
            model, preprocessing layers and a softmax at the end may be part of it.
        image_size: side of the square input, pixels. None: that of the file. It must be that of the file if the file
            has one.

    Returns:
        Flat functional model from (n, side, side, 3) float32 RGB 0..255, as the file's preprocessing expects it, to
        (n, classes) float32 logits.

    Raises:
        InputError: the file is missing or damaged, needs code that is not part of Keras, or holds no classifier of
            pictures.
    """
    return logits_model(_loaded(path), path, image_size)


def logits_model(model: keras.Model, path: str, image_size: int | None = None) -> keras.Model:
    """A Keras model as `opened` returns it; `path` is what messages call the model."""
    side = _input_side(model, path, image_size)
    try:
        flat = flattened(model, keras.Input((side, side, 3), name="image"))
    except ValueError as error:  # of Keras, where shapes do not fit
        raise InputError(
            f"Expected the model in {path} to be a functional or Sequential model for pictures of {side} pixels, but "
            "its layers do not fit: save it as a functional model, and give image_size its input's size."
        ) from error
    logits = without_softmax(flat, path)
    _check_outputs(logits, path)
    _check_weights(logits, path)
    features(logits)  # raises InputError where there is no layer for a heatmap
    check_whole_pictures(logits, path)
    check_no_probabilities(logits, path)
    return logits


def _loaded(path: str) -> keras.Model:
    if not pathlib.Path(path).is_file():
        raise InputError(f"Expected a model file at {path}, but there is none: correct its path.")
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras, h5py and zipfile raise types of their own
        raise InputError(_not_loaded(path, str(error))) from error
    if not isinstance(model, keras.Model):
        raise InputError(f"Expected a Keras model in {path}; got {type(model).__name__}: save the whole model.")
    return model


def _not_loaded(path: str, message: str) -> str:
    """The sentence for a file that Keras does not load."""
    if path.endswith(".keras") and not zipfile.is_zipfile(path):
        return f"Expected a .keras file at {path}, but it is damaged or of another format: save the model anew."
    if "lambda" in message.lower():
        return (
            f"Expected a model of Keras's built-in layers in {path}, but it has a Lambda layer, whose code is not "
            "loaded from a file: replace it with built-in layers, such as Rescaling, and save the model anew."
        )
    if "Could not locate" in message or "Unknown layer" in message or "registered" in message:
        return (
            f"Expected a model of Keras's built-in layers in {path}, but it has a layer of its own code: replace it "
            "with built-in layers and save the model anew."
        )
    return (
        f"Expected a file at {path} that this version of Keras opens, but it does not: save the model anew with "
        "model.save('NAME.keras') of Keras 3."
    )


def _input_side(model: keras.Model, path: str, image_size: int | None) -> int:
    """Side of the square pictures that the model takes."""
    if not model.inputs or not model.outputs:
        raise InputError(
            f"Expected a functional or Sequential model with an Input in {path}; got a model without: add a "
            "keras.Input of the pictures' shape and save it anew."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InputError(
            f"Expected a model with one input and one output in {path}; got {len(model.inputs)} and "
            f"{len(model.outputs)}: save the part from the picture to the classes."
        )
    shape = model.inputs[0].shape
    if len(shape) != 4 or shape[-1] != 3:
        raise InputError(
            f"Expected a model of RGB pictures (rows, columns, 3) in {path}; got an input of shape {shape[1:]}: take a "
            "model of colour pictures, with the channels last."
        )
    return _square(shape[1], shape[2], path, image_size)


def _square(height: int | None, width: int | None, path: str, image_size: int | None) -> int:
    sides = {side for side in (height, width) if side is not None}
    if len(sides) > 1:
        raise InputError(
            f"Expected a model of square pictures in {path}; got an input of {height} x {width}: save it with a square "
            "input."
        )
    if not sides and image_size is None:
        raise InputError(f"Expected a size, since the model in {path} takes pictures of any size: give image_size.")
    side = sides.pop() if sides else image_size
    if image_size not in (None, side):
        raise InputError(
            f"Expected image_size to be {side}, the side of the input of {path}; got {image_size}: set it to {side}. "
            "heatmaps.image_size draws the maps on larger pictures."
        )
    return int(side or 0)


def _check_outputs(model: keras.Model, path: str) -> None:
    shape = model.output.shape
    if len(shape) != 2 or shape[1] is None or shape[1] < 2:
        raise InputError(
            f"Expected a classifier, which gives a number for each of at least two classes, in {path}; got an output "
            f"of shape {shape[1:]}: add global average pooling and a Dense layer with one unit a class."
        )


def _check_weights(model: keras.Model, path: str) -> None:
    if layer := not_finite(model):
        raise InputError(
            f"Expected finite weights in {path}, but layer {layer} has a NaN or an infinity: take an earlier state of "
            "its training."
        )
