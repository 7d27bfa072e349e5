"""Heatmaps of single pictures, with no dataset around."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import keras
import numpy as np
import tensorflow as tf

from wsol.boxes.grabcut import grabcut_box
from wsol.maps.one_pass import mapper
from wsol.networks.layers import block_outputs

Key = TypeVar("Key")
Maps = dict[tuple[str, str], np.ndarray]

ITERATIONS = 2  # of GrabCut, the pipeline's default


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


def refined_boxes(
    heatmaps: dict[Key, np.ndarray], picture: np.ndarray, side: int, low: float, high: float
) -> dict[Key, np.ndarray]:
    """The box of each heatmap of a picture, refined by GrabCut as the pipeline's default does it.

    Args:
        heatmaps: any key -> (h, w) float, finite.
        picture: (height, width, 3) uint8 RGB.
        side: of the square picture that GrabCut cuts, pixels; the pipeline takes that of the network's input.
        low, high: fractions of the heatmap's maximum, above which a pixel is probably and surely of the object.

    Returns:
        The same keys -> box_yxyx (4,) float32, fractions of the picture; zeros if there is no box.

    >>> picture = np.zeros((40, 60, 3), np.uint8)
    >>> picture[10:30, 15:45] = 255  # a white object
    >>> heatmap = np.array([[0.1, 0.1, 0.1], [0.1, 1, 0.1], [0.1, 0.1, 0.1]])
    >>> print(refined_boxes({"a": heatmap}, picture, 60, low=0.3, high=0.9)["a"])
    [0.25 0.25 0.75 0.75]
    """
    image = tf.cast(tf.round(tf.image.resize(picture, (side, side))), tf.uint8).numpy()  # as the stage refine resizes
    stored = {key: heatmap.astype(np.float16) for key, heatmap in heatmaps.items()}  # as data/heatmaps stores them
    return {
        key: grabcut_box(heatmap, image, low, high, ITERATIONS, "largest", "upright")[0]
        for key, heatmap in stored.items()
    }
