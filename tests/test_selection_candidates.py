"""What selectors choose from: candidates, thresholds, images and rounded boxes."""

import itertools

import numpy as np
import pandas as pd
import pytest

from wsol.selection.candidates import PARTS, candidates, first_images, fixed_rule, nearest, rounded

MAPS = pd.DataFrame(
    {
        "map": ["cam", "grad_cam", "grad_cam", "layer_cam", "layer_cam"],
        "layer": ["conv5", "conv5", "all", "conv5", "all"],
        "refinement": "none",
    }
)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([0.1, 0.5], [1, 3]),
        ([0.5, 0.1, 0.11], [1, 3]),  # ascending, and 0.1 once
        ([0.15], [1]),  # as near to 0.1 as to 0.2: the lower one
        ([0.0, 0.9], [0, 3]),
    ],
)
def test_nearest_thresholds(wanted: list[float], expected: list[int]) -> None:
    assert nearest([0.05, 0.1, 0.2, 0.5], wanted) == expected


def test_candidates_are_each_map_at_each_threshold() -> None:
    table = candidates(MAPS, [0.1, 0.4])
    assert len(table) == 10
    assert table["threshold"].tolist() == [0.1, 0.4] * 5
    assert table["map"].tolist()[:4] == ["cam", "cam", "grad_cam", "grad_cam"]


@pytest.mark.parametrize(
    ("rows", "thresholds", "expected"),
    [
        ([0, 1, 2, 3, 4], [0.1, 0.4], 8),  # LayerCAM, all layers, at 0.1
        ([0, 1, 2, 3], [0.1, 0.4], 4),  # no LayerCAM of all layers: the first fused map, Grad-CAM's
        ([0, 1, 3], [0.1, 0.4], 0),  # none is fused: the first map
        ([0, 4], [0.02, 0.12, 0.4], 4),  # 0.12 is the nearest to 0.1
        ([0], [0.4], 0),  # one candidate
    ],
)
def test_fixed_rule(rows: list[int], thresholds: list[float], expected: int) -> None:
    assert fixed_rule(candidates(MAPS.iloc[rows].reset_index(drop=True), thresholds)) == expected


# ---------------------------------------------------------------- images

LABELS = np.array([0, 0, 0, 0, 1, 1, 2])


def test_images_are_spread_over_the_classes() -> None:
    # the first three are of three classes; then class 2 has none left; then only class 0 has some
    counts = {count: np.bincount(LABELS[first_images(LABELS, count, 0)], minlength=3).tolist() for count in (3, 5, 7)}
    assert counts == {3: [1, 1, 1], 5: [2, 2, 1], 7: [4, 2, 1]}


def test_images_are_ascending_and_those_of_a_smaller_count_are_among_them() -> None:
    for seed in range(5):
        drawn = [first_images(LABELS, count, seed).tolist() for count in range(1, 8)]
        assert all(rows == sorted(set(rows)) for rows in drawn)
        assert all(set(fewer) < set(more) for fewer, more in itertools.pairwise(drawn))


def test_the_seed_decides_the_images() -> None:
    labels = np.zeros(100, int)
    first, again, other = (first_images(labels, 10, seed).tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_there_may_be_fewer_images_than_asked_for() -> None:
    assert first_images(LABELS, 50, 0).tolist() == list(range(7))
    assert first_images(LABELS[:0], 5, 0).tolist() == []


# ---------------------------------------------------------------- rounded boxes


def test_edges_are_rounded_to_parts() -> None:
    assert PARTS == 10
    assert rounded(np.array([0.04, 0.26, 0.96, 0.74])).tolist() == [0, 0.3, 1, 0.7]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([0.51, 0.51, 0.52, 0.52], [0.5, 0.5, 0.6, 0.6]),  # a part at least
        ([0.98, 0.98, 1.0, 1.0], [0.9, 0.9, 1.0, 1.0]),  # also at the border
        ([-0.2, 0.0, 1.3, 1.0], [0.0, 0.0, 1.0, 1.0]),  # a rotated rectangle may leave the image
        ([0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]),  # no box
        ([0.3, 0.3, 0.3, 0.9], [0.0, 0.0, 0.0, 0.0]),  # without area
    ],
)
def test_small_outlying_and_empty_boxes(box: list[float], expected: list[float]) -> None:
    assert rounded(np.array(box)).tolist() == expected


def test_rounding_twice_changes_nothing() -> None:
    corners = np.sort(np.random.default_rng(0).random((50, 2, 2)), axis=1)
    boxes_yxyx = rounded(corners.reshape(50, 4))
    assert rounded(boxes_yxyx).tolist() == boxes_yxyx.tolist()
