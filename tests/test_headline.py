"""The headline, of the maps of score_rows."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from score_rows import CENTRE_BOX, COUNTS, KEYS, NAMES, rows, split

from wsol.scores import tables
from wsol.scores.headline import headline

BASELINES = pd.DataFrame(
    {
        "baseline": ["full_image", "full_image", "mean_box"],
        "score": ["mean_iou", "top1_loc", "mean_iou"],
        "values": [np.array([0.2, 0.4]), np.array([1.0, 1.0]), np.array([0.5, 0.5])],
    }
)


def figures(table: pd.DataFrame, compared: tuple[str, str, str]) -> dict[str, Any]:
    test, holdout = split(table, "test"), split(table, "holdout")
    made = {
        "scores": tables.scores(test, holdout, COUNTS),
        "comparisons": tables.comparisons(test, holdout, CENTRE_BOX, COUNTS, seed=0),
        "baselines": tables.with_intervals(BASELINES, COUNTS),
    }
    return headline({"cam": KEYS["cam"], "compared": compared}, made)


def flat(content: dict[str, Any]) -> dict[str, Any]:
    return pd.json_normalize(content).iloc[0].to_dict()


@pytest.mark.parametrize("order", [NAMES, ["last", "early", "cam"]])
def test_headline(order: list[str]) -> None:
    # the three draws' means lie evenly; the percentiles 2.5 and 97.5 lie a twentieth of a step inside the outer ones
    expected = {
        "cam": {"mean_iou": 0.3, "low": 0.205, "high": 0.395},  # draws .4, .3, .2
        "compared": {"mean_iou": 0.1, "low": 0.1, "high": 0.1},  # .1 for both images
        "cam_less_compared": {"mean_iou": 0.2, "low": 0.105, "high": 0.295},  # differences .3 and .1
        "cam_less_centre_box": {"mean_iou": 0.0, "low": -0.095, "high": 0.095},  # differences .1 and -.1
        "compared_less_centre_box": {"mean_iou": -0.2, "low": -0.2, "high": -0.2},
        "chosen_on_holdout": {
            # images .5 and .3; less .3
            "cam": {"threshold": 0.2, "mean_iou": 0.4, "oracle": 0.8}
            | {"less_centre_box": {"mean_iou": 0.1, "low": 0.005, "high": 0.195}},
            # holdout prefers the early layer, .9 to .1: on test .6 and .4. The last layer has the best oracle
            "compared": {"layer": "early", "threshold": 0.2, "mean_iou": 0.5, "oracle": 0.9, "oracle_layer": "last"}
            | {"less_centre_box": {"mean_iou": 0.2, "low": 0.105, "high": 0.295}},
        },
        "baselines": {"full_image": {"mean_iou": 0.3}, "mean_box": {"mean_iou": 0.5}},
    }
    shown = figures(rows(order), KEYS["early"])
    assert list(shown) == list(expected)
    assert flat(shown) == pytest.approx(flat(expected))


def test_the_chosen_layer_is_not_the_compared_one() -> None:
    shown = figures(rows(NAMES), KEYS["last"])
    assert shown["compared"]["mean_iou"] == pytest.approx(0.3)
    assert flat(shown["cam_less_compared"]) == pytest.approx({"mean_iou": 0, "low": 0, "high": 0})  # CAM's values
    assert shown["chosen_on_holdout"]["compared"]["layer"] == "early"


def test_other_methods_and_refinements_change_nothing() -> None:
    table = rows(NAMES)
    better = table.assign(values=[values + 0.5 for values in table["values"]], oracle=table["oracle"] + 0.5)
    others = pd.concat([better[better["map"] != "cam"].assign(map="layer_cam"), better.assign(refinement="grabcut")])
    with_others = pd.concat([others, table], ignore_index=True)
    assert flat(figures(with_others, KEYS["early"])) == flat(figures(table, KEYS["early"]))


def test_the_difference_is_never_that_of_another_cam() -> None:
    # refined CAM is compared with refined Grad-CAM, CAM itself is not
    table = pd.concat([rows(NAMES), rows(NAMES).assign(refinement="grabcut")], ignore_index=True)
    with pytest.raises(IndexError):
        figures(table, ("grad_cam", "early", "grabcut"))


def test_without_cam_there_is_no_difference_to_it() -> None:
    table = rows(["early", "last"])
    test, holdout = split(table, "test"), split(table, "holdout")
    made = {
        "scores": tables.scores(test, holdout, COUNTS),
        "comparisons": tables.comparisons(test, holdout, CENTRE_BOX, COUNTS, seed=0),
        "baselines": tables.with_intervals(BASELINES, COUNTS),
    }
    shown = headline({"compared": KEYS["early"]}, made)
    assert list(shown) == ["compared", "compared_less_centre_box", "chosen_on_holdout", "baselines"]
    assert list(shown["chosen_on_holdout"]) == ["compared"]


def test_without_holdout_nothing_is_chosen() -> None:
    table = rows(NAMES)
    table["values"] = [np.zeros(0) if row.split == "holdout" else row.values for row in table.itertuples()]
    shown = figures(table, KEYS["early"])
    centre_box = ["cam_less_centre_box", "compared_less_centre_box"]
    assert list(shown) == ["cam", "compared", "cam_less_compared", *centre_box, "baselines"]


def test_tables_without_rows_have_no_headline() -> None:
    made = {name: pd.DataFrame(columns=columns) for name, columns in tables.COLUMNS.items()}
    assert headline({"cam": KEYS["cam"], "compared": KEYS["early"]}, made) == {}


def test_the_headline_is_json() -> None:
    shown = figures(rows(NAMES), KEYS["early"])
    assert json.loads(json.dumps(shown)) == shown
