"""The formulas of the maps, by hand; normalisation; the check for values that are not finite."""

import numpy as np
import pytest
import tensorflow as tf

from wsol.maps import checks, methods

NAN, INF = float("nan"), float("inf")


def test_cam_by_hand() -> None:
    # one position with two channels (2, 3); the weights of class 1 are (1, -1): 2 - 3
    features, kernel = tf.constant([[[[2.0, 3.0]]]]), tf.constant([[5.0, 1.0], [5.0, -1.0]])
    assert methods.cam(features, kernel, tf.constant([1])).numpy().tolist() == [[[-1.0]]]


def test_grad_cam_by_hand() -> None:
    # 1 x 2 positions, one channel: alpha is the mean of gradients 1 and 3, so 2, times (5, -1)
    activations, gradients = tf.constant([[[[5.0], [-1.0]]]]), tf.constant([[[[1.0], [3.0]]]])
    assert methods.grad_cam(activations, gradients).numpy().tolist() == [[[10.0, -2.0]]]


@pytest.mark.parametrize("method", methods.METHODS)
def test_every_method_gives_one_map_an_image(method: str) -> None:
    activations, gradients = tf.random.normal((2, 3, 4, 5)), tf.random.normal((2, 3, 4, 5))
    assert methods.METHODS[method](activations, gradients).shape == (2, 3, 4)


@pytest.mark.parametrize("method", methods.METHODS)
@pytest.mark.parametrize("which", ["activations", "gradients"])
def test_no_method_hides_a_nan(method: str, which: str) -> None:
    values = {"activations": np.ones((2, 3, 4, 5), np.float32), "gradients": np.ones((2, 3, 4, 5), np.float32)}
    values[which][1, 0, 0, 0] = NAN
    maps = methods.normalise(methods.METHODS[method](values["activations"], values["gradients"]), relu=True)
    assert checks.not_finite({(method, "layer"): maps.numpy()}) == (method, "layer", 1)


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
