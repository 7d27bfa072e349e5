import numpy as np
import pandas as pd
import pytest

from wsol.boxes.geometry import iou
from wsol.maps.keys import KEY
from wsol.scores import localization
from wsol.scores.localization import Localizations, at_best_thresholds, at_threshold

EVERY, NONE = np.array([True, True]), np.array([False, False])


def means(table: pd.DataFrame) -> dict[str, float]:
    return {row.score: row.values.mean() for row in table.itertuples()}


def values(table: pd.DataFrame, score: str) -> list[float]:
    return table.set_index("score").loc[score, "values"].tolist()


def thresholds(table: pd.DataFrame) -> dict[str, float]:
    return dict(zip(table["score"], table["threshold"], strict=True))


def test_scores_at_a_threshold() -> None:
    ious, top1, top5 = np.array([0.5, 0.9, 0.49, 1.0]), np.array([True, False, True, False]), np.array([1, 1, 1, 0]) > 0
    # localized are images 1, 2 and 4, .5 itself counting; of these the first is right, the first two are in the top 5
    table = at_threshold(ious, 0.1, top1, top5)
    assert means(table) == pytest.approx(
        {"mean_iou": 2.89 / 4, "gt_known_loc": 3 / 4, "top1_loc": 1 / 4, "top5_loc": 2 / 4}
    )
    assert set(thresholds(table).values()) == {0.1}


def test_an_iou_of_one_half_counts_whatever_float32_made_of_it() -> None:
    # 1/2 from float32 fractions may lie some 1e-7 below; .49999 is less than one half
    table = at_threshold(np.array([0.5 - 1e-7, 0.49999]), 0.1, EVERY, EVERY)
    assert values(table, "gt_known_loc") == [1, 0]


def test_half_of_a_box_kept_as_float32_is_localized() -> None:
    # 20 x 33 of 20 x 66 pixels of 224; as float32 fractions the IoU comes out 1e-7 below one half
    whole, half = (np.array(pixels, np.float32) / np.float32(224) for pixels in ([60, 94, 80, 160], [60, 94, 80, 127]))
    ious = np.array([iou(whole, half)])
    assert ious[0] < 0.5
    assert values(at_threshold(ious, 0.1, EVERY[:1], EVERY[:1]), "gt_known_loc") == [1]


def hits(*images: list[list[int]]) -> np.ndarray:
    """(levels, images, 4) bool, from each image's levels as rows of four."""
    return np.array(images, bool).swapaxes(0, 1)


def test_thresholds_are_chosen_on_one_set_and_reported_on_another() -> None:
    # holdout is best at .3 and at the second level, test at .2 and at the first
    one = np.array([True])
    holdout = Localizations(np.array([[0.1], [0.2], [0.6]]), hits([[0, 1, 0, 0], [1, 1, 1, 1]]), one, one)
    ious = np.array([[0.4, 0.4], [0.8, 0.6], [0.5, 0.3]])
    test = Localizations(ious, hits([[1, 1, 1, 1], [0, 1, 1, 0]], [[1, 1, 1, 0], [0, 1, 0, 0]]), EVERY, NONE)
    grid = np.array([0.1, 0.2, 0.3])
    chosen = at_best_thresholds(holdout, test, grid)
    assert values(chosen, "mean_iou_chosen") == [0.5, 0.3]
    assert thresholds(chosen)["mean_iou_chosen"] == 0.3
    assert values(chosen, "gt_known_loc_chosen") == [1, 0]
    assert values(chosen, "top1_loc_chosen") == [1, 0]
    assert values(chosen, "top5_loc_chosen") == [0, 0]
    assert values(chosen, "max_box_acc") == [0, 0]
    assert thresholds(chosen)["max_box_acc"] == 1 / 2  # the second of two levels
    # an IoU of .3: both levels are as good on holdout, so the first, where both images are hits; .5: the second,
    # where one of two is; .7: the second, where none is
    assert values(chosen, "max_box_acc_v2") == pytest.approx([2 / 3, 1 / 3])
    oracle = at_best_thresholds(test, test, grid)
    assert values(oracle, "mean_iou_chosen") == [0.8, 0.6]
    assert values(oracle, "max_box_acc") == [1, 1]
    assert means(oracle)["max_box_acc_v2"] == pytest.approx((1 + 1 + 0.5) / 3)
    both = localization.with_oracle(chosen, oracle).set_index("score")
    assert both.loc["mean_iou_chosen", ["oracle", "oracle_threshold"]].tolist() == pytest.approx([0.7, 0.2])


def test_of_equal_thresholds_the_lowest_is_chosen() -> None:
    same = Localizations(np.full((3, 2), 0.5), np.ones((3, 2, 4), bool), EVERY, EVERY)
    chosen = thresholds(at_best_thresholds(same, same, np.array([0.1, 0.2, 0.3])))
    assert (chosen["mean_iou_chosen"], chosen["max_box_acc"]) == (0.1, 0.0)


def no_images(levels: int) -> Localizations:
    return Localizations(np.zeros((levels, 0)), np.zeros((levels, 0, 4), bool), EVERY[:0], EVERY[:0])


def test_without_images_no_threshold_is_chosen() -> None:
    test = Localizations(np.full((3, 2), 0.5), np.ones((3, 2, 4), bool), EVERY, EVERY)
    chosen = at_best_thresholds(no_images(3), test, np.array([0.1, 0.2, 0.3]))
    assert len(chosen) == 9
    assert chosen["threshold"].isna().all()
    assert np.isnan(np.stack(chosen["values"].tolist())).all()
    # the oracle chooses on test itself
    oracle = at_best_thresholds(test, test, np.array([0.1, 0.2, 0.3]))
    assert localization.with_oracle(chosen, oracle)["oracle"].tolist() == [0.5, *[1.0] * 8]


def test_one_box_needs_no_choice() -> None:
    test = Localizations(np.full((1, 2), 0.5), np.ones((1, 2, 4), bool), EVERY, EVERY)
    assert values(at_best_thresholds(no_images(1), test, np.array([np.nan])), "mean_iou_chosen") == [0.5, 0.5]


def test_scores_of_no_images() -> None:
    holdout = Localizations(np.full((3, 2), 0.5), np.ones((3, 2, 4), bool), EVERY, EVERY)
    reported = at_best_thresholds(holdout, no_images(3), np.array([0.1, 0.2, 0.3]))
    assert {len(row) for row in reported["values"]} == {0}
    oracle = at_best_thresholds(no_images(3), no_images(3), np.array([0.1, 0.2, 0.3]))
    assert localization.with_oracle(reported, oracle)["oracle"].isna().all()


def test_the_fixed_threshold_stands_for_those_not_chosen() -> None:
    unknown = np.array([np.nan, np.nan])
    columns = [*KEY, "split", "score", "threshold", "values", "oracle"]
    cam, refined = ("cam", "conv5", "none", "test"), ("cam", "conv5", "grabcut", "test")
    chosen = pd.DataFrame(
        [
            (*cam, "mean_iou_chosen", np.nan, unknown, 0.9),
            (*cam, "max_box_acc", np.nan, unknown, 0.8),
            (*refined, "mean_iou_chosen", np.nan, np.array([0.7, 0.7]), np.nan),
        ],
        columns=columns,
    )
    fixed = pd.DataFrame(
        [
            (*cam, "mean_iou", 0.1, np.array([0.4, 0.5])),
            (*refined, "mean_iou", np.nan, np.array([0.7, 0.7])),
        ],
        columns=columns[:-1],
    )
    table = localization.with_fixed(chosen, fixed).set_index(["refinement", "score"])
    assert len(table) == 3
    stand_in = table.loc[("none", "mean_iou_chosen")]
    assert (stand_in["threshold"], stand_in["values"].tolist(), stand_in["oracle"]) == (0.1, [0.4, 0.5], 0.9)
    assert np.isnan(table.loc[("none", "max_box_acc"), "values"]).all()  # its thresholds are of another scale
    assert table.loc[("grabcut", "mean_iou_chosen"), "values"].tolist() == [0.7, 0.7]
    known = chosen.assign(threshold=0.3)
    assert localization.with_fixed(known, fixed) is known


def test_a_map_is_all_three_parts_of_its_key() -> None:
    keys = [("cam", "a", "none"), ("grad_cam", "a", "none"), ("grad_cam", "a", "grabcut"), ("grad_cam", "b", "none")]
    table = pd.DataFrame(keys, columns=KEY).assign(number=range(4))
    assert localization.of_map(table, ("grad_cam", "a", "grabcut"))["number"].tolist() == [2]
    assert localization.of_map(table, ("layer_cam", "a", "none")).empty


def test_empty_maps() -> None:
    heatmaps = np.zeros((3, 2, 2))
    heatmaps[1, 0, 0] = 1
    heatmaps[2] = -1
    assert localization.empty_maps(heatmaps).tolist() == [True, False, True]
