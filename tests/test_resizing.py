"""A classifier for pictures of another size."""

import keras
import numpy as np
import pytest

from wsol.errors import InputError
from wsol.maps import one_pass
from wsol.networks.resizing import resized

LAST = "conv5_block3_out"


def test_weights_and_names_stay(model: keras.Model) -> None:
    larger = resized(model, 96)
    assert larger.input_shape == (None, 96, 96, 3)
    assert [layer.name for layer in larger.layers] == [layer.name for layer in model.layers]
    for before, after in zip(model.get_weights(), larger.get_weights(), strict=True):
        np.testing.assert_array_equal(after, before)


def test_the_same_size_gives_the_same_logits(model: keras.Model) -> None:
    images = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    np.testing.assert_allclose(resized(model, 64)(images), model(images), rtol=1e-5, atol=1e-5)


def test_maps_have_the_larger_grid(model: keras.Model) -> None:
    mapper = one_pass.mapper(
        resized(model, 96), ["layer_cam"], [LAST], fusion=False, target="predicted", score="logit", relu=True
    )
    heatmaps, logits = mapper(np.zeros((1, 96, 96, 3), np.float32), np.zeros(1, np.int64))
    assert heatmaps["layer_cam", LAST].shape == (1, 3, 3)  # 96 / 32
    assert logits.shape == (1, 4)


def test_a_network_that_flattens_needs_its_size() -> None:
    layers = keras.layers
    image = keras.Input((32, 32, 3))
    flattening = keras.Model(image, layers.Dense(4)(layers.Flatten()(layers.Conv2D(2, 3)(image))))
    with pytest.raises(InputError, match=r"cannot take 64 pixels: set heatmaps\.image_size to null"):
        resized(flattening, 64)
