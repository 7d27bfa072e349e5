"""The paper's claims, and the rules by which each is judged.

An estimate is a mean over the test images of one trained classifier, with its 95 % interval [low, high].

- "A is greater than B": the estimate is the mean of the paired differences. It holds if low > 0, does not hold if
  high < 0, and is undecided otherwise.
- "Layer L is the best": holds if L beats every other layer of the sweep (low > 0 for each paired difference). It does
  not hold if the best other layer on holdout beats L (high < 0). Otherwise it is undecided. The estimate is L less the
  best other layer on holdout.
- "Intermediate layers beat the last one": the best intermediate layer on holdout is greater than the last layer.
  Intermediate layers have neither the finest nor the coarsest resolution of the sweep.
- "A threshold T inflates the IoU": the IoU at T is greater than the IoU at 0.1.
- "A threshold T does not inflate the IoU": the IoU at T is not greater than the IoU at the threshold that holdout
  selects for the map. The estimate is the IoU at T less that IoU. It holds if high <= 0, does not hold if low > 0, and
  is undecided otherwise.
- "A figure is about F": holds if the whole interval lies within 0.05 of F, does not hold if none of it does, and is
  undecided otherwise.

A claim is not tested where a map or a threshold of it was not drawn, where no test image has a ground-truth box, and
where it needs a choice and no holdout image has one. It has no estimate, and its verdict says why.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wsol.maps.keys import CAM, FUSION, UNREFINED, Key
from wsol.maps.titles import title
from wsol.scores.bootstrap import interval
from wsol.scores.localization import of_map

LAYER, THRESHOLD, LOW_THRESHOLD = "conv3_block3_out", 0.1, 0.005
CAM_IOU, GRAD_CAM_IOU = 0.4226, 0.3708
MARGIN = 0.05

GRAD_CAM_AT_LAYER = f"Grad-CAM at {LAYER}"

Values = np.ndarray | str  # (images,), or why there are none
Claim = dict[str, Any]


def judged(scores: pd.DataFrame, maps: pd.DataFrame, counts: np.ndarray) -> list[Claim]:
    """All claims with their verdicts, whatever layer and threshold a run compares.

    Args:
        scores: rows of the tidy table (see `wsol.scores.localization`) of both splits: mean_iou at THRESHOLD and
            LOW_THRESHOLD, and mean_iou_chosen.
        maps: columns map, layer, refinement, height; a row a map, in the network's order.
        counts: (draws, test images), as `wsol.scores.bootstrap.resampled` gives it.

    Returns:
        A list of {claim, paper, estimate, low, high, verdict, values}: `values` (images,) float64 has the estimate as
        its mean. A claim that is not tested has no estimate, low, high and values: None.
    """
    cam = maps[(maps["map"] == CAM) & (maps["refinement"] == UNREFINED)]
    last = cam["layer"].iloc[0] if len(cam) else ""
    grad_cams = maps[(maps["map"] == "grad_cam") & (maps["refinement"] == UNREFINED) & (maps["layer"] != FUSION)]
    compared = {"CAM": (CAM, last, UNREFINED), GRAD_CAM_AT_LAYER: ("grad_cam", LAYER, UNREFINED)}
    test = {name: _values(scores, "test", key, THRESHOLD) for name, key in compared.items()}
    low = {name: _values(scores, "test", key, LOW_THRESHOLD) for name, key in compared.items()}
    chosen = {name: _values(scores, "test", key, None) for name, key in compared.items()}
    paper = f"{CAM_IOU} against {GRAD_CAM_IOU}"
    inflates, does_not = (
        f"a threshold of {LOW_THRESHOLD} inflates IoU",
        f"a threshold of {THRESHOLD} does not inflate it",
    )
    return [
        _greater(f"CAM beats {GRAD_CAM_AT_LAYER}", paper, test["CAM"], test[GRAD_CAM_AT_LAYER], counts),
        _best_layer(scores, grad_cams["layer"].tolist(), counts),
        _intermediate(scores, grad_cams, last, counts),
        *(_greater(f"{inflates}: {name}", "yes", low[name], test[name], counts) for name in compared),
        *(_not_greater(f"{does_not}: {name}", "yes", test[name], chosen[name], counts) for name in compared),
        _about("CAM's IoU", CAM_IOU, test["CAM"], counts),
        _about(f"IoU of {GRAD_CAM_AT_LAYER}", GRAD_CAM_IOU, test[GRAD_CAM_AT_LAYER], counts),
    ]


def without_values(claims: list[Claim]) -> list[Claim]:
    """The claims without their values by image."""
    return [{name: value for name, value in claim.items() if name != "values"} for claim in claims]


def values_by_image(claims: list[Claim], images: pd.Series) -> pd.DataFrame:
    """One row an image: column image, then one column a claim that is tested, whose mean is the claim's estimate."""
    tested = {claim["claim"]: claim["values"] for claim in claims if claim["values"] is not None}
    return pd.DataFrame({"image": images.to_numpy(), **tested})


def markdown(claims: list[Claim]) -> str:
    """The claims as a Markdown table.

    Example:
        >>> claim = {"claim": "CAM beats it", "paper": "yes", "estimate": 0.1, "low": 0.05, "high": 0.15}
        >>> print(markdown([claim | {"verdict": "holds"}]).splitlines()[-1])
        | CAM beats it | yes | 0.1000 | 0.0500 to 0.1500 | holds |
    """
    lines = ["| claim | the paper | estimate | 95 % interval | verdict |", "|---|---|---|---|---|"]
    for row in claims:
        known = row["estimate"] is not None
        figures = "{estimate:.4f} | {low:.4f} to {high:.4f}".format(**row) if known else " | "
        lines.append(f"| {row['claim']} | {row['paper']} | {figures} | {row['verdict']} |")
    return "\n".join(lines) + "\n"


def _values(scores: pd.DataFrame, split: str, key: Key, threshold: float | None) -> Values:
    """The IoU of each image at a threshold, or at the one chosen on holdout; or why there is none."""
    rows = of_map(scores[scores["split"] == split], key)
    if threshold is None:
        rows = rows[rows["score"] == "mean_iou_chosen"]
    else:
        rows = rows[(rows["score"] == "mean_iou") & np.isclose(rows["threshold"].astype(float), threshold, rtol=0)]
    if rows.empty:
        what = title(*key) if threshold in (None, *scores["threshold"]) else f"threshold {threshold:g}"
        return f"{what} was not drawn"
    values = rows["values"].iloc[0]
    if not len(values):
        return f"no {split} image has a ground-truth box"
    return "no holdout image has a ground-truth box" if np.isnan(values).all() else values


def _grad_cam(scores: pd.DataFrame, split: str, layer: str) -> Values:
    return _values(scores, split, ("grad_cam", layer, UNREFINED), THRESHOLD)


def _greater(claim: str, paper: str, first: Values, second: Values, counts: np.ndarray) -> Claim:
    if isinstance(first, str) or isinstance(second, str):
        return _not_tested(claim, paper, first, second)
    return _claim(claim, paper, first - second, counts, _is_above_0)


def _not_greater(claim: str, paper: str, first: Values, second: Values, counts: np.ndarray) -> Claim:
    if isinstance(first, str) or isinstance(second, str):
        return _not_tested(claim, paper, first, second)
    return _claim(claim, paper, first - second, counts, _is_not_above_0)


def _best_layer(scores: pd.DataFrame, layers: list[str], counts: np.ndarray) -> Claim:
    others = [layer for layer in layers if layer != LAYER]
    papers, rival = _grad_cam(scores, "test", LAYER), _best_on_holdout(scores, others)
    claim = _greater(f"{LAYER} is Grad-CAM's best layer", "yes", papers, rival, counts)
    if claim["verdict"] == "holds":
        differences = [_greater("", "", papers, _grad_cam(scores, "test", layer), counts) for layer in others]
        claim["verdict"] = "holds" if all(row["verdict"] == "holds" for row in differences) else "undecided"
    return claim


def _intermediate(scores: pd.DataFrame, grad_cams: pd.DataFrame, last: str, counts: np.ndarray) -> Claim:
    ends = {grad_cams["height"].min(), grad_cams["height"].max()}
    layers = grad_cams.loc[~grad_cams["height"].isin(ends), "layer"]
    last_values = _grad_cam(scores, "test", last) if last else "CAM, which names the last layer, was not drawn"
    best = _best_on_holdout(scores, layers)
    return _greater("intermediate layers beat the last one", "yes", best, last_values, counts)


def _best_on_holdout(scores: pd.DataFrame, layers: Sequence[str] | pd.Series) -> Values:
    """The test IoU of the layer with the highest mean IoU on holdout, of equals the first; or why there is none."""
    holdout = {layer: _grad_cam(scores, "holdout", layer) for layer in layers}
    means = {layer: values.mean() for layer, values in holdout.items() if not isinstance(values, str)}
    if not means:
        return next((values for values in holdout.values() if isinstance(values, str)), "no other layer was drawn")
    return _grad_cam(scores, "test", max(means, key=means.__getitem__))


def _about(claim: str, paper: float, values: Values, counts: np.ndarray) -> Claim:
    claim = f"{claim} is about {paper:.2f}"
    if isinstance(values, str):
        return _not_tested(claim, str(paper), values)
    return _claim(claim, str(paper), values, counts, functools.partial(_is_about, paper))


def _is_above_0(low: float, high: float) -> str:
    """The verdict on "A is greater than B", by the interval of the difference."""
    return "holds" if low > 0 else "does not hold" if high < 0 else "undecided"


def _is_not_above_0(low: float, high: float) -> str:
    """The verdict on "A is not greater than B", by the interval of the difference."""
    return "holds" if high <= 0 else "does not hold" if low > 0 else "undecided"


def _is_about(figure: float, low: float, high: float) -> str:
    """The verdict on "the mean is about this figure", by its interval."""
    inside = figure - MARGIN <= low and high <= figure + MARGIN
    outside = high < figure - MARGIN or low > figure + MARGIN
    return "holds" if inside else "does not hold" if outside else "undecided"


def _not_tested(claim: str, paper: str, *values: Values) -> Claim:
    """A claim of which one of the values is a reason why there are none."""
    reason = next(value for value in values if isinstance(value, str))
    ends = dict.fromkeys(("estimate", "low", "high"))
    return {"claim": claim, "paper": paper, **ends, "verdict": f"not tested: {reason}", "values": None}


def _claim(
    claim: str, paper: str, values: np.ndarray, counts: np.ndarray, rule: Callable[[float, float], str]
) -> Claim:
    estimate, low, high = (float(end[0]) for end in interval(values[:, None], counts))
    ends = {"estimate": estimate, "low": low, "high": high}
    return {"claim": claim, "paper": paper, **ends, "verdict": rule(low, high), "values": values}
