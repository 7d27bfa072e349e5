"""Each family of keras.applications: built, trained, its layers counted, its maps compared with a GradientTape's."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from wsol.errors import InputError
from wsol.maps import methods, one_pass
from wsol.networks import cam_parts, classifier, layers, training
from wsol.networks.flattening import flattened

CLASSES = 3
METHODS = ["grad_cam", "layer_cam"]  # tests/test_one_pass.py compares all
NASNET_STARTS = ["normal_concat_9", "normal_concat_10"]  # they feed the last two cells
# name, width, the smallest side of a picture, number of blocks' ends, the layer that feeds the pooling
NETWORKS = [
    ("ResNet50", 0.1, 32, 16, "conv5_block3_out"),
    ("ResNet50V2", 0.1, 32, 16, "post_relu"),
    ("DenseNet121", 0.1, 32, 58, "relu"),
    ("EfficientNetB0", 0.1, 32, 16, "top_activation"),
    ("EfficientNetV2B0", 0.1, 32, 18, "top_activation"),
    ("MobileNet", 0.1, 32, 5, "conv_pw_13_relu"),  # no merge of paths: the last layer of 5 resolutions
    ("MobileNetV2", 0.1, 32, 10, "out_relu"),
    ("MobileNetV3Small", 0.1, 32, 10, None),  # Keras numbers the last activation
    ("VGG16", 0.1, 32, 6, "block5_pool"),  # 6 resolutions
    ("Xception", 0.1, 71, 12, "block14_sepconv2_act"),
    ("InceptionV3", 0.1, 75, 11, "mixed10"),
    ("InceptionResNetV2", 1, 75, 43, "conv_7b_ac"),
    ("ConvNeXtTiny", 0.05, 32, 18, None),
    ("NASNetMobile", 1, 32, 5, None),  # each cell is fed by two: the last layer of 5 resolutions
]


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda row: row[0])
def network(request: pytest.FixtureRequest) -> Iterator[tuple[keras.Model, int, str | None]]:
    name, width, side, blocks, last = request.param
    keras.utils.set_random_seed(0)
    yield classifier.build(name, width, side, CLASSES), blocks, last


def pictures(model: keras.Model) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (2, *model.input_shape[1:])).astype(np.float32)


def test_layers(network: tuple[keras.Model, int, str | None]) -> None:
    model, blocks, last = network
    ends, parts = layers.block_outputs(model), cam_parts.cam_parts(model)
    assert len(ends) == len(set(ends)) == blocks
    assert set(layers.stage_outputs(model)) <= set(ends) <= set(layers.layer_names(model))
    assert parts and parts.layer == ends[-1] == layers.features(model).operation.name == (last or ends[-1])


def test_maps_and_two_steps(network: tuple[keras.Model, int, str | None]) -> None:
    features, blocks = last_blocks(network[0])
    labels = np.array([0, 2])
    before = [weight.numpy() for weight in blocks.trainable_weights]
    training.compile_for_training(blocks, learning_rate=0.001, steps=2)
    blocks.run_eagerly = True  # tracing would take longer than two steps
    blocks.fit(features, labels, epochs=2, verbose=0)
    changed = [not np.array_equal(weight, old) for weight, old in zip(blocks.trainable_weights, before, strict=True)]
    assert all(changed[-2:])  # those of the Dense layer
    assert any(changed[2:-2])  # those between it and the first convolution
    compare_maps(blocks, "stem", features, labels)


def last_blocks(model: keras.Model) -> tuple[np.ndarray, keras.Model]:
    """A network of a convolution, `stem`, and the model's last two blocks, and its input (2, h, w, k).

    The last blocks have the types of layers that the model has. To train and draw all of each family would take
    minutes.
    """
    outputs = layers.outputs_by_name(model)
    two = [name for name in NASNET_STARTS if name in outputs]
    starts = [outputs[name] for name in two or layers.block_outputs(model)[-3:-2]]
    features = keras.Model(model.input, starts[0])(pictures(model), training=False)
    image = keras.Input(features.shape[1:])
    stem = keras.layers.Conv2D(features.shape[-1], 1, name="stem")(image)
    blocks = keras.Model(starts, model.output)([stem] * len(starts))
    return features.numpy(), flattened(keras.Model(image, blocks), image)


def compare_maps(model: keras.Model, layer: str, images: np.ndarray, labels: np.ndarray) -> None:
    heatmaps, logits = one_pass.mapper(
        model, METHODS, [layer], fusion=False, target="ground_truth", score="logit", relu=True
    )(images, labels)
    activations, gradients, expected_logits = taped(model, layer, images, labels)
    np.testing.assert_allclose(logits, expected_logits, rtol=1e-3, atol=1e-4)
    for name in METHODS:
        expected = methods.normalise(methods.maps([name], activations, gradients)[..., 0], relu=True)
        np.testing.assert_allclose(heatmaps[name, layer], expected, atol=2e-3, err_msg=name)


def taped(model: keras.Model, layer: str, images: np.ndarray, labels: np.ndarray) -> list[tf.Tensor]:
    """The layer's activations, the gradient of the true classes' logits, and the logits."""
    with_layer = keras.Model(model.input, [layers.outputs_by_name(model)[layer], model.output])
    with tf.GradientTape() as tape:
        pixels = tf.constant(images)
        tape.watch(pixels)
        activations, logits = with_layer(pixels, training=False)
        score = tf.reduce_sum(tf.gather(logits, labels, batch_dims=1))
    return [activations, tape.gradient(score, activations), logits]


def test_a_network_whose_width_cannot_be_changed() -> None:
    with pytest.raises(InputError, match=r"Expected backbone\.width 1 for NASNetMobile, .*; got 0\.3: set it to 1"):
        classifier.build("NASNetMobile", 0.3, 32, CLASSES)


def test_pictures_that_are_too_small() -> None:
    with pytest.raises(InputError, match="Expected pictures of at least 75 pixels for InceptionV3, but image_size is"):
        classifier.build("InceptionV3", 1, 64, CLASSES)
