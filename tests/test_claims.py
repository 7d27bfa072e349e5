"""The rules by which the paper's claims are judged, on figures made up to hit each of them."""

import numpy as np
import pytest

from wsol.scores import bootstrap, claims

IMAGES = 50
COUNTS = bootstrap.resampled(IMAGES, 500, 0)
HEIGHTS = {"conv2_block1_out": 56, "conv3_block3_out": 28, "conv4_block1_out": 14, "conv5_block3_out": 7}
FIRST, PAPERS, MIDDLE, LAST = HEIGHTS


def ious(**means: float) -> claims.Columns:
    """IoU of each map over images that differ, the same images being hard for all."""
    hardness = np.linspace(-0.02, 0.02, IMAGES)
    return {name: mean + hardness for name, mean in means.items()}


def verdicts(test: claims.Columns, **others: claims.Columns) -> list[str]:
    given = {"low_test": test, "holdout": test, "centred": test} | others
    return [row["verdict"] for row in claims.judged(test, heights=HEIGHTS, last=LAST, counts=COUNTS, **given)]


AS_THE_PAPER = ious(cam=0.4226, **{FIRST: 0.1, PAPERS: 0.3708, MIDDLE: 0.2, LAST: 0.15})


def test_a_world_as_the_papers() -> None:
    low, centred = ious(cam=0.5, conv3_block3_out=0.5), ious(cam=0.3, conv3_block3_out=0.3)
    found = claims.judged(AS_THE_PAPER, low, AS_THE_PAPER, centred, HEIGHTS, LAST, COUNTS)
    assert [row["verdict"] for row in found] == ["holds"] * 9
    # every image is as hard for both maps, so the differences are the same for all
    assert found[0] == {
        "claim": "CAM beats Grad-CAM at conv3_block3_out",
        "paper": "0.4226 against 0.3708",
        "estimate": pytest.approx(0.0518),
        "low": pytest.approx(0.0518),
        "high": pytest.approx(0.0518),
        "verdict": "holds",
    }
    assert found[1]["estimate"] == pytest.approx(0.3708 - 0.2)  # less the best other layer
    assert found[2]["estimate"] == pytest.approx(0.3708 - 0.15)  # the best intermediate layer less the last
    assert found[7]["low"] < 0.4226 < found[7]["high"]


def test_a_world_against_the_paper() -> None:
    test = ious(cam=0.6, **{FIRST: 0.1, PAPERS: 0.7, MIDDLE: 0.75, LAST: 0.8})
    low, centred = ious(cam=0.5, conv3_block3_out=0.5), ious(cam=0.9, conv3_block3_out=0.9)
    assert verdicts(test, low_test=low, centred=centred) == ["does not hold"] * 9


def test_differences_that_could_be_chance_decide_nothing() -> None:
    noise = np.tile([0.1, -0.1], IMAGES // 2)
    test = ious(cam=0.5, **dict.fromkeys(HEIGHTS, 0.5))
    test |= {"cam": test["cam"] + noise, PAPERS: test[PAPERS] - noise}
    assert verdicts(test)[0] == "undecided"


def test_the_best_layer_must_beat_every_other() -> None:
    # on holdout the middle layer is the rival; on test the last one, which holdout did not show, equals the paper's
    test = ious(cam=0.5, **{FIRST: 0.1, PAPERS: 0.4, MIDDLE: 0.3, LAST: 0.4})
    holdout = ious(**{FIRST: 0.1, PAPERS: 0.4, MIDDLE: 0.3, LAST: 0.2})
    assert verdicts(test, holdout=holdout)[1] == "undecided"


def test_the_rival_is_chosen_on_holdout() -> None:
    holdout = ious(**{FIRST: 0.9, PAPERS: 0.4, MIDDLE: 0.3, LAST: 0.2})
    found = claims.judged(AS_THE_PAPER, {}, holdout, {}, HEIGHTS, LAST, COUNTS)
    assert found[1]["estimate"] == pytest.approx(0.3708 - 0.1)


def test_about_is_within_a_twentieth() -> None:
    hardness = np.linspace(-0.2, 0.2, IMAGES)  # an interval of some .03 to each side
    for mean, verdict in ((0.4226, "holds"), (0.4726, "undecided"), (0.6, "does not hold")):
        assert verdicts(AS_THE_PAPER | {"cam": mean + hardness})[7] == verdict


def test_what_is_not_in_the_sweep_is_undecided() -> None:
    found = claims.judged(ious(cam=0.4), {}, {}, {}, {LAST: 7}, LAST, COUNTS)
    assert [row["estimate"] is None for row in found] == [True] * 7 + [False, True]
    assert {row["verdict"] for row in found if row["estimate"] is None} == {"undecided"}


def test_the_last_layer_is_the_networks_not_the_sweeps() -> None:
    shorter = {layer: height for layer, height in HEIGHTS.items() if layer != LAST}
    found = claims.judged(ious(cam=0.4, **dict.fromkeys(shorter, 0.3)), {}, AS_THE_PAPER, {}, shorter, LAST, COUNTS)
    assert (found[2]["estimate"], found[2]["verdict"]) == (None, "undecided")


def test_markdown() -> None:
    rows = claims.judged(ious(cam=0.6), {}, {}, {}, {LAST: 7}, LAST, COUNTS)
    lines = claims.markdown(rows).splitlines()
    assert len(lines) == 2 + 9
    assert lines[2] == "| CAM beats Grad-CAM at conv3_block3_out | 0.4226 against 0.3708 |  |  | undecided |"
    assert lines[9].startswith("| CAM's IoU is about 0.42 | 0.4226 | 0.6000 | 0.59")
    assert lines[9].endswith(" | does not hold |")
