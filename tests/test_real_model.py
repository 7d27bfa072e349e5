"""A nested model with ImageNet's weights; REAL_DOGS names a folder with weights and pictures, else all is skipped."""

import os
import pathlib
import tarfile
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.applications import resnet

from wsol.data import images
from wsol.maps import one_pass
from wsol.networks import classifier, layers, opening

REAL_DOGS = pathlib.Path(os.environ.get("REAL_DOGS", ""))
WEIGHTS = str(REAL_DOGS / "resnet50_imagenet_notop.weights.h5")
SIDE, CLASSES = 224, 7

pytestmark = pytest.mark.skipif("REAL_DOGS" not in os.environ, reason="REAL_DOGS names no folder with real dogs")


def pictures(count: int) -> np.ndarray:
    """The first pictures of the archive, (count, SIDE, SIDE, 3) float32."""
    with tarfile.open(REAL_DOGS / "stanford_dogs_mini/images.tar") as archive:
        files = [member for member in archive if member.name.endswith(".jpg")][:count]
        encoded = [archive.extractfile(member) for member in files]
        return np.stack([images.decoded(tf.constant(file.read()), SIDE)[0] for file in encoded if file])


def nested(dense: list[np.ndarray]) -> keras.Model:
    """A classifier of plain Keras, with a Dense layer of these weights."""
    image = keras.Input((SIDE, SIDE, 3))
    preprocessing = keras.Model(image, resnet.preprocess_input(image))
    backbone = resnet.ResNet50(weights=WEIGHTS, include_top=False, input_shape=(SIDE, SIDE, 3))
    head = keras.layers.Dense(CLASSES, activation="softmax")
    model = keras.Sequential([preprocessing, backbone, keras.layers.GlobalAveragePooling2D(), head])
    head.set_weights(dense)
    return model


def test_maps_of_a_nested_model_are_those_of_our_classifier(tmp_path: pathlib.Path) -> None:
    keras.utils.set_random_seed(0)
    ours = classifier.build("ResNet50", 1, SIDE, CLASSES, WEIGHTS)
    nested(ours.get_layer("logits").get_weights()).save(tmp_path / "nested.keras")
    theirs = opening.opened(str(tmp_path / "nested.keras"), SIDE)
    blocks = layers.block_outputs(ours)
    assert layers.block_outputs(theirs) == blocks and len(blocks) == 16
    arguments = pictures(2), np.array([0, 5])
    options: dict[str, Any] = {"fusion": True, "target": "ground_truth", "score": "logit", "relu": True}
    (expected, expected_logits), (heatmaps, logits) = (
        one_pass.mapper(model, ["grad_cam", "layer_cam"], blocks, **options)(*arguments) for model in (ours, theirs)
    )
    assert list(heatmaps) == list(expected)
    np.testing.assert_allclose(logits, expected_logits, atol=1e-4, rtol=1e-4)
    for key, values in expected.items():
        np.testing.assert_allclose(heatmaps[key], values, atol=1e-4, err_msg=str(key))
