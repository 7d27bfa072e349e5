"""The folded network gives the heatmaps of a GradientTape over the unfolded one."""

import pathlib
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import applications

from wsol.maps import one_pass
from wsol.networks import folding

SIDE, CLASSES = 64, 5
NETWORKS = {
    # of each: block outputs, a convolution before its batch normalisation, a batch normalisation, an activation
    "ResNet50": ["conv1_conv", "conv2_block1_out", "conv3_block1_2_bn", "conv4_block6_out", "conv5_block3_out"],
    "DenseNet121": ["conv1_relu", "conv2_block6_concat", "conv3_block1_1_conv", "pool3_bn", "relu"],
    "EfficientNetB0": ["block2b_add", "block3a_dwconv", "block4a_bn", "block6d_add", "top_activation"],
    "MobileNetV2": ["block_2_add", "block_6_depthwise", "block_12_project_BN", "out_relu"],
}


def network(name: str) -> keras.Model:
    """A classifier with random weights and random batch-norm statistics."""
    keras.utils.set_random_seed(0)
    application: Callable[..., keras.Model] = getattr(applications, name)
    backbone = application(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))
    pooled = keras.layers.GlobalAveragePooling2D(name="gap")(backbone.output)
    model = keras.Model(backbone.input, keras.layers.Dense(CLASSES, name="logits")(pooled))
    for norm in (layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)):
        gamma, beta, mean, variance = norm.get_weights()
        gamma, variance = (keras.random.uniform(values.shape, 0.6, 1.4) for values in (gamma, variance))
        beta, mean = (keras.random.uniform(values.shape, -0.3, 0.3) for values in (beta, mean))
        norm.set_weights([gamma, beta, mean, variance])
    for layer in (layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)):
        layer.set_weights([np.array([0.2, 0.4, 0.6]), np.array([0.5, 1, 2]), np.array(0)])  # mean, variance, count
        layer.finalize_state()
    return model


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (count, SIDE, SIDE, 3)).astype(np.float32)


def reference_maps(model: keras.Model, layers: list[str], images: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Grad-CAM by a GradientTape over the unfolded model."""
    with_outputs = keras.Model(model.input, [[model.get_layer(name).output for name in layers], model.output])
    with tf.GradientTape() as tape:
        inputs = tf.constant(images)
        tape.watch(inputs)
        activations, logits = with_outputs(inputs, training=False)
        score = tf.reduce_sum(tf.gather(logits, labels, batch_dims=1))
    heatmaps = []
    for values, gradients in zip(activations, tape.gradient(score, activations), strict=True):
        heatmap = np.maximum((values * tf.reduce_mean(gradients, (1, 2), keepdims=True)).numpy().sum(-1), 0)
        peaks = heatmap.max((1, 2), keepdims=True)
        heatmaps.append(heatmap / np.where(peaks > 0, peaks, 1))
    return heatmaps


@pytest.mark.parametrize("name", NETWORKS)
def test_maps_equal_the_reference(name: str) -> None:
    model, layers = network(name), NETWORKS[name]
    images, labels = pictures(3), np.array([0, 2, 4])
    heatmaps, logits = one_pass.mapper(
        model, ["grad_cam"], layers, fusion=False, target="ground_truth", score="logit", relu=True
    )(images, labels)
    for layer, expected in zip(layers, reference_maps(model, layers, images, labels), strict=True):
        assert expected.max() == 1  # at least one map is not empty
        np.testing.assert_allclose(heatmaps["grad_cam", layer], expected, atol=1e-4, err_msg=layer)
    np.testing.assert_allclose(logits, model(images, training=False), rtol=1e-3, atol=1e-4)


def test_every_batch_norm_of_a_loaded_resnet_is_folded(tmp_path: pathlib.Path) -> None:
    network("ResNet50").save(tmp_path / "classifier.keras")
    copy = folding.folded(keras.models.load_model(tmp_path / "classifier.keras"), keep=set())
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in copy.layers)


@pytest.mark.parametrize(
    "convolution",
    [
        keras.layers.Conv2D(4, 3),
        keras.layers.Conv2D(6, 3, strides=2, groups=3, use_bias=False),
        keras.layers.DepthwiseConv2D(3, depth_multiplier=2),
        keras.layers.SeparableConv2D(4, 3, use_bias=False),
    ],
)
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}], ids=str)
def test_batch_norm_is_folded_into_every_type_of_convolution(
    convolution: keras.layers.Layer, options: dict[str, bool]
) -> None:
    convolution = convolution.__class__.from_config(convolution.get_config() | {"name": "convolution"})
    image = keras.Input((6, 6, 3))
    norm = keras.layers.BatchNormalization(name="norm", **options)
    model = keras.Model(image, norm(convolution(image)))
    for layer in (convolution, norm):
        layer.set_weights([np.random.default_rng(1).uniform(0.5, 2, weight.shape) for weight in layer.get_weights()])
    before = model.get_weights()
    copy = folding.folded(model, keep=set())
    inputs = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32)
    assert not copy.get_layer("norm").weights
    np.testing.assert_allclose(copy(inputs), model(inputs), rtol=1e-4, atol=1e-4)
    for weight, weight_before in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, weight_before)


@pytest.mark.parametrize("case", ["kept", "used twice", "activated", "an output", "along another axis"])
def test_batch_norm_that_cannot_be_folded_stays(case: str) -> None:
    image = keras.Input((6, 6, 3))
    convolution = keras.layers.Conv2D(4, 3, name="convolution", activation="relu" if case == "activated" else None)
    features = convolution(image)
    axis = 1 if case == "along another axis" else -1  # there are 4 rows and 4 channels
    normalised = keras.layers.BatchNormalization(axis, name="norm")(features)
    outputs = {"used twice": normalised + features, "an output": [normalised, features]}.get(case, normalised)
    copy = folding.folded(keras.Model(image, outputs), keep={"convolution"} if case == "kept" else set())
    assert len(copy.get_layer("norm").weights) == 4
