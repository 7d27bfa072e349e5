"""The leaderboard of three maps on two images, small enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest
from score_rows import COUNTS, NAMES, rows, split

from wsol.maps.keys import KEY
from wsol.scores.leaderboard import COLUMNS, leaderboard

CENTRE_BOX = np.array([0.3, 0.3])


def with_all_scores(names: list[str]) -> pd.DataFrame:
    """The rows of score_rows, with GT-known Loc 1 for the first image and MaxBoxAccV2 1/3 for both."""
    table = rows(names)
    chosen = table[table["score"] == "mean_iou_chosen"]
    first = [np.arange(len(values)) == 0 for values in chosen["values"]]
    more = [
        chosen.assign(score="gt_known_loc_chosen", values=[values.astype(float) for values in first]),
        chosen.assign(score="max_box_acc_v2", values=[np.full(len(values), 1 / 3) for values in chosen["values"]]),
    ]
    return pd.concat([table, *more], ignore_index=True)


def made(table: pd.DataFrame) -> pd.DataFrame:
    return leaderboard(split(table, "test"), split(table, "holdout"), CENTRE_BOX, COUNTS)


@pytest.mark.parametrize("order", [NAMES, ["last", "early", "cam"]])
def test_the_order_is_holdouts(order: list[str]) -> None:
    # on holdout .9 for the early layer, .1 for CAM and the last layer: these two keep the table's order
    table = made(with_all_scores(order))
    expected = ["early", *(name for name in order if name != "early")]
    layers = {"cam": "cam", "early": "grad_cam", "last": "grad_cam"}
    assert table["map"].tolist() == [layers[name] for name in expected]
    assert table["holdout"].tolist() == pytest.approx([0.9, 0.1, 0.1])


def test_scores_and_differences() -> None:
    first = made(with_all_scores(NAMES)).iloc[0]
    assert first[KEY].tolist() == ["grad_cam", "early", "none"]
    assert first["threshold"] == 0.2
    # images .6 and .4: the draws' means are .6, .5, .4; the percentiles 2.5 and 97.5 lie .005 inside the outer ones
    assert first[["mean_iou", "mean_iou_low", "mean_iou_high"]].tolist() == pytest.approx([0.5, 0.405, 0.595])
    assert first["gt_known_loc"] == 0.5
    assert first["max_box_acc_v2"] == pytest.approx(1 / 3)
    # less .3 for both images; CAM has .5 and .3
    assert first[["less_centre_box", "less_centre_box_low"]].tolist() == pytest.approx([0.2, 0.105])
    assert first[["less_cam", "less_cam_low", "less_cam_high"]].tolist() == pytest.approx([0.1, 0.1, 0.1])


def test_cam_is_the_unrefined_one() -> None:
    table = with_all_scores(NAMES)
    refined = table.assign(refinement="grabcut", values=[values + 0.1 for values in table["values"]])
    board = made(pd.concat([refined, table], ignore_index=True)).set_index(KEY)
    assert board.loc[("cam", "last", "none"), "less_cam"] == pytest.approx(0)
    assert board.loc[("cam", "last", "grabcut"), "less_cam"] == pytest.approx(0.1)
    assert len(board) == 6


def test_without_cam_its_differences_are_empty() -> None:
    table = made(with_all_scores(["early", "last"]))
    assert table.columns.tolist() == made(with_all_scores(NAMES)).columns.tolist() == COLUMNS
    assert table[["less_cam", "less_cam_low", "less_cam_high"]].isna().all(axis=None)
    assert table["less_centre_box"].notna().all()


def test_without_holdout_the_order_is_the_tables() -> None:
    table = with_all_scores(["last", "early", "cam"])
    on_test = split(table, "test")
    none = split(table, "holdout").assign(values=lambda rows: [np.zeros(0)] * len(rows))
    board = leaderboard(on_test, none, CENTRE_BOX, COUNTS)
    assert board["layer"].tolist() == ["last", "early", "last"]
    assert board["holdout"].isna().all()
    assert board["mean_iou"].tolist() == pytest.approx([0.4, 0.5, 0.4])
