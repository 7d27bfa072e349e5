import numpy as np
import pytest

from wsol import scores

UNIT = [0.0, 0.0, 1.0, 1.0]


def test_padded_boxes() -> None:
    padded = scores.padded_boxes([np.array([*UNIT, 0, 0, 0.5, 0.5]), np.array([]), np.array([0.2, 0.2, 0.2, 0.9])])
    assert padded.shape == (3, 2, 4)
    assert padded[0].tolist() == [UNIT, [0, 0, 0.5, 0.5]]
    assert not padded[1].any()  # no box
    assert not padded[2].any()  # a box of no height is none


def test_padded_boxes_of_no_images() -> None:
    assert scores.padded_boxes([]).shape == (0, 0, 4)


def test_full_image_iou_is_the_boxes_mean_area() -> None:
    truth = scores.padded_boxes([np.array([0, 0, 0.5, 1]), np.array([0, 0, 0.5, 0.5])])
    assert scores.full_image_iou(truth, "best") == pytest.approx((0.5 + 0.25) / 2)


def test_mean_ious_by_threshold() -> None:
    truth = scores.padded_boxes([np.array(UNIT), np.array(UNIT)])
    boxes = np.array([[UNIT, [0, 0, 0.5, 1]], [[0, 0, 1, 0.25], [0, 0, 0, 0]]])
    # threshold 1: (1 + 0.25) / 2; threshold 2: (0.5 + 0) / 2, the empty box counts as 0
    assert scores.mean_ious(boxes, truth, "first") == pytest.approx([0.625, 0.25])


def test_empty_maps() -> None:
    heatmaps = np.zeros((3, 2, 2))
    heatmaps[1, 0, 0] = 1
    heatmaps[2] = -1
    assert scores.empty_maps(heatmaps) == 2
