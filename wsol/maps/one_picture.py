"""Heatmaps of single pictures, with no dataset around."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from wsol.maps.one_pass import mapper
from wsol.networks.layers import block_outputs

Maps = dict[tuple[str, str], np.ndarray]


def picture_mapper(
    model: keras.Model, method: str = "layer_cam", layers: Sequence[str] | None = None, label: int | None = None
) -> Callable[[np.ndarray], tuple[Maps, np.ndarray]]:
    """Compile the pass from a picture to its heatmaps.

    Args:
        model: a flat classifier, from `wsol.networks.opening`.
        method: a CAM method, a key of `wsol.maps.methods.METHODS`.
        layers: names of the layers. None: the end of every block.
        label: class that is mapped, from 0. None: the predicted class.

    Returns:
        Function from a picture (height, width, 3) uint8 RGB, as `wsol.data.pictures.pixels` returns it, to

        - heatmaps: (map, layer) -> (h, w) float32. CAM comes first where the model defines it. With several
          layers the last one, at the layer `all`, is the mean over these.
        - probabilities: (classes,) float32.

    >>> image = keras.Input((8, 8, 3))
    >>> features = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    >>> model = keras.Model(image, keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(features)))
    >>> heatmaps, probabilities = picture_mapper(model)(np.zeros((30, 20, 3), np.uint8))
    >>> list(heatmaps)
    [('cam', 'conv'), ('layer_cam', 'conv')]
    >>> heatmaps["layer_cam", "conv"].shape, probabilities.shape
    ((6, 6), (2,))
    """
    target = "predicted" if label is None else "ground_truth"
    sweep = block_outputs(model) if layers is None else layers
    compiled = mapper(model, [method], sweep, fusion=len(sweep) > 1, target=target, score="logit", relu=True)

    def draw(picture: np.ndarray) -> tuple[Maps, np.ndarray]:
        pixels = tf.image.resize(picture, model.input_shape[1:3])[None]  # as wsol.data.images resizes
        heatmaps, logits = compiled(pixels, tf.constant([label or 0], tf.int64))
        return {key: values[0].numpy() for key, values in heatmaps.items()}, tf.nn.softmax(logits)[0].numpy()

    return draw
