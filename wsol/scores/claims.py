"""The paper's claims, and the rules by which each is judged; they were written before any interval was known.

An estimate is a mean over the test images, with its 95 % interval [low, high].

- A claim that something is greater: the estimate is the mean of the paired differences. It `holds` if
  low > 0, `does not hold` if high < 0, and is `undecided` otherwise.
- That a layer is the best, of those in the sweep: the difference to the best of the others, chosen on holdout. It
  does not hold if high < 0; it holds if low > 0 for the difference to each of the others.
- That intermediate layers beat the last one: the best of them, chosen on holdout, less the last. Intermediate are
  those whose resolution is neither the sweep's finest nor its coarsest.
- That a threshold inflates the IoU: the IoU there less that at 0.1.
- That a threshold does not inflate it: the IoU there less that of a box of the same height and width in the image's
  centre, which takes the size from the map and nothing else.
- That a figure is about so much: it holds if the whole interval lies within 0.05 of it, does not hold if none of
  it does, and is undecided otherwise.

A claim about a layer or threshold that is not in the sweep is undecided, without an estimate.
"""

from typing import Any

import numpy as np

from wsol.boxes.geometry import iou_with_ground_truth
from wsol.scores import baselines
from wsol.scores.bootstrap import interval
from wsol.scores.tables import ScoredMap

LAYER, THRESHOLD, LOW_THRESHOLD = "conv3_block3_out", 0.1, 0.005
CAM, GRAD_CAM = 0.4226, 0.3708
ABOUT = 0.05

Columns = dict[str, np.ndarray]
Claim = dict[str, Any]


def of_maps(
    maps: list[ScoredMap], thresholds: np.ndarray, ground_truth_yxyx: np.ndarray, rule: str, counts: np.ndarray
) -> list[Claim]:
    """The claims on the maps of a run, whatever layer and threshold it compares.

    Args:
        thresholds: (thresholds,) of the maps' IoUs.
        ground_truth_yxyx: (images, most, 4) of the test images.
        rule: `best` or `first` (see `wsol.boxes.geometry.iou_with_ground_truth`).
        counts: (draws, images), as `wsol.scores.bootstrap.resampled` gives it.
    """

    def at(threshold: float, part: str) -> Columns:
        places = np.flatnonzero(np.isclose(thresholds, threshold, rtol=0))
        names = ["cam" if own.map == "cam" else own.layer for own in maps]
        return {name: getattr(own, part)[:, place] for name, own in zip(names, maps, strict=True) for place in places}

    centred = {
        name: iou_with_ground_truth(baselines.centred(boxes_yxyx)[:, None], ground_truth_yxyx, rule)[:, 0]
        for name, boxes_yxyx in at(THRESHOLD, "boxes_yxyx").items()
        if name in ("cam", LAYER)
    }
    heights = {own.layer: own.height for own in maps if own.map == "grad_cam"}
    holdout = at(THRESHOLD, "holdout_ious")
    last = next(own.layer for own in maps if own.map == "cam")
    return judged(at(THRESHOLD, "ious"), at(LOW_THRESHOLD, "ious"), holdout, centred, heights, last, counts)


def judged(
    test: Columns,
    low_test: Columns,
    holdout: Columns,
    centred: Columns,
    heights: dict[str, int],
    last: str,
    counts: np.ndarray,
) -> list[Claim]:
    """All claims with their verdicts.

    Args:
        test: IoU (images,) at THRESHOLD of each map: `cam`, and Grad-CAM by its layer's name. Empty, as
            the others, where the threshold is not on the grid.
        low_test: the same at LOW_THRESHOLD.
        holdout: the same at THRESHOLD of the holdout images, for choices.
        centred: the same on test for boxes of the maps' sizes at THRESHOLD in the image's centre.
        heights: height of each Grad-CAM map by its layer.
        last: the network's last layer, which the sweep need not have.
        counts: (draws, images), as `wsol.scores.bootstrap.resampled` gives it.

    Returns:
        A list of {claim, paper, estimate, low, high, verdict}, paper as the paper has it.
    """
    maps = {"CAM": "cam", f"Grad-CAM at {LAYER}": LAYER}
    inflates, does_not = (
        f"a threshold of {LOW_THRESHOLD} inflates IoU",
        f"a threshold of {THRESHOLD} does not inflate it",
    )
    return [
        _greater(f"CAM beats Grad-CAM at {LAYER}", f"{CAM} against {GRAD_CAM}", test, "cam", test, LAYER, counts),
        _best_layer(test, holdout, list(heights), counts),
        _intermediate(test, holdout, heights, last, counts),
        *(_greater(f"{inflates}: {name}", "yes", low_test, key, test, key, counts) for name, key in maps.items()),
        *(_greater(f"{does_not}: {name}", "yes", test, key, centred, key, counts) for name, key in maps.items()),
        _about("CAM's IoU", CAM, test.get("cam"), counts),
        _about(f"IoU of Grad-CAM at {LAYER}", GRAD_CAM, test.get(LAYER), counts),
    ]


def markdown(claims: list[Claim]) -> str:
    """The claims as a Markdown table."""
    lines = ["| claim | the paper | estimate | 95 % interval | verdict |", "|---|---|---|---|---|"]
    for row in claims:
        known = row["estimate"] is not None
        figures = "{estimate:.4f} | {low:.4f} to {high:.4f}".format(**row) if known else " | "
        lines.append(f"| {row['claim']} | {row['paper']} | {figures} | {row['verdict']} |")
    return "\n".join(lines) + "\n"


def _greater(
    claim: str, paper: str, one: Columns, key: str, other: Columns, rival: str | None, counts: np.ndarray
) -> Claim:
    if key not in one or rival not in other:
        return _claim(claim, paper)
    estimate, low, high = _mean(one[key] - other[rival], counts)
    verdict = "holds" if low > 0 else "does not hold" if high < 0 else "undecided"
    return _claim(claim, paper, estimate, low, high, verdict)


def _best_layer(test: Columns, holdout: Columns, layers: list[str], counts: np.ndarray) -> Claim:
    others = [layer for layer in layers if layer != LAYER]
    found = _greater(f"{LAYER} is Grad-CAM's best layer", "yes", test, LAYER, test, _best(holdout, others), counts)
    if found["verdict"] == "holds":
        lows = [_mean(test[LAYER] - test[layer], counts)[1] for layer in others]
        found["verdict"] = "holds" if min(lows) > 0 else "undecided"
    return found


def _intermediate(test: Columns, holdout: Columns, heights: dict[str, int], last: str, counts: np.ndarray) -> Claim:
    ends = {min(heights.values()), max(heights.values())}
    best = _best(holdout, [layer for layer, height in heights.items() if height not in ends])
    return _greater("intermediate layers beat the last one", "yes", test, best or "", test, last, counts)


def _best(holdout: Columns, layers: list[str]) -> str | None:
    """The layer of the highest mean; of equals the first."""
    return max((layer for layer in layers if layer in holdout), key=lambda layer: holdout[layer].mean(), default=None)


def _about(claim: str, paper: float, values: np.ndarray | None, counts: np.ndarray) -> Claim:
    claim = f"{claim} is about {paper:.2f}"
    if values is None:
        return _claim(claim, str(paper))
    estimate, low, high = _mean(values, counts)
    inside = paper - ABOUT <= low and high <= paper + ABOUT
    outside = high < paper - ABOUT or low > paper + ABOUT
    return _claim(
        claim, str(paper), estimate, low, high, "holds" if inside else "does not hold" if outside else "undecided"
    )


def _mean(values: np.ndarray, counts: np.ndarray) -> tuple[float, float, float]:
    estimate, low, high = interval(values[:, None], counts)
    return float(estimate[0]), float(low[0]), float(high[0])


def _claim(
    claim: str,
    paper: str,
    estimate: float | None = None,
    low: float | None = None,
    high: float | None = None,
    verdict: str = "undecided",
) -> Claim:
    return {"claim": claim, "paper": paper, "estimate": estimate, "low": low, "high": high, "verdict": verdict}
