"""Which candidate each selector takes, by classifiers whose probability is the brightness of a known place."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from wsol.boxes.geometry import iou
from wsol.scores.bootstrap import resampled
from wsol.selection.agreement import agreement, mirrored
from wsol.selection.candidates import candidates
from wsol.selection.occlusion import pasted
from wsol.selection.otsu import separability
from wsol.selection.selectors import average_drop, best_of_maps, increase, lexicographic, numbers
from wsol.selection.table import HOLDOUTS_BOXES, choices, spearman, table
from wsol.selection.variants import distinct, measures, pictures

SIDE, NONE = 40, [0.0, 0, 0, 0]
# the object lies off the centre; its half is its left half; the background has a bright mark in the corner
BOXES = {
    "background": [0.8, 0.8, 1.0, 1.0],
    "half": [0.6, 0.1, 0.8, 0.2],
    "object": [0.6, 0.1, 0.8, 0.3],
    "image": [0.0, 0.0, 1.0, 1.0],
}
IMAGES = 3

Classifier = Callable[[np.ndarray], float]


def sees(box_yxyx: list[float]) -> Classifier:
    """A classifier whose probability is the mean brightness in a box."""
    inside = pasted(np.zeros((SIDE, SIDE)), np.ones((SIDE, SIDE)), np.array(box_yxyx)).astype(bool)
    return lambda picture: float(picture[inside].mean() / 255)


def picture() -> np.ndarray:
    """A black picture with a white object and a white mark."""
    shown = np.zeros((SIDE, SIDE, 3), np.float32)
    for name in ("background", "object"):
        shown = pasted(shown, np.full_like(shown, 255), np.array(BOXES[name]))
    return shown


def heatmap(box_yxyx: list[float]) -> np.ndarray:
    """1 in the box, 0 elsewhere."""
    return pasted(np.zeros((SIDE, SIDE)), np.ones((SIDE, SIDE)), np.array(box_yxyx))


def rated(classifier: Classifier, boxes: dict[str, list[float]]) -> pd.DataFrame:
    """Every selector's numbers of maps that are 1 in a box, each at one threshold, on equal images."""
    layers = list(boxes)
    maps = pd.DataFrame({"map": "layer_cam", "layer": layers, "refinement": "none"})
    rows = candidates(maps, [0.1])
    boxes_yxyx, heatmaps = np.array(list(boxes.values())), [heatmap(box) for box in boxes.values()]
    asked = distinct(boxes_yxyx)
    probabilities = np.array([classifier(shown) for shown in pictures(picture(), asked, heatmaps)])
    measured = measures(probabilities, asked, len(maps)) | {
        "separability": np.concatenate([separability(values, [0.1]) for values in heatmaps]),
        "agreement": agreement(boxes_yxyx, np.arange(len(maps))),
        "boxes_yxyx": boxes_yxyx,
        "of_mirrored_yxyx": mirrored(mirrored(boxes_yxyx)),
    }
    stacked = {name: np.stack([np.asarray(values)] * IMAGES) for name, values in measured.items()}
    return rows.assign(**numbers(stacked, rows, np.arange(len(maps))))


def chosen(rows: pd.DataFrame) -> dict[str, str]:
    """The layer that each selector chooses."""
    return choices(rows).set_index("selector")["layer"].to_dict()


# ---------------------------------------------------------------- a classifier that sees the object


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        # the object and the image keep and remove all that the classifier sees: the object comes first
        ("occlusion", "object"),
        ("occlusion_otsu", "object"),
        # the image is its own centred box: 0. The object's lies beside the object
        ("occlusion_less_centred", "object"),
        # a fifth of the pixels has the whole object, or none of it
        ("insertion", "object"),
        ("deletion", "object"),
        # all of the object is left by its own map and by that of the image, which Otsu's criterion cannot part
        ("average_drop_masked", "object"),
        # a crop of the mark is as white as one of the object: the mark comes first
        ("average_drop_crop", "background"),
        # no probability is above 1: all are equal, and the first stands for them
        ("increase_crop", "background"),
        # the object overlaps its half by 1/2, the image by 0.04: more than the others
        ("agreement", "object"),
    ],
)
def test_the_choice_for_a_classifier_that_sees_the_object(selector: str, expected: str) -> None:
    assert chosen(rated(sees(BOXES["object"]), BOXES))[selector] == expected


def test_occlusion_likes_large_boxes_and_its_centred_difference_does_not() -> None:
    reordered = {name: BOXES[name] for name in ("image", "object")}
    rows = rated(sees(BOXES["object"]), reordered)
    assert rows["occlusion"].iloc[0] == rows["occlusion"].iloc[1]
    assert chosen(rows)["occlusion"] == "image"
    assert rows["occlusion_less_centred"].iloc[0] == 0
    assert chosen(rows)["occlusion_less_centred"] == "object"


def test_equal_pictures_have_no_mirror_consistency_beyond_chance() -> None:
    assert rated(sees(BOXES["object"]), BOXES)["mirror"].tolist() == pytest.approx([0] * 4)


# ---------------------------------------------------------------- degenerate cases


def test_maps_without_a_box_are_not_chosen_by_occlusion() -> None:
    rows = rated(sees(BOXES["object"]), {"empty": NONE, "object": BOXES["object"], "empty too": NONE})
    assert rows.drop(columns=["map", "layer", "refinement"]).notna().all(axis=None)
    assert {chosen(rows)[name] for name in ("occlusion", "occlusion_less_centred", "insertion", "otsu")} == {"object"}
    assert rows["otsu"].tolist() == pytest.approx([0, 1, 0])
    # with no box all is blurred, or nothing: the probability of the blurred picture less that of the whole one
    assert rows["occlusion"].iloc[0] < 0
    assert rows["occlusion_less_centred"].iloc[0] == 0
    assert rows["average_drop_crop"].tolist() == [-1, 0, -1]


def test_empty_maps_alone() -> None:
    rows = rated(sees(BOXES["object"]), {"first": NONE, "second": NONE})
    assert set(chosen(rows).values()) == {"first"}


def test_of_identical_candidates_the_first_is_chosen() -> None:
    rows = rated(sees(BOXES["object"]), {"first": BOXES["object"], "second": BOXES["object"]})
    assert set(chosen(rows).values()) == {"first"}


def test_a_single_candidate_is_chosen_by_all() -> None:
    rows = rated(sees(BOXES["object"]), {"object": BOXES["object"]})
    assert set(chosen(rows).values()) == {"object"}
    # nothing to order: no rank correlation
    ious = np.full((1, 2), 0.5)
    assert table(rows, ious, None, resampled(2, 100, 0))["rank_correlation"].isna().all()


# ---------------------------------------------------------------- what the table says


def scored(classifier: Classifier) -> pd.DataFrame:
    """The table of selectors, the object being the ground truth of 5 test images."""
    rows = rated(classifier, BOXES)
    overlaps = iou(np.array(list(BOXES.values())), np.array(BOXES["object"]))  # 0, 1/2, 1, 0.04
    ious = np.repeat(overlaps[:, None], 5, axis=1)
    best = pd.Series({"map": "layer_cam", "layer": "object", "threshold": 0.3, "values": ious[2]})
    return table(rows, ious, best, resampled(5, 100, 0)).set_index("selector")


def test_the_best_choice_has_no_loss() -> None:
    rows = scored(sees(BOXES["object"]))
    assert rows.index[0] == HOLDOUTS_BOXES
    assert rows.loc[HOLDOUTS_BOXES, ["layer", "threshold", "mean_iou", "loss"]].tolist() == ["object", 0.3, 1, 0]
    assert rows.loc["occlusion", ["mean_iou", "low", "high", "loss"]].tolist() == [1, 1, 1, 0]
    assert rows.loc["average_drop_crop", ["mean_iou", "loss"]].tolist() == [0, 1]


def test_every_selector_fails_for_a_classifier_that_sees_the_background() -> None:
    rows = scored(sees(BOXES["background"]))
    by_passes = [
        "occlusion",
        "occlusion_less_centred",
        "insertion",
        "deletion",
        "average_drop_masked",
        "occlusion_otsu",
    ]
    assert rows.loc[by_passes, "layer"].unique().tolist() == ["background"]
    assert rows.loc[by_passes, "mean_iou"].tolist() == [0] * 6
    assert rows.loc[by_passes, ["loss", "loss_low", "loss_high"]].to_numpy().tolist() == [[1, 1, 1]] * 6
    # occlusion rates background and image equally high, half and object equally low: ranks 3.5, 1.5, 1.5, 3.5. Those of
    # the IoU are 1, 3, 4, 2. From their means: (1, -1, -1, 1) and (-1.5, 0.5, 1.5, -0.5): -4 / (2 sqrt(5))
    assert rows.loc["occlusion", "rank_correlation"] == pytest.approx(-2 / np.sqrt(5))


def test_the_fixed_rule_has_no_rank_correlation() -> None:
    assert np.isnan(scored(sees(BOXES["object"])).loc["fixed_rule", "rank_correlation"])


def test_without_boxes_of_test_the_table_has_the_choices_alone() -> None:
    rows = table(rated(sees(BOXES["object"]), BOXES), np.zeros((4, 0)), None, resampled(0, 100, 0))
    assert rows.set_index("selector")["layer"].to_dict()["occlusion"] == "object"
    assert rows[["mean_iou", "low", "high", "loss", "loss_low", "loss_high", "rank_correlation"]].isna().all(axis=None)


def test_without_boxes_of_holdout_there_is_no_loss() -> None:
    rows = table(rated(sees(BOXES["object"]), BOXES), np.full((4, 2), 0.5), None, resampled(2, 100, 0))
    assert HOLDOUTS_BOXES not in rows["selector"].tolist()
    assert rows["mean_iou"].tolist() == [0.5] * len(rows)
    assert rows[["loss", "loss_low", "loss_high"]].isna().all(axis=None)


def test_a_loss_is_paired() -> None:
    # the choice is 0.1 below on every image: the interval of the difference has no width, though the IoUs differ
    rows = pd.DataFrame({"map": ["cam"], "layer": "conv5", "refinement": "none", "threshold": 0.1, "occlusion": 1.0})
    values = np.array([0.2, 0.5, 0.9])
    best = pd.Series({"map": "cam", "layer": "conv5", "threshold": 0.2, "values": values})
    result = table(rows, values[None] - 0.1, best, resampled(3, 100, 0)).set_index("selector").loc["occlusion"]
    assert result[["loss", "loss_low", "loss_high"]].tolist() == pytest.approx([0.1] * 3)
    assert result["low"] < result["mean_iou"] < result["high"]


# ---------------------------------------------------------------- the parts


def test_average_drop_and_increase_by_hand() -> None:
    whole, changed = np.array([[0.8], [0.4]]), np.array([[0.4, 0.9, 0.8], [0.4, 0.1, 0.4]])
    # drops: 1/2 and 0; 0 and 3/4; 0 and 0
    assert average_drop(whole, changed) == pytest.approx([-0.25, -0.375, 0])
    assert increase(whole, changed).tolist() == [0, 0.5, 0]
    assert average_drop(whole * 0, changed).tolist() == [0, 0, 0]


def test_lexicographic_order() -> None:
    first, second = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.5, 9.0, 0.2, 0.5])
    assert lexicographic(first, second).tolist() == [2, 0, 1, 2]


def test_best_of_maps() -> None:
    assert best_of_maps(np.array([-1.0, -2, 3, 1]), np.array([0, 0, 1, 1])).tolist() == [-1, 3]


def test_spearman() -> None:
    values = np.array([0.3, 0.1, 0.2])
    assert spearman(values, values**3) == 1
    assert spearman(values, -values) == -1
    # ranks 3, 1, 2 and, of equal values, 2.5, 1, 2.5: from their means (1, -1, 0) and (0.5, -1, 0.5)
    assert spearman(values, np.array([5.0, 0, 5])) == pytest.approx(1.5 / np.sqrt(2 * 1.5))
    assert np.isnan(spearman(values, np.ones(3)))
