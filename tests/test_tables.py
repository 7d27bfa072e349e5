"""Tables of two maps on two images, small enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest

from wsol.scores import tables
from wsol.scores.localization import Score

COUNTS = np.array([[2.0, 0], [1, 1], [0, 2]])  # three draws of two images
TRUTH = np.array([[[0, 0, 0.5, 1], [0, 0, 0, 0]], [[0, 0, 1, 1], [0, 0, 0.2, 0.2]]])


def scored(kind: str, layer: str, ious: list[list[float]], holdout: list[list[float]]) -> tables.ScoredMap:
    """A map with its fixed threshold at place 0 and its chosen one at place 1."""

    def of(values: list[list[float]]) -> dict[str, Score]:
        columns = np.array(values)
        return {"mean_iou": Score(columns[:, 0], 0.1), "mean_iou_chosen": Score(columns[:, 1], 0.2)}

    boxes_yxyx = np.array([[[0, 0, 0.5, 0.5]] * 2, [[0, 0, 0, 0]] * 2])
    oracles = {"mean_iou_chosen": Score(np.array([0.9, 0.7]), 0.3)}
    return tables.ScoredMap(
        kind,
        layer,
        f"{kind}-{layer}.npy",
        7,
        7,
        boxes_yxyx,
        np.array(ious),
        np.array(holdout),
        np.zeros(255),
        of(ious),
        oracles,
        of(holdout),
    )


# every map's oracle is .8 but the last layer's, which is .9
CAM = scored("cam", "last", [[0.4, 0.5], [0.2, 0.3]], [[0.1, 0.1]])
EARLY = scored("grad_cam", "early", [[0.1, 0.6], [0.1, 0.4]], [[0.2, 0.9]])
LAST = scored("grad_cam", "last", [[0.4, 0.5], [0.2, 0.3]], [[0.3, 0.1]])
LAST = LAST._replace(oracles={"mean_iou_chosen": Score(np.array([0.9, 0.9]), 0.3)})
MAPS = [CAM, EARLY, LAST]


def test_scores() -> None:
    table = tables.scores(MAPS, COUNTS)
    assert len(table) == 6
    row = table.iloc[0].to_dict()
    # the draws' means are .4, .3, .2; of three the percentiles 2.5 and 97.5 lie .05 inside the outer ones
    assert (row["estimate"], row["low"], row["high"]) == pytest.approx((0.3, 0.205, 0.395))
    assert (row["map"], row["layer"], row["score"], row["threshold"]) == ("cam", "last", "mean_iou", 0.1)
    assert np.isnan(row["oracle"])  # nothing is chosen for it
    assert table.iloc[1][["oracle", "oracle_threshold"]].tolist() == pytest.approx([0.8, 0.3])


def test_the_best_layer_is_holdouts() -> None:
    assert tables.best_layer([EARLY, LAST], "mean_iou") is LAST
    assert tables.best_layer([EARLY, LAST], "mean_iou_chosen") is EARLY


def test_comparisons() -> None:
    table = tables.comparisons(MAPS, COUNTS)
    families = table.groupby(["score", "comparison"], sort=False).size()
    assert families.to_dict() == {
        ("mean_iou", "CAM less Grad-CAM"): 2,
        ("mean_iou", "layer less best layer"): 1,
        ("mean_iou_chosen", "CAM less Grad-CAM"): 2,
        ("mean_iou_chosen", "layer less best layer"): 1,
    }
    assert table["estimate"].tolist() == pytest.approx([0.2, 0, -0.2, -0.1, 0, -0.1])
    assert table["p"].iloc[1] == 1  # CAM is Grad-CAM at the last layer
    assert table["p_holm"].iloc[0] == pytest.approx(min(2 * table["p"].iloc[0], 1))


def test_one_layer_is_compared_with_cam_alone() -> None:
    assert set(tables.comparisons([CAM, LAST], COUNTS)["comparison"]) == {"CAM less Grad-CAM"}


def test_breakdown() -> None:
    table = tables.breakdown(MAPS, [("all", "all", np.array([0, 1])), ("class", "beagle", np.array([1]))], COUNTS)
    assert table["images"].tolist() == [2, 2, 2, 1, 1, 1]
    assert table["estimate"].tolist() == pytest.approx([0.3, 0.1, 0.3, 0.2, 0.1, 0.2])
    assert table.loc[3, ["low", "high"]].tolist() == pytest.approx([0.2, 0.2])


def test_images() -> None:
    about = pd.DataFrame({"image": ["a.jpg", "b.jpg"]})
    table = tables.images(MAPS, 0, about, TRUTH)
    assert table[["image", "map", "layer"]].to_numpy().tolist()[:3] == [
        ["a.jpg", "cam", "last"],
        ["b.jpg", "cam", "last"],
        ["a.jpg", "grad_cam", "early"],
    ]
    assert table["iou"].tolist() == [0.4, 0.2, 0.1, 0.1, 0.4, 0.2]
    assert table["iou_chosen"].tolist() == [0.5, 0.3, 0.6, 0.4, 0.5, 0.3]
    assert table.loc[0, ["ymin", "xmin", "ymax", "xmax", "box_area"]].tolist() == [0, 0, 0.5, 0.5, 0.25]
    assert table.loc[0, "ground_truth_area"] == 0.5
    assert table.loc[1, ["box_area", "ground_truth_area"]].tolist() == [0, 1]  # no box overlaps none: the first


def test_baselines() -> None:
    boxes = {"full_image": np.array([[0.0, 0, 1, 1]])}
    one = {"full_image": {"mean_iou": Score(np.array([0.2, 0.4]), np.nan)}}
    best = {"full_image": {"mean_iou": Score(np.array([0.5, 0.7]), np.nan)}}
    row = tables.baselines(boxes, one, best, COUNTS).iloc[0]
    assert row[["ymin", "xmin", "ymax", "xmax"]].tolist() == [0, 0, 1, 1]
    assert (row["estimate"], row["low"], row["high"]) == pytest.approx((0.3, 0.205, 0.395))
    assert row["oracle"] == pytest.approx(0.6)


def test_headline() -> None:
    made = {"scores": tables.scores(MAPS, COUNTS), "comparisons": tables.comparisons(MAPS, COUNTS)}
    boxes = {"full_image": np.array([[0.0, 0, 1, 1]])}
    looking_at_nothing = {"full_image": {"mean_iou": Score(np.array([0.2, 0.4]), np.nan)}}
    made["baselines"] = tables.baselines(boxes, looking_at_nothing, looking_at_nothing, COUNTS)
    headline = tables.headline(MAPS, EARLY, made)
    assert headline["cam"]["mean_iou"] == pytest.approx(0.3)
    assert headline["grad_cam"]["mean_iou"] == pytest.approx(0.1)
    assert headline["cam_less_grad_cam"]["mean_iou"] == pytest.approx(0.2)
    assert headline["chosen_on_holdout"]["grad_cam"]["layer"] == "early"
    assert headline["chosen_on_holdout"]["grad_cam"]["mean_iou"] == pytest.approx(0.5)
    # in hindsight the last layer would have been the better choice
    assert headline["chosen_on_holdout"]["grad_cam"]["oracle"] == pytest.approx(0.9)
    assert headline["chosen_on_holdout"]["grad_cam"]["oracle_layer"] == "last"
    assert headline["chosen_on_holdout"]["cam"]["oracle"] == pytest.approx(0.8)
    assert headline["baselines"] == {"full_image": {"mean_iou": pytest.approx(0.3)}}
