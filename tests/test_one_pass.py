"""The pass draws the maps that one model, one tape and one image at a time give."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from wsol.errors import InputError
from wsol.maps import checks, methods, one_pass
from wsol.networks import classifier
from wsol.networks.layers import block_outputs

LABELS = np.array([0, 1, 3])
LAST = "conv5_block3_out"
OPTIONS: dict[str, Any] = {"fusion": False, "target": "ground_truth", "score": "logit", "relu": True}


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (3, 64, 64, 3)).astype(np.float32)


def grad_cams(
    model: keras.Model, layers: list[str], images: np.ndarray, target: str = "ground_truth", score: str = "logit"
) -> list[tf.Tensor]:
    heatmaps, _ = one_pass.mapper(model, ["grad_cam"], layers, **(OPTIONS | {"target": target, "score": score}))(
        images, LABELS
    )
    return [heatmaps["grad_cam", layer] for layer in layers]


def reference(model: keras.Model, layer: str, images: np.ndarray, softmax: bool = False) -> np.ndarray:
    """Grad-CAM written out, without this project's library."""
    first_part = keras.Model(model.input, model.get_layer(layer).output)
    second_part = keras.Model(model.get_layer(layer).output, model.output)
    heatmaps = []
    for image, label in zip(images, LABELS, strict=True):
        activations = first_part(image[None], training=False)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(activations)
            logits = tf.unstack(second_part(activations, training=False)[0])
        gradients = [tape.gradient(logit, activations).numpy().mean((0, 1, 2)) for logit in logits]
        alphas = factors(np.array(logits, np.float64), label, softmax) @ gradients
        heatmap = np.maximum((activations.numpy()[0] * alphas).sum(-1), 0)
        heatmaps.append(heatmap / heatmap.max() if heatmap.max() > 0 else heatmap)
    return np.stack(heatmaps)


def factors(logits: np.ndarray, label: int, softmax: bool) -> np.ndarray:
    """How much each logit's gradient counts for the class score: the logit, or its probability p divided by p."""
    is_label = np.arange(len(logits)) == label
    if not softmax:
        return is_label.astype(float)
    exponentials = np.exp(logits - logits.max())
    probabilities = exponentials / exponentials.sum()
    return np.where(is_label, probabilities[~is_label].sum(), -probabilities)  # 1 - p as a sum: no digits cancel


def test_every_layer_equals_the_reference(model: keras.Model, images: np.ndarray) -> None:
    layers = block_outputs(model)
    assert len(layers) == 16
    for layer, heatmaps in zip(layers, grad_cams(model, layers, images), strict=True):
        np.testing.assert_allclose(heatmaps, reference(model, layer, images), atol=1e-4, err_msg=layer)


def test_maps_come_in_a_fixed_order(model: keras.Model, images: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(methods.METHODS, "mean_gradient", lambda activations, gradients: tf.reduce_mean(gradients, -1))
    layers = [LAST, "conv3_block1_out"]  # not the network's order
    heatmaps, logits = one_pass.mapper(
        model, ["mean_gradient", "grad_cam"], layers, **(OPTIONS | {"target": "predicted"})
    )(images, LABELS)
    assert list(heatmaps) == [
        ("cam", LAST),
        ("mean_gradient", LAST),
        ("mean_gradient", "conv3_block1_out"),
        ("grad_cam", LAST),
        ("grad_cam", "conv3_block1_out"),
    ]
    # 64 / 32 = 2 at the last layer, 64 / 8 = 8 in the third stage
    assert [values.shape[1:] for values in heatmaps.values()] == [(2, 2), (2, 2), (8, 8), (2, 2), (8, 8)]
    assert logits.shape == (3, 4)


def test_the_fusion_is_the_mean_over_the_layers(model: keras.Model, images: np.ndarray) -> None:
    layers = ["conv3_block1_out", "conv4_block6_out", LAST]
    heatmaps, _ = one_pass.mapper(model, list(methods.METHODS), layers, **(OPTIONS | {"fusion": True}))(images, LABELS)
    assert list(heatmaps)[1:5] == [*(("grad_cam", layer) for layer in layers), ("grad_cam", "all")]
    assert len(heatmaps) == 1 + 6 * 4
    for method in methods.METHODS:
        fused = methods.fused([heatmaps[method, layer][..., None] for layer in layers])[..., 0]
        assert fused.shape == (3, 8, 8)  # the finest
        np.testing.assert_allclose(heatmaps[method, "all"], fused, atol=1e-6)


@pytest.mark.parametrize("large", [1, 10**9])
def test_maps_drawn_an_image_at_a_time_are_the_same(
    model: keras.Model, images: np.ndarray, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    """A pass of one method never draws an image at a time; with `large` 1 that of all methods does at each layer."""
    monkeypatch.setattr(one_pass, "LARGE", large)
    layers = ["conv2_block1_out", LAST]
    together, _ = one_pass.mapper(model, list(methods.METHODS), layers, **OPTIONS)(images, LABELS)
    for method in methods.METHODS:
        alone, _ = one_pass.mapper(model, [method], layers, **OPTIONS)(images, LABELS)
        for layer in layers:
            np.testing.assert_allclose(together[method, layer], alone[method, layer], atol=1e-5, err_msg=method)


def test_methods_that_are_cam_at_the_last_layer(model: keras.Model, images: np.ndarray) -> None:
    # the pooling gives every position the same gradient
    heatmaps, _ = one_pass.mapper(model, ["hires_cam", "xgrad_cam"], [LAST], **OPTIONS)(images, LABELS)
    for method in ("hires_cam", "xgrad_cam"):
        np.testing.assert_allclose(heatmaps[method, LAST], heatmaps["cam", LAST], atol=1e-4)


def test_cam_is_grad_cam_at_the_last_layer(model: keras.Model, images: np.ndarray) -> None:
    heatmaps, _ = one_pass.mapper(model, ["grad_cam"], [LAST], **OPTIONS)(images, LABELS)
    assert heatmaps["cam", LAST].numpy().max() == pytest.approx(1)
    np.testing.assert_allclose(heatmaps["cam", LAST], heatmaps["grad_cam", LAST], atol=1e-5)


def test_before_normalising_they_differ_by_the_area(model: keras.Model, images: np.ndarray) -> None:
    features = keras.Model(model.input, model.get_layer(LAST).output)(images)
    kernel = model.get_layer("logits").kernel
    with tf.GradientTape() as tape:
        tape.watch(features)
        pooled = tf.reduce_mean(features, axis=(1, 2))
        score = tf.reduce_sum(tf.gather(pooled @ kernel, LABELS, batch_dims=1))
    grad_cam = methods.grad_cam(features, tape.gradient(score, features))
    area = features.shape[1] * features.shape[2]  # the mean over h * w positions divides each gradient by it
    np.testing.assert_allclose(methods.cam(features, kernel, LABELS), grad_cam * area, rtol=1e-3, atol=1e-4)


def test_softmax_maps_are_those_of_the_probability(model: keras.Model, images: np.ndarray) -> None:
    layer = "conv4_block6_out"
    heatmaps = grad_cams(model, [layer], images, score="softmax")[0]
    # the second image is of class 1 with p = 1 in float32, the others with p of about 0
    np.testing.assert_allclose(heatmaps, reference(model, layer, images, softmax=True), atol=1e-3)


@pytest.mark.parametrize("margin", [-60, -20, 0, 5, 16, 17, 30, 60])
@pytest.mark.parametrize("others", [[0], [0, -3, 2]])
def test_the_gradient_of_the_softmax_is_exact_for_any_probability(margin: float, others: list[float]) -> None:
    logits = tf.constant([[margin, *others]], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        score = one_pass.class_score(logits, tf.constant([0], tf.int64), "softmax")
    gradient = one_pass.of_log_probability(tape.gradient(score, logits)[:, None, None], score)[0, 0, 0]
    # of log(p), p the first probability: 1 - p for the first logit, and -p_j for the others
    exponentials = np.exp(np.array([margin, *others], np.float64))
    smaller = exponentials[1:] / exponentials.sum()
    np.testing.assert_allclose(gradient, [smaller.sum(), *-smaller], rtol=1e-4, atol=1e-20)


def test_a_sure_prediction_has_the_maps_of_its_class() -> None:
    # the classes have the weights (1, -0.2) and (-0.5, 0.8), times 40, so that p is 1 in float32
    activations = np.array([[[[0, 0], [1, 0], [2, 1]]]], np.float32)
    image = keras.Input((1, 3, 2))
    features = keras.layers.Conv2D(2, 1, use_bias=False, name="features")(image)
    logits = keras.layers.Dense(2, use_bias=False, name="logits")(keras.layers.GlobalAveragePooling2D()(features))
    model = keras.Model(image, logits)
    model.set_weights([np.eye(2, dtype=np.float32)[None, None], 40 * np.array([[1, -0.5], [-0.2, 0.8]], np.float32)])
    heatmaps, scores = one_pass.mapper(model, ["grad_cam"], ["features"], **(OPTIONS | {"score": "softmax"}))(
        activations, np.array([0])
    )
    assert tf.nn.softmax(scores)[0, 0] == 1
    # the gradient of p is along w_0 - w_1 = (1.5, -1): maps 0, 1.5, 2, divided by 2
    np.testing.assert_allclose(heatmaps["grad_cam", "features"][0, 0], [0, 0.75, 1], atol=1e-6)


def test_the_predicted_class_is_the_largest_logit(model: keras.Model, images: np.ndarray) -> None:
    arguments = (model, ["grad_cam"], ["conv4_block6_out"])
    heatmaps, logits = one_pass.mapper(*arguments, **(OPTIONS | {"target": "predicted"}))(images, LABELS)
    predicted = logits.numpy().argmax(1)
    assert (predicted != LABELS).any()  # else the two targets could not be told apart
    expected, _ = one_pass.mapper(*arguments, **OPTIONS)(images, predicted)
    for key in expected:
        np.testing.assert_array_equal(heatmaps[key], expected[key])


def test_without_relu_negative_values_stay(model: keras.Model, images: np.ndarray) -> None:
    layer = "conv4_block6_out"
    heatmaps, _ = one_pass.mapper(model, ["grad_cam"], [layer], **(OPTIONS | {"relu": False}))(images, LABELS)
    signed = heatmaps["grad_cam", layer].numpy()
    assert signed.min() < 0
    np.testing.assert_allclose(np.maximum(signed, 0), reference(model, layer, images), atol=1e-4)


def test_frozen_weights_change_no_map(model: keras.Model, images: np.ndarray) -> None:
    layers = ["conv2_block1_out", "conv5_block1_out"]
    frozen_model = keras.models.clone_model(model)
    frozen_model.set_weights(model.get_weights())
    classifier.freeze(frozen_model, "head")
    pairs = zip(grad_cams(model, layers, images), grad_cams(frozen_model, layers, images), strict=True)
    for heatmaps, frozen_heatmaps in pairs:
        np.testing.assert_allclose(heatmaps, frozen_heatmaps, atol=1e-6)


def test_images_of_a_batch_do_not_mix(model: keras.Model, images: np.ndarray) -> None:
    key = ("grad_cam", "conv3_block1_out")
    mapper = one_pass.mapper(model, ["grad_cam"], [key[1]], **OPTIONS)
    together = mapper(images, LABELS)[0][key]
    alone = [mapper(images[i : i + 1], LABELS[i : i + 1])[0][key][0] for i in range(3)]
    np.testing.assert_allclose(together, np.stack(alone), atol=1e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_not_finite(model: keras.Model, value: float) -> None:
    broken = keras.models.clone_model(model)
    broken.set_weights(model.get_weights())
    convolution = broken.get_layer("conv5_block3_3_conv")
    kernel, bias = convolution.get_weights()
    kernel[0, 0, 0, 0] = value
    convolution.set_weights([kernel, bias])
    with pytest.raises(InputError, match="finite weights in the classifier, but layer conv5_block3_3_conv has"):
        one_pass.mapper(broken, ["grad_cam"], [LAST], **OPTIONS)


def test_an_overflow_reaches_the_maps(model: keras.Model, images: np.ndarray) -> None:
    broken = keras.models.clone_model(model)
    broken.set_weights(model.get_weights())
    kernel, bias = broken.get_layer("logits").get_weights()
    kernel[:, 1] = 3e38  # the second image's class; float32 ends at 3.4e38, and the features' sum is above 1.2
    broken.get_layer("logits").set_weights([kernel, bias])
    heatmaps, _ = one_pass.mapper(broken, ["grad_cam"], [LAST], **OPTIONS)(images, LABELS)
    assert checks.not_finite({key: values.numpy() for key, values in heatmaps.items()}) == ("cam", LAST, 1)
