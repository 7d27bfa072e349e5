"""The formulas of the maps: by hand, against a loop, and their identities. Normalisation, fusion, the finite check."""

from typing import get_args

import numpy as np
import pytest
import tensorflow as tf

from stages.support import sections
from wsol.maps import checks, methods
from wsol.maps.titles import TITLES

NAN, INF = float("nan"), float("inf")


def drawn(method: str, activations: list[list[float]], gradients: list[list[float]]) -> list[float]:
    """The map of a row of positions; activations and gradients have a list of channels for each position."""
    pair = (tf.constant([[values]], tf.float32) for values in (activations, gradients))
    return methods.maps([method], *pair)[..., 0].numpy().ravel().tolist()


def looped(method: str, activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """The map (h, w) of one image, written out position by position and channel by channel, float64."""
    height, width, channels = activations.shape
    positions = [(y, x) for y in range(height) for x in range(width)]
    heatmap = np.zeros((height, width))
    for k in range(channels):
        total = sum(activations[y, x, k] for y, x in positions)
        product = sum(gradients[y, x, k] * activations[y, x, k] for y, x in positions)
        weight = {
            "grad_cam": sum(gradients[y, x, k] for y, x in positions) / len(positions),
            "grad_cam_pp": sum(max(gradients[y, x, k], 0) / (2 + total * gradients[y, x, k]) for y, x in positions),
            "xgrad_cam": product / total if total else 0,
            "activation": 1,
        }.get(method)
        for y, x in positions:
            g = gradients[y, x, k]
            local = {"hires_cam": g, "layer_cam": max(g, 0)}.get(method)
            heatmap[y, x] += (weight if local is None else local) * activations[y, x, k]
    return heatmap


@pytest.mark.parametrize("method", methods.METHODS)
@pytest.mark.parametrize("channels", [1, 5])
@pytest.mark.parametrize("negative", [False, True])  # activations below 0, as of swish
def test_every_method_equals_the_loop(method: str, channels: int, negative: bool) -> None:
    rng = np.random.default_rng(channels)
    activations, gradients = rng.normal(size=(2, 2, 3, 4, channels)).astype(np.float32)
    activations = activations if negative else np.maximum(activations, 0)
    expected = [looped(method, *pair) for pair in zip(activations, gradients, strict=True)]
    result = methods.maps([method], tf.constant(activations), tf.constant(gradients))[..., 0]
    np.testing.assert_allclose(result, expected, rtol=1e-3, atol=1e-4)


def test_every_method_has_a_title_and_can_be_set() -> None:
    assert tuple(methods.METHODS) == get_args(sections.Method)
    assert set(methods.METHODS) <= set(TITLES)


def test_cam_by_hand() -> None:
    # one position with two channels (2, 3); the weights of class 1 are (1, -1): 2 - 3
    features, kernel = tf.constant([[[[2.0, 3.0]]]]), tf.constant([[5.0, 1.0], [5.0, -1.0]])
    assert methods.cam(features, kernel, tf.constant([1])).numpy().tolist() == [[[-1.0]]]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # one channel, A = (4, 1), g = (1, -3); S = 5
        ("grad_cam", [-4.0, -1.0]),  # the mean gradient is -1
        ("grad_cam_pp", [4 / 7, 1 / 7]),  # 1 / (2 + 5 * 1) = 1 / 7; the negative gradient counts 0
        ("xgrad_cam", [0.8, 0.2]),  # (1 * 4 - 3 * 1) / 5 = 0.2
        ("hires_cam", [4.0, -3.0]),
        ("layer_cam", [4.0, 0.0]),
        ("activation", [4.0, 1.0]),
    ],
)
def test_one_channel_with_a_negative_gradient(method: str, expected: list[float]) -> None:
    assert drawn(method, [[4.0], [1.0]], [[1.0], [-3.0]]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # two channels: A = (1, 2) and (0, 1), g = (2, 0) and (2, 4); S = (1, 3)
        ("grad_cam", [1 * 2 + 2 * 2, 0 * 2 + 1 * 2]),  # mean gradients 2 and 2
        # w_1 = 2 / (2 + 2) + 2 / (2 + 2) = 1; w_2 = 0 + 4 / (2 + 12) = 2 / 7
        ("grad_cam_pp", [1 + 4 / 7, 2 / 7]),
        ("xgrad_cam", [2 + 2 * 4 / 3, 4 / 3]),  # w_1 = 2 * 1 / 1; w_2 = 4 * 1 / 3
        ("hires_cam", [2.0, 4.0]),
        ("layer_cam", [2.0, 4.0]),
        ("activation", [3.0, 1.0]),
    ],
)
def test_two_channels(method: str, expected: list[float]) -> None:
    assert drawn(method, [[1.0, 2.0], [0.0, 1.0]], [[2.0, 0.0], [2.0, 4.0]]) == pytest.approx(expected)


@pytest.mark.parametrize("method", methods.METHODS)
def test_zero_gradients_give_an_empty_map(method: str) -> None:
    expected = [3.0, 1.0] if method == "activation" else [0.0, 0.0]
    assert drawn(method, [[1.0, 2.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]) == expected


@pytest.mark.parametrize("method", methods.METHODS)
def test_a_channel_without_activations_adds_nothing(method: str) -> None:
    # XGrad-CAM would divide by a sum of 0
    assert drawn(method, [[0.0], [0.0]], [[1.0], [-3.0]]) == [0.0, 0.0]


@pytest.mark.parametrize("method", ["hires_cam", "xgrad_cam"])
def test_where_the_gradient_is_the_same_everywhere_they_are_grad_cam(method: str) -> None:
    rng = np.random.default_rng(0)
    activations = tf.constant(rng.random((2, 3, 4, 5)), tf.float32)
    gradients = tf.broadcast_to(tf.constant(rng.normal(size=(2, 1, 1, 5)), tf.float32), activations.shape)
    pair = (activations, gradients)
    np.testing.assert_allclose(methods.maps([method], *pair)[..., 0], methods.grad_cam(*pair), rtol=1e-4, atol=1e-5)


def test_layer_cam_is_the_sum_of_positive_products() -> None:
    rng = np.random.default_rng(0)
    activations, gradients = rng.random((2, 3, 4, 5), np.float32), rng.normal(size=(2, 3, 4, 5)).astype(np.float32)
    expected = np.maximum(gradients * activations, 0).sum(-1)  # since no activation is negative
    np.testing.assert_allclose(methods.layer_cam(activations, gradients), expected, rtol=1e-5)


@pytest.mark.parametrize("method", methods.METHODS)
def test_every_method_gives_one_map_an_image(method: str) -> None:
    activations, gradients = tf.random.normal((2, 3, 4, 5)), tf.random.normal((2, 3, 4, 5))
    assert methods.maps([method], activations, gradients).shape == (2, 3, 4, 1)


@pytest.mark.parametrize("names", [list(methods.METHODS), list(methods.METHODS)[::-1], ["xgrad_cam", "layer_cam"]])
def test_maps_of_several_methods_are_those_of_each_in_their_order(names: list[str]) -> None:
    rng = np.random.default_rng(0)
    activations, gradients = rng.random((2, 3, 4, 5), np.float32), rng.normal(size=(2, 3, 4, 5)).astype(np.float32)
    together = methods.maps(names, activations, gradients)
    alone = [methods.maps([name], activations, gradients)[..., 0] for name in names]
    np.testing.assert_allclose(together, np.stack(alone, -1), rtol=1e-5, atol=1e-6)


def test_a_nan_of_a_method_stays_with_it() -> None:
    # the weight of XGrad-CAM is infinity - infinity
    names = ["activation", "xgrad_cam"]
    together = methods.maps(names, tf.ones((1, 1, 2, 1)), tf.constant([[[[INF], [-INF]]]]))
    assert np.isnan(together[0, 0, :, 1]).all()
    assert together[0, 0, :, 0].numpy().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("method", "which"),
    [(method, which) for method in methods.METHODS for which in ("activations", "gradients")],
)
def test_no_method_hides_a_nan(method: str, which: str) -> None:
    if (method, which) == ("activation", "gradients"):
        return  # it does not use them
    values = {"activations": np.ones((2, 3, 4, 5), np.float32), "gradients": np.ones((2, 3, 4, 5), np.float32)}
    values[which][1, 0, 0, 0] = NAN
    maps = methods.normalise(methods.maps([method], values["activations"], values["gradients"])[..., 0], relu=True)
    assert checks.not_finite({(method, "layer"): maps.numpy()}) == (method, "layer", 1)


# ---------------------------------------------------------------- normalisation and fusion


@pytest.mark.parametrize(
    ("values", "relu", "expected"),
    [
        ([4.0, 2.0, -1.0], True, [1.0, 0.5, 0.0]),
        ([4.0, 2.0, -1.0], False, [1.0, 0.5, -0.25]),
        ([0.0, 0.0, 0.0], True, [0.0, 0.0, 0.0]),  # not 0 / 0
        ([-1.0, -2.0, 0.0], True, [0.0, 0.0, 0.0]),
        ([-1.0, -2.0, -3.0], False, [0.0, 0.0, 0.0]),  # dividing by a negative maximum would change the sign
        ([1e-6, -1.0, 0.0], False, [1.0, -65504.0, 0.0]),  # float16's lowest value
        ([4.0, NAN, -1.0], True, [NAN] * 3),
        ([NAN, -2.0, -3.0], True, [NAN] * 3),  # no value is positive, but the map is not empty
        ([4.0, INF, -1.0], True, [NAN] * 3),
        ([4.0, -INF, -1.0], True, [NAN] * 3),  # ReLU alone would give 0
        ([4.0, -INF, -1.0], False, [NAN] * 3),
    ],
)
def test_normalise(values: list[float], relu: bool, expected: list[float]) -> None:
    maps = methods.normalise(tf.constant([[values]]), relu)
    assert maps.numpy().ravel().tolist() == pytest.approx(expected, nan_ok=True)


def test_normalise_treats_each_map_by_itself() -> None:
    maps = methods.normalise(tf.constant([[[NAN, 1.0]], [[2.0, 4.0]]]), relu=True).numpy()
    assert np.isnan(maps[0]).all()
    assert maps[1].tolist() == [[0.5, 1.0]]


def fused(layers: list[tf.Tensor]) -> tf.Tensor:
    """The fusion of a single method's maps (n, h, w) of each layer."""
    return methods.fused([heatmaps[..., None] for heatmaps in layers])[..., 0]


def test_methods_are_fused_apart() -> None:
    # method 0: (1 + 0) / 2, method 1: (0.2 + 0.6) / 2
    layers = [tf.constant([[[[1.0, 0.2]]]]), tf.constant([[[[0.0, 0.6]]]])]
    assert methods.fused(layers).numpy().ravel().tolist() == pytest.approx([0.5, 0.4])


def test_methods_are_normalised_apart() -> None:
    # two methods at two pixels: (2, 4) and (0.5, 0.1)
    maps = methods.normalise(tf.constant([[[[2.0, 0.5], [4.0, 0.1]]]]), relu=True).numpy()
    assert maps[0, 0].tolist() == [[0.5, 1.0], [1.0, pytest.approx(0.2)]]


def test_fusion_by_hand() -> None:
    # 1 x 1 becomes 0.4 at both pixels; the mean with (1, 0) is (0.7, 0.2), whose maximum is not brought to 1
    layers = [tf.constant([[[0.4]]]), tf.constant([[[1.0, 0.0]]])]
    assert fused(layers).numpy().ravel().tolist() == pytest.approx([0.7, 0.2])


def test_fusion_upsamples_with_half_pixel_centres() -> None:
    # as cv2.INTER_LINEAR: 2 to 4 pixels gives 0, .25, .75, 1
    layers = [tf.constant([[[0.0, 1.0]] * 2]), tf.zeros((1, 4, 4))]
    assert (2 * fused(layers)).numpy()[0].tolist() == [[0.0, 0.25, 0.75, 1.0]] * 4


def test_the_fusion_of_one_layer_is_its_map() -> None:
    heatmaps = tf.random.uniform((2, 3, 4))
    np.testing.assert_array_equal(fused([heatmaps]), heatmaps)


def test_negative_values_do_not_outweigh_other_layers() -> None:
    # without ReLU a layer may have values far below -1: they count as 0, so the mean is (0.5, 0.5)
    layers = [tf.constant([[[1.0, -9.0]]]), tf.constant([[[0.0, 1.0]]])]
    assert fused(layers).numpy().ravel().tolist() == [0.5, 0.5]


def test_the_fusion_of_empty_maps_is_empty() -> None:
    assert not fused([tf.zeros((1, 2, 2)), tf.zeros((1, 4, 4))]).numpy().any()


# ---------------------------------------------------------------- values that are not finite


def heatmaps(values: dict[str, list[float]]) -> dict[tuple[str, str], np.ndarray]:
    """Heatmaps of 1 x 1 pixel, one row a value, at the layers given."""
    return {("grad_cam", layer): np.array(rows, np.float32)[:, None, None] for layer, rows in values.items()}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"a": [0, 1], "b": [1, 1]}, None),
        ({"a": [], "b": []}, None),
        ({"a": [0, 1], "b": [1, NAN]}, ("grad_cam", "b", 1)),
        ({"a": [0, INF], "b": [NAN, 1]}, ("grad_cam", "a", 1)),  # in the order of the layers, then of the rows
        ({"a": [-INF, NAN], "b": [1, 1]}, ("grad_cam", "a", 0)),
    ],
)
def test_not_finite(values: dict[str, list[float]], expected: tuple[str, str, int] | None) -> None:
    assert checks.not_finite(heatmaps(values)) == expected
