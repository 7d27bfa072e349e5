"""The rules by which the paper's claims are judged, on figures made up to reach each verdict."""

import numpy as np
import pandas as pd
import pytest

from wsol.scores import bootstrap, claims

IMAGES = 50
COUNTS = bootstrap.resampled(IMAGES, 500, 0)
HEIGHTS = {"conv2_block1_out": 56, "conv3_block3_out": 28, "conv4_block1_out": 14, "conv5_block3_out": 7}
FIRST, PAPERS, MIDDLE, LAST = HEIGHTS
HARDNESS = np.linspace(-0.02, 0.02, IMAGES)  # the same images are hard for all maps

Means = dict[str, float | np.ndarray]
MAPS = pd.DataFrame(
    [("cam", LAST, "none", 7), *(("grad_cam", layer, "none", height) for layer, height in HEIGHTS.items())],
    columns=["map", "layer", "refinement", "height"],
)


def rows(split: str, score: str, threshold: float, means: Means) -> list[dict]:
    """Rows of the tidy table; means by layer, and `cam`."""
    return [
        {
            "map": "cam" if name == "cam" else "grad_cam",
            "layer": LAST if name == "cam" else name,
            "refinement": "none",
            "split": split,
            "score": score,
            "threshold": threshold,
            "values": mean + HARDNESS,
        }
        for name, mean in means.items()
    ]


def table(
    test: Means, low: Means | None = None, holdout: Means | None = None, chosen: Means | None = None
) -> pd.DataFrame:
    """The scores of a world: IoU at 0.1 and 0.005 on test, at 0.1 on holdout, and at the chosen threshold on test."""
    return pd.DataFrame(
        [
            *rows("test", "mean_iou", 0.1, test),
            *rows("test", "mean_iou", 0.005, test if low is None else low),
            *rows("holdout", "mean_iou", 0.1, test if holdout is None else holdout),
            *rows("test", "mean_iou_chosen", 0.3, test if chosen is None else chosen),
        ]
    )


def judged(scores: pd.DataFrame, maps: pd.DataFrame = MAPS) -> list[claims.Claim]:
    return claims.without_values(claims.judged(scores, maps, COUNTS))


def verdicts(scores: pd.DataFrame) -> list[str]:
    return [row["verdict"] for row in judged(scores)]


AS_THE_PAPER: Means = {"cam": 0.4226, FIRST: 0.1, PAPERS: 0.3708, MIDDLE: 0.2, LAST: 0.15}
WORLD = table(AS_THE_PAPER, low={"cam": 0.5, PAPERS: 0.5}, chosen={"cam": 0.43, PAPERS: 0.38})


def test_a_world_as_the_papers() -> None:
    claimed = judged(WORLD)
    assert [row["verdict"] for row in claimed] == ["holds"] * 9
    # every image is as hard for both maps, so the differences are the same for all
    assert claimed[0] == {
        "claim": "CAM beats Grad-CAM at conv3_block3_out",
        "paper": "0.4226 against 0.3708",
        "estimate": pytest.approx(0.0518),
        "low": pytest.approx(0.0518),
        "high": pytest.approx(0.0518),
        "verdict": "holds",
    }
    assert claimed[1]["estimate"] == pytest.approx(0.3708 - 0.2)  # less the best other layer
    assert claimed[2]["estimate"] == pytest.approx(0.3708 - 0.15)  # the best intermediate layer less the last
    assert claimed[5]["estimate"] == pytest.approx(0.4226 - 0.43)  # at 0.1 less at the chosen threshold
    assert claimed[7]["low"] < 0.4226 < claimed[7]["high"]


def test_a_world_against_the_paper() -> None:
    test: Means = {"cam": 0.6, FIRST: 0.1, PAPERS: 0.7, MIDDLE: 0.75, LAST: 0.8}
    low: Means = {"cam": 0.5, PAPERS: 0.5}
    assert verdicts(table(test, low=low, chosen=low)) == ["does not hold"] * 9


def test_differences_that_could_be_chance_decide_nothing() -> None:
    noise = np.tile([0.1, -0.1], IMAGES // 2)
    test: Means = {"cam": 0.5 + noise, PAPERS: 0.5 - noise, LAST: 0.5}
    chosen: Means = {"cam": 0.5 - noise, PAPERS: 0.5 + noise}
    decided = verdicts(table(test, chosen=chosen))
    assert (decided[0], decided[5], decided[6]) == ("undecided", "undecided", "undecided")


def test_the_threshold_that_holdout_selects_does_not_inflate() -> None:
    # the difference is 0 for every image: the IoU at 0.1 is not above that at the chosen threshold
    assert verdicts(table(AS_THE_PAPER))[5:7] == ["holds", "holds"]


def test_the_best_layer_must_beat_every_other() -> None:
    # on holdout the middle layer is the best other one; on test the last one equals the paper's
    test: Means = {"cam": 0.5, FIRST: 0.1, PAPERS: 0.4, MIDDLE: 0.3, LAST: 0.4}
    holdout: Means = {FIRST: 0.1, PAPERS: 0.4, MIDDLE: 0.3, LAST: 0.2}
    assert verdicts(table(test, holdout=holdout))[1] == "undecided"


def test_the_best_other_layer_is_chosen_on_holdout() -> None:
    holdout: Means = {FIRST: 0.9, PAPERS: 0.4, MIDDLE: 0.3, LAST: 0.2}
    assert judged(table(AS_THE_PAPER, holdout=holdout))[1]["estimate"] == pytest.approx(0.3708 - 0.1)


def test_about_is_within_a_twentieth() -> None:
    wide = HARDNESS * 9  # an interval of some .03 to each side
    for mean, verdict in ((0.4226, "holds"), (0.4726, "undecided"), (0.6, "does not hold")):
        assert verdicts(table(AS_THE_PAPER | {"cam": mean + wide}))[7] == verdict


def test_another_method_at_the_papers_layer_changes_no_claim() -> None:
    others, cam = WORLD[WORLD["map"] == "grad_cam"], WORLD[WORLD["map"] == "cam"]
    more = [
        cam.assign(refinement="grabcut", values=[values + 0.5 for values in cam["values"]]),
        others.assign(map="layer_cam", values=[values + 0.5 for values in others["values"]]),
        others.assign(refinement="grabcut", values=[values + 0.5 for values in others["values"]]),
        others[others["layer"] == PAPERS].assign(
            layer="all", values=lambda t: [values + 0.5 for values in t["values"]]
        ),
    ]
    maps = pd.concat(
        [
            MAPS.assign(map="layer_cam"),
            MAPS.assign(refinement="grabcut"),
            pd.DataFrame([("grad_cam", "all", "none", 99)], columns=MAPS.columns),
            MAPS.iloc[::-1].assign(width=1),
        ]
    )
    # the layers keep their order: of equals, the first is the best
    maps = pd.concat([maps, MAPS]).drop_duplicates(["map", "layer", "refinement"], keep="last")
    assert judged(pd.concat([*more, WORLD]), maps) == judged(WORLD)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_order_of_the_scores_changes_no_claim(seed: int) -> None:
    assert judged(WORLD.sample(frac=1, random_state=seed)) == judged(WORLD)


def test_what_was_not_drawn_is_not_tested() -> None:
    scores = pd.DataFrame(rows("test", "mean_iou", 0.1, {"cam": 0.4}))
    claimed = judged(scores, MAPS[MAPS["layer"] == LAST])
    assert [row["estimate"] is None for row in claimed] == [True] * 7 + [False, True]
    grad_cam, low = "Grad-CAM at conv3_block3_out was not drawn", "threshold 0.005 was not drawn"
    reasons = [grad_cam, grad_cam, "no other layer was drawn", low, low, "CAM was not drawn", grad_cam, grad_cam]
    verdicts = [row["verdict"] for row in claimed if row["estimate"] is None]
    assert verdicts == [f"not tested: {reason}" for reason in reasons]


def test_without_cam() -> None:
    claimed = judged(WORLD[WORLD["map"] != "cam"], MAPS[MAPS["map"] != "cam"])
    no_cam = "not tested: CAM was not drawn"
    assert [row["verdict"] for row in claimed] == [
        *(no_cam, "holds", "not tested: CAM, which names the last layer, was not drawn"),
        *(no_cam, "holds", no_cam, "holds", no_cam, "holds"),
    ]


def test_without_boxes_on_holdout_what_needs_a_choice_is_not_tested() -> None:
    on_holdout = [np.zeros(0) if split == "holdout" else np.full(IMAGES, np.nan) for split in WORLD["split"]]
    keep = (WORLD["split"] == "test") & (WORLD["score"] == "mean_iou")
    scores = WORLD.assign(values=WORLD["values"].where(keep, pd.Series(on_holdout)))
    reason = "not tested: no holdout image has a ground-truth box"
    # the best layer, the intermediate layers, and both thresholds of 0.1 against the chosen one
    assert verdicts(scores) == ["holds", reason, reason, "holds", "holds", reason, reason, "holds", "holds"]


def test_without_boxes_in_test_nothing_is_tested() -> None:
    scores = WORLD.assign(values=[np.zeros(0) if split == "test" else np.ones(3) for split in WORLD["split"]])
    assert set(verdicts(scores)) == {"not tested: no test image has a ground-truth box"}


def test_the_last_layer_is_the_networks_not_the_sweeps() -> None:
    without_last = WORLD[(WORLD["map"] == "cam") | (WORLD["layer"] != LAST)]
    maps = MAPS[(MAPS["map"] == "cam") | (MAPS["layer"] != LAST)]
    claim = judged(without_last, maps)[2]
    assert (claim["estimate"], claim["verdict"]) == (None, "not tested: Grad-CAM at conv5_block3_out was not drawn")


def test_markdown() -> None:
    scores = pd.DataFrame(rows("test", "mean_iou", 0.1, {"cam": 0.6}))
    lines = claims.markdown(judged(scores, MAPS[MAPS["layer"] == LAST])).splitlines()
    assert len(lines) == 2 + 9
    grad_cam = "Grad-CAM at conv3_block3_out"
    reason = f"not tested: {grad_cam} was not drawn"
    assert lines[2] == f"| CAM beats {grad_cam} | 0.4226 against 0.3708 |  |  | {reason} |"
    assert lines[9].startswith("| CAM's IoU is about 0.42 | 0.4226 | 0.6000 | 0.59")
    assert lines[9].endswith(" | does not hold |")


def test_the_mean_of_the_values_is_the_estimate() -> None:
    judged = claims.judged(WORLD[WORLD["map"] != "cam"], MAPS[MAPS["map"] != "cam"], COUNTS)
    table = claims.values_by_image(judged, pd.Series([f"{image}.jpg" for image in range(COUNTS.shape[1])]))
    tested = [claim for claim in judged if claim["estimate"] is not None]
    assert 0 < len(tested) < len(judged) and list(table) == ["image", *(claim["claim"] for claim in tested)]
    assert [table[claim["claim"]].mean() for claim in tested] == pytest.approx([claim["estimate"] for claim in tested])
