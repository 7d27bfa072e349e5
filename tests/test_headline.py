"""The headline, of the maps of score_rows."""

import json

import numpy as np
import pandas as pd
import pytest
from score_rows import COUNTS, KEYS, NAMES, rows, split

from wsol.maps.keys import Key
from wsol.scores import tables
from wsol.scores.headline import headline

BASELINES = pd.DataFrame(
    {
        "baseline": ["centre_box", "centre_box", "mean_box"],
        "score": ["top1_loc", "mean_iou", "mean_iou"],
        "values": [np.array([1.0, 1.0]), np.array([0.2, 0.4]), np.array([0.5, 0.5])],
    }
)


def figures(table: pd.DataFrame, keys: dict[str, Key]) -> dict[str, float]:
    test, holdout = split(table, "test"), split(table, "holdout")
    scores, baselines = tables.scores(test, holdout, COUNTS), tables.with_intervals(BASELINES, COUNTS)
    chosen = scores[scores["score"] == "mean_iou_chosen"].sort_values("holdout", ascending=False)
    leaderboard = chosen.rename(columns={"estimate": "mean_iou"})
    return headline(keys, {"scores": scores, "baselines": baselines, "leaderboard": leaderboard})


BOTH = {"cam": KEYS["cam"], "compared": KEYS["early"]}


@pytest.mark.parametrize("order", [NAMES, ["last", "early", "cam"]])
def test_headline(order: list[str]) -> None:
    # at the fixed threshold CAM has .4 and .2, the early layer .1 and .1. Holdout prefers the early layer, .9 to .1;
    # at the threshold chosen there it has .6 and .4 on test
    expected = {
        "cam": 0.3,
        "compared": 0.1,
        "centre_box": 0.3,
        "compared_less_centre_box": -0.2,
        "recommended": 0.5,
    }
    shown = figures(rows(order), BOTH)
    assert list(shown) == list(expected)
    assert shown == pytest.approx(expected)


def test_the_recommended_map_is_not_the_compared_one() -> None:
    shown = figures(rows(NAMES), BOTH | {"compared": KEYS["last"]})
    assert shown["compared"] == pytest.approx(0.3)
    assert shown["recommended"] == pytest.approx(0.5)


def test_other_methods_and_refinements_change_only_the_recommended_map() -> None:
    table = rows(NAMES)
    better = table.assign(values=[values + 0.05 for values in table["values"]], oracle=table["oracle"] + 0.05)
    others = pd.concat([better[better["map"] != "cam"].assign(map="layer_cam"), better.assign(refinement="grabcut")])
    with_others = pd.concat([others, table], ignore_index=True)
    expected = figures(table, BOTH) | {"recommended": pytest.approx(0.55)}
    assert figures(with_others, BOTH) == expected


def test_without_cam() -> None:
    shown = figures(rows(["early", "last"]), {"compared": KEYS["early"]})
    assert list(shown) == ["compared", "centre_box", "compared_less_centre_box", "recommended"]


def test_without_holdout_nothing_is_recommended() -> None:
    table = rows(NAMES)
    table["values"] = [np.zeros(0) if row.split == "holdout" else row.values for row in table.itertuples()]
    assert list(figures(table, BOTH)) == ["cam", "compared", "centre_box", "compared_less_centre_box"]


def test_tables_without_rows_have_no_headline() -> None:
    made = {name: pd.DataFrame(columns=columns) for name, columns in tables.COLUMNS.items()}
    assert headline(BOTH, made | {"leaderboard": pd.DataFrame()}) == {}


def test_the_headline_is_json() -> None:
    shown = figures(rows(NAMES), BOTH)
    assert json.loads(json.dumps(shown)) == shown
