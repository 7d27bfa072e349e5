"""Batch normalization by TensorFlow's fused kernel against Keras's layer."""

import keras
import numpy as np
import pytest

from wsol.networks import batch_norm, classifier

PIXELS = np.random.default_rng(0).uniform(0, 255, (6, 32, 32, 3)).astype(np.float32)


def small(**settings: bool | float) -> keras.Model:
    """Two batch normalizations, the second of which has the settings."""
    keras.utils.set_random_seed(0)
    image = keras.Input((4, 4, 3))
    x = keras.layers.Conv2D(5, 1, name="conv")(keras.layers.BatchNormalization(name="first")(image))
    x = keras.layers.ReLU(name="relu")(keras.layers.BatchNormalization(name="second", **settings)(x))
    return keras.Model(image, x)


def test_moving_statistics_by_hand() -> None:
    # values 0 1 2 5: mean 2, variance (4 + 1 + 0 + 9) / 4 = 3.5. Momentum .5 from mean 0 and variance 1.
    image = keras.Input((2, 2, 1))
    plain = keras.Model(image, keras.layers.BatchNormalization(momentum=0.5, epsilon=0.002, name="norm")(image))
    model = batch_norm.fused(plain)
    outputs = model(np.array([0, 1, 2, 5], np.float32).reshape(1, 2, 2, 1), training=True)
    norm = model.get_layer("norm")
    np.testing.assert_allclose(norm.moving_mean, [1], rtol=1e-6)
    np.testing.assert_allclose(norm.moving_variance, [2.25], rtol=1e-6)
    np.testing.assert_allclose(np.ravel(outputs), (np.array([0, 1, 2, 5]) - 2) / np.sqrt(3.502), rtol=1e-5)


@pytest.mark.parametrize("settings", [{}, {"scale": False}, {"center": False}, {"momentum": 0.5, "epsilon": 0.1}])
def test_a_step_is_keras_s(settings: dict) -> None:
    plain = small(**settings)
    model = batch_norm.fused(plain)
    assert isinstance(model.get_layer("second"), batch_norm.FusedBatchNormalization)
    pixels, target = PIXELS[:, :4, :4], np.ones((6, 4, 4, 5), np.float32)
    for network in (plain, model):
        network.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
        for _ in range(3):
            network.train_on_batch(pixels, target)
    for expected, got in zip(plain.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_outside_training_it_is_keras_s_layer() -> None:
    plain = classifier.build("ResNet50", 0.25, 32, 3)
    np.testing.assert_array_equal(batch_norm.fused(plain)(PIXELS), plain(PIXELS))


def test_a_network_with_a_normalization_layer_is_the_same() -> None:
    image = keras.Input((4, 4, 3))
    normalized = keras.layers.Normalization(name="pixels")(image)
    plain = keras.Model(image, keras.layers.BatchNormalization(name="norm")(normalized))
    plain.get_layer("pixels").adapt(PIXELS)
    model = batch_norm.fused(plain)
    np.testing.assert_allclose(model(PIXELS[:, :4, :4]), plain(PIXELS[:, :4, :4]), rtol=1e-6)
    plain.get_layer("pixels").adapt(PIXELS / 2)
    batch_norm.copy_weights(model, plain)
    np.testing.assert_allclose(plain(PIXELS[:, :4, :4]), model(PIXELS[:, :4, :4]), rtol=1e-6)


def test_statistics_that_devices_share_are_keras_s() -> None:
    model = batch_norm.fused(small())
    for name in ("first", "second"):
        model.get_layer(name).synchronized = True
    model(PIXELS[:, :4, :4], training=True)
    # the mean of the first layer, with the default momentum of .99 from 0
    mean = PIXELS[:, :4, :4].astype(float).mean((0, 1, 2))
    np.testing.assert_allclose(model.get_layer("first").moving_mean, 0.01 * mean, rtol=1e-4)


def test_a_frozen_layer_keeps_its_statistics() -> None:
    plain = small()
    plain.get_layer("first").trainable = False
    model = batch_norm.fused(plain)
    model(PIXELS[:, :4, :4], training=True)
    np.testing.assert_array_equal(model.get_layer("first").moving_mean, np.zeros(3))
    assert np.abs(model.get_layer("second").moving_mean).min() > 0
    assert not model.get_layer("first").trainable_variables


def test_what_the_kernel_cannot_compute_stays() -> None:
    image = keras.Input((4, 4, 3))
    rows = keras.layers.BatchNormalization(axis=1, name="rows")(image)
    flat = keras.layers.BatchNormalization(name="flat")(keras.layers.Flatten(name="flatten")(rows))
    model = batch_norm.fused(keras.Model(image, flat))
    assert [type(model.get_layer(name)) for name in ("rows", "flat")] == [keras.layers.BatchNormalization] * 2


def test_copy_weights() -> None:
    source, target = small(), small()
    source.get_layer("conv").bias.assign(np.arange(5, dtype=np.float32))
    batch_norm.copy_weights(source, target)
    np.testing.assert_array_equal(target.get_layer("conv").bias, np.arange(5))


def test_set_momentum() -> None:
    model = small()
    batch_norm.set_momentum(model, 0.9)
    assert [model.get_layer(name).momentum for name in ("first", "second")] == [0.9, 0.9]
