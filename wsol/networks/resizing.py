"""A classifier for pictures of another size than those it was trained on."""

import keras

from wsol.errors import InputError
from wsol.networks.flattening import set_weights
from wsol.networks.whole_pictures import resizes_pictures


def resized(classifier: keras.Model, image_size: int) -> keras.Model:
    """The classifier with another input size. It is convolutional up to its pooling, so the weights stay the same.

    Args:
        classifier: a flat model with a square input (n, side, side, 3).
        image_size: side of the new input, pixels.

    Raises:
        InputError: a layer, such as Flatten before Dense, needs the size of the training, or a layer resizes pictures.
    """
    if image_size != classifier.input_shape[1] and resizes_pictures(classifier):
        raise InputError(
            "Expected a network that takes pictures of any size, but this one has a Resizing layer, which undoes "
            "heatmaps.image_size: set it to null."
        )
    image = keras.Input((image_size, image_size, 3), name=classifier.inputs[0].name)
    try:
        model = keras.models.clone_model(classifier, input_tensors=image)
        for layer, copy in zip(classifier.layers, model.layers, strict=True):
            set_weights(copy, layer.get_weights())
    except ValueError as error:  # of Keras, where shapes do not fit
        raise InputError(
            f"Expected a network that takes pictures of any size, but this one cannot take {image_size} pixels: set "
            "heatmaps.image_size to null."
        ) from error
    return model
