import keras
import numpy as np
import pytest
import tensorflow as tf

from wsol.maps import one_pass
from wsol.networks import classifier


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (3, 64, 64, 3)).astype(np.float32)


LABELS = np.array([0, 1, 3])


def one_layer_at_a_time(model: keras.Model, layer: str, images: np.ndarray, softmax: bool = False) -> np.ndarray:
    """Grad-CAM written out: one model, one tape and one image at a time, no library of ours."""
    both = keras.Model(model.input, [model.get_layer(layer).output, model.output])
    maps = []
    for image, label in zip(images, LABELS, strict=True):
        with tf.GradientTape() as tape:
            activations, logits = both(image[None], training=False)
            tape.watch(activations)
            rest = keras.Model(model.get_layer(layer).output, model.output)
            logits = rest(activations, training=False)
            score = (tf.nn.softmax(logits) if softmax else logits)[0, label]
        alphas = tape.gradient(score, activations).numpy().mean((0, 1, 2))
        heatmap = np.maximum((activations.numpy()[0] * alphas).sum(-1), 0)
        maps.append(heatmap / heatmap.max() if heatmap.max() > 0 else heatmap)
    return np.stack(maps)


def test_every_layer_equals_the_same_gradient_alone(model: keras.Model, images: np.ndarray) -> None:
    layers = classifier.block_outputs(model)
    assert len(layers) == 16
    _, grad_cams, _ = one_pass.mapper(model, layers, "ground_truth", "logit", True)(images, LABELS)
    for layer, heatmaps in zip(layers, grad_cams, strict=True):
        np.testing.assert_allclose(heatmaps, one_layer_at_a_time(model, layer, images), atol=1e-4, err_msg=layer)


def test_cam_is_grad_cam_at_the_last_layer(model: keras.Model, images: np.ndarray) -> None:
    cams, (grad_cams,), _ = one_pass.mapper(model, ["conv5_block3_out"], "ground_truth", "logit", True)(images, LABELS)
    assert cams.numpy().max() == pytest.approx(1)
    np.testing.assert_allclose(cams, grad_cams, atol=1e-5)


def test_before_normalising_they_differ_by_the_area(model: keras.Model, images: np.ndarray) -> None:
    last = classifier.convolutional_part(model)(images)
    kernel = model.get_layer("logits").kernel
    with tf.GradientTape() as tape:
        tape.watch(last)
        pooled = tf.reduce_mean(last, axis=(1, 2))
        score = tf.reduce_sum(tf.gather(pooled @ kernel, LABELS, batch_dims=1))
    grad_cam = one_pass.grad_cam(last, tape.gradient(score, last))
    area = last.shape[1] * last.shape[2]  # the mean over h * w positions divides each gradient by it
    np.testing.assert_allclose(one_pass.cam(last, kernel, LABELS), grad_cam * area, rtol=1e-3, atol=1e-4)


def test_softmax_maps_are_those_of_the_probability(model: keras.Model, images: np.ndarray) -> None:
    layer = "conv4_block6_out"
    _, (heatmaps,), _ = one_pass.mapper(model, [layer], "ground_truth", "softmax", True)(images, LABELS)
    np.testing.assert_allclose(heatmaps, one_layer_at_a_time(model, layer, images, softmax=True), atol=1e-3)


def test_the_predicted_class_is_the_largest_logit(model: keras.Model, images: np.ndarray) -> None:
    layers = ["conv4_block6_out"]
    cams, (heatmaps,), logits = one_pass.mapper(model, layers, "predicted", "logit", True)(images, LABELS)
    predicted = tf.argmax(logits, -1)
    same, (same_heatmaps,), _ = one_pass.mapper(model, layers, "ground_truth", "logit", True)(images, predicted)
    np.testing.assert_array_equal(cams, same)
    np.testing.assert_array_equal(heatmaps, same_heatmaps)


def test_frozen_weights_change_no_map(model: keras.Model, images: np.ndarray) -> None:
    layers = ["conv2_block1_out", "conv5_block1_out"]
    free = one_pass.mapper(model, layers, "ground_truth", "logit", True)(images, LABELS)[1]
    frozen_model = keras.models.clone_model(model)
    frozen_model.set_weights(model.get_weights())
    classifier.freeze(frozen_model, "head")
    frozen = one_pass.mapper(frozen_model, layers, "ground_truth", "logit", True)(images, LABELS)[1]
    for one, other in zip(free, frozen, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_images_of_a_batch_do_not_mix(model: keras.Model, images: np.ndarray) -> None:
    mapper = one_pass.mapper(model, ["conv3_block1_out"], "ground_truth", "logit", True)
    together = mapper(images, LABELS)[1][0]
    alone = [mapper(images[i : i + 1], LABELS[i : i + 1])[1][0][0] for i in range(3)]
    np.testing.assert_allclose(together, np.stack(alone), atol=1e-4)


def test_cam_by_hand() -> None:
    # one position of two channels (2, 3); class 1 weighs them (1, -1): 2 - 3
    features, kernel = tf.constant([[[[2.0, 3.0]]]]), tf.constant([[5.0, 1.0], [5.0, -1.0]])
    assert one_pass.cam(features, kernel, tf.constant([1])).numpy().tolist() == [[[-1.0]]]


def test_grad_cam_by_hand() -> None:
    # 1 x 2 positions, one channel: alpha is the mean of gradients 1 and 3, so 2, times (5, -1)
    activations, gradients = tf.constant([[[[5.0], [-1.0]]]]), tf.constant([[[[1.0], [3.0]]]])
    assert one_pass.grad_cam(activations, gradients).numpy().tolist() == [[[10.0, -2.0]]]


@pytest.mark.parametrize(
    ("values", "relu", "expected"),
    [
        ([4.0, 2.0, -1.0], True, [1.0, 0.5, 0.0]),
        ([4.0, 2.0, -1.0], False, [1.0, 0.5, -0.25]),
        ([0.0, 0.0, 0.0], True, [0.0, 0.0, 0.0]),  # no NaN
        ([-1.0, -2.0, 0.0], True, [0.0, 0.0, 0.0]),
        ([-1.0, -2.0, -3.0], False, [0.0, 0.0, 0.0]),  # no positive value: dividing would turn it over
        ([1e-6, -1.0, 0.0], False, [1.0, -one_pass.FLOAT16_MAX, 0.0]),  # must fit float16
    ],
)
def test_normalise(values: list[float], relu: bool, expected: list[float]) -> None:
    assert one_pass.normalise(tf.constant([[values]]), relu).numpy().ravel().tolist() == pytest.approx(expected)
