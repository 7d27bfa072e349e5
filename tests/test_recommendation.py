"""The recommendation: which map, on what evidence, and what it gains and loses."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from wsol.scores.recommendation import recommendation, sentences

# mean IoU on holdout: the refined map .6, CAM .5; on test .55 and .58; in hindsight CAM could have .61
LEADERBOARD = pd.DataFrame(
    {
        "map": ["layer_cam", "cam"],
        "layer": ["all", "conv5"],
        "refinement": ["grabcut", "none"],
        "threshold": [float("nan"), 0.2],
        "holdout": [0.6, 0.5],
        "mean_iou": [0.55, 0.58],
        "mean_iou_low": [0.5, 0.53],
        "mean_iou_high": [0.6, 0.63],
        "less_centre_box": [0.05, 0.08],
        "less_centre_box_low": [0.01, 0.04],
        "less_centre_box_high": [0.09, 0.12],
    }
)
SCORES = pd.DataFrame(
    {"score": ["mean_iou_chosen", "mean_iou_chosen", "mean_iou"], "oracle": [float("nan"), 0.61, 0.9]}
)
SCORES["estimate"] = [0.55, 0.58, 0.9]
HOLDOUT = LEADERBOARD[["map", "layer", "refinement", "threshold"]].assign(
    values=[np.array([0.6] * 150), np.array([0.5] * 150)]
)
WITHOUT_BOXES = HOLDOUT.assign(values=[np.array([])] * 2)
FIXED = pd.DataFrame(
    {
        "selector": ["otsu", "fixed_rule"],
        "map": ["cam", "layer_cam"],
        "layer": ["conv5", "all"],
        "threshold": [0.3, 0.1],
    }
).assign(mean_iou=[0.4, 0.5], low=[0.3, 0.4], high=[0.5, 0.6])


def lead(*ends: float) -> dict[str, float]:
    return dict(zip(("mean_iou", "low", "high"), ends, strict=True))


def test_the_best_on_holdout_and_not_on_test() -> None:
    figures = recommendation(HOLDOUT, LEADERBOARD, SCORES, FIXED)
    assert figures == {
        "map": "layer_cam",
        "layer": "all",
        "refinement": "grabcut",
        "threshold": None,
        "chosen_by": "holdout",
        "holdout_images_with_boxes": 150,
        "mean_iou": lead(0.55, 0.5, 0.6),
        "less_centre_box": lead(0.05, 0.01, 0.09),
        "less_hindsight": pytest.approx(0.55 - 0.61),
        "beat_centre_box": 2,
    }
    assert sentences(figures) == [
        "Use LayerCAM, all layers, refined by GrabCut.",
        "It has the highest mean IoU on the 150 holdout images with boxes.",
        "Its mean IoU on test is 0.5500 (0.5000 to 0.6000).",
        "Its lead over the centre box is +0.0500 (+0.0100 to +0.0900).",
        "The best choice in hindsight, made on test, has 0.0600 more.",
    ]


@pytest.mark.parametrize(
    ("lows", "expected"),
    [
        (
            [-0.01, 0.04],
            "It does not beat the centre box: its lead is +0.0500 (-0.0100 to +0.0900).",
        ),
        (
            [0.0, -0.1],
            "Nothing beats the centre box here: its lead is +0.0500 (+0.0000 to +0.0900).",
        ),
    ],
)
def test_a_map_that_does_not_beat_the_centre_box(lows: list[float], expected: str) -> None:
    figures = recommendation(HOLDOUT, LEADERBOARD.assign(less_centre_box_low=lows), SCORES, FIXED)
    assert expected in sentences(figures)


@pytest.mark.parametrize(("images", "few"), [(19, True), (20, False)])
def test_a_choice_on_few_images_is_doubted(images: int, few: bool) -> None:
    figures = recommendation(HOLDOUT, LEADERBOARD, SCORES, FIXED) | {"holdout_images_with_boxes": images}
    assert ("So few may" in sentences(figures)[1]) == few


def test_without_boxes_in_holdout_it_is_the_fixed_rule() -> None:
    figures = recommendation(WITHOUT_BOXES, LEADERBOARD, SCORES, FIXED)
    assert [figures[name] for name in ("map", "layer", "refinement", "threshold")] == ["layer_cam", "all", "none", 0.1]
    assert figures["mean_iou"] == lead(0.5, 0.4, 0.6) and figures["less_centre_box"] is None
    assert sentences(figures)[:3] == [
        "Use LayerCAM, all layers at threshold 0.1.",
        "This is a fixed rule: no holdout image has a box to choose by.",
        "Its mean IoU on test is 0.5000 (0.4000 to 0.6000).",
    ]


def test_a_refined_map_may_be_the_best_in_hindsight() -> None:
    better = SCORES.assign(estimate=[0.65, 0.58, 0.9])
    assert recommendation(HOLDOUT, LEADERBOARD, better, FIXED)["less_hindsight"] == pytest.approx(0.55 - 0.65)


def test_boxes_in_holdout_alone() -> None:
    figures = recommendation(HOLDOUT, LEADERBOARD.head(0), SCORES.head(0), FIXED)
    assert figures["map"] == "layer_cam" and figures["mean_iou"] is None
    assert sentences(figures) == [
        "Use LayerCAM, all layers, refined by GrabCut.",
        "It has the highest mean IoU on the 150 holdout images with boxes.",
    ]


def test_the_choice_is_the_best_in_hindsight() -> None:
    figures = recommendation(HOLDOUT, LEADERBOARD, SCORES.assign(oracle=[float("nan"), 0.5, 0.9]), FIXED)
    assert figures["less_hindsight"] == 0 and sentences(figures)[-1] == "It is the best choice in hindsight too."


def test_without_any_box() -> None:
    nothing: dict[str, Any] = dict.fromkeys(("mean_iou", "low", "high"), float("nan"))
    empty = LEADERBOARD.head(0)
    figures = recommendation(WITHOUT_BOXES, empty, SCORES.head(0), FIXED.assign(**nothing))
    assert figures["mean_iou"] is figures["less_hindsight"] is figures["beat_centre_box"] is None
    assert sentences(figures) == [
        "Use LayerCAM, all layers at threshold 0.1.",
        "This is a fixed rule: no holdout image has a box to choose by.",
    ]
