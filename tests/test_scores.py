import numpy as np
import pytest

from wsol.scores import localization

EVERY, NONE = np.array([True, True]), np.array([False, False])


def means(found: dict[str, localization.Score]) -> dict[str, float]:
    return {name: score.values.mean() for name, score in found.items()}


def test_scores_at_a_threshold() -> None:
    ious, top1, top5 = np.array([0.5, 0.9, 0.49, 1.0]), np.array([True, False, True, False]), np.array([1, 1, 1, 0]) > 0
    # localized are images 1, 2 and 4, .5 itself counting; of these the first is right, the first two are in the top 5
    found = localization.fixed(ious, 0.1, top1, top5)
    assert means(found) == pytest.approx(
        {"mean_iou": 2.89 / 4, "gt_known_loc": 3 / 4, "top1_loc": 1 / 4, "top5_loc": 2 / 4}
    )
    assert {score.threshold for score in found.values()} == {0.1}


def localized(*hits: list[list[int]]) -> np.ndarray:
    """(images, levels, 4) bool, each image's levels as rows of four."""
    return np.array(hits, bool)


def test_thresholds_are_chosen_on_one_set_and_reported_on_another() -> None:
    # holdout is best at .3 and at the second level, test at .2 and at the first
    holdout = localization.Found(np.array([[0.1, 0.2, 0.6]]), localized([[0, 1, 0, 0], [1, 1, 1, 1]]))
    test = localization.Found(
        np.array([[0.4, 0.8, 0.5], [0.4, 0.6, 0.3]]),
        localized([[1, 1, 1, 1], [0, 1, 1, 0]], [[1, 1, 1, 0], [0, 1, 0, 0]]),
    )
    thresholds = np.array([0.1, 0.2, 0.3])
    found = localization.transferred(holdout, test, thresholds, EVERY, NONE)
    assert found["mean_iou_chosen"].values.tolist() == [0.5, 0.3]
    assert found["mean_iou_chosen"].threshold == 0.3
    assert found["gt_known_loc_chosen"].values.tolist() == [1, 0]
    assert found["top1_loc_chosen"].values.tolist() == [1, 0]
    assert found["top5_loc_chosen"].values.tolist() == [0, 0]
    assert found["max_box_acc"].values.tolist() == [0, 0]
    assert found["max_box_acc"].threshold == 1 / 2  # the second of two levels
    # an IoU of .3: both levels are as good on holdout, so the first, where both images are found; .5: the second,
    # where one of two is; .7: the second, where none is
    assert found["max_box_acc_v2"].values.tolist() == pytest.approx([2 / 3, 1 / 3])
    oracle = localization.transferred(test, test, thresholds, EVERY, NONE)
    assert oracle["mean_iou_chosen"].values.tolist() == [0.8, 0.6]
    assert oracle["max_box_acc"].values.tolist() == [1, 1]
    assert means(oracle)["max_box_acc_v2"] == pytest.approx((1 + 1 + 0.5) / 3)


def test_of_equal_thresholds_the_lowest_is_chosen() -> None:
    same = localization.Found(np.full((2, 3), 0.5), np.ones((2, 3, 4), bool))
    found = localization.transferred(same, same, np.array([0.1, 0.2, 0.3]), EVERY, EVERY)
    assert (found["mean_iou_chosen"].threshold, found["max_box_acc"].threshold) == (0.1, 0.0)


def test_empty_maps() -> None:
    heatmaps = np.zeros((3, 2, 2))
    heatmaps[1, 0, 0] = 1
    heatmaps[2] = -1
    assert localization.empty_maps(heatmaps) == 2
