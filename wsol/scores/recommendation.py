"""Which map, layer, threshold and refinement to use, on what evidence, and what it gains and loses."""

from typing import Any

import numpy as np
import pandas as pd

from wsol.maps.keys import KEY, UNREFINED, Key
from wsol.maps.titles import title
from wsol.scores.images import mean_of_images
from wsol.scores.localization import of_map
from wsol.selection.candidates import FIXED_RULE

HOLDOUT, RULE = "holdout", "fixed rule"  # what the choice is by

FEW = 20  # images; on real dogs a choice on 10 loses 0.04 of mean IoU, one on 20 loses 0.02, see docs/findings.md

Ends = dict[str, float | None]


def recommendation(
    holdout: pd.DataFrame, leaderboard: pd.DataFrame, scores: pd.DataFrame, selectors: pd.DataFrame
) -> dict[str, Any]:
    """The map with the highest mean IoU on holdout, or that of the fixed rule where holdout has no boxes.

    Args:
        holdout: rows of the tidy table (see `wsol.scores.localization`) with the score mean_iou_chosen on holdout.
        leaderboard, scores, selectors: tables of these names.

    Returns:
        map, layer, refinement, threshold (None for a refined map), chosen_by, holdout_images_with_boxes, and what is
        known from test: mean_iou and less_centre_box (each {mean_iou, low, high}), less_hindsight (mean IoU less that
        of the map and threshold that are best on test) and beat_centre_box (maps whose interval of the difference is
        above 0). None where test has no boxes, and for less_centre_box of the fixed rule.
    """
    boxed = len(holdout["values"].iloc[0])
    chosen = _best_on_holdout(holdout, leaderboard) if boxed else _fixed(selectors)
    mean_iou = chosen["mean_iou"]["mean_iou"] if chosen["mean_iou"] else None
    beat = int((leaderboard["less_centre_box_low"] > 0).sum()) if len(leaderboard) else None
    return {
        **{name: chosen.pop(name) for name in (*KEY, "threshold", "chosen_by")},
        "holdout_images_with_boxes": boxed,
        **chosen,
        "less_hindsight": None if mean_iou is None else mean_iou - _best_in_hindsight(scores),
        "beat_centre_box": beat,
    }


def _best_on_holdout(holdout: pd.DataFrame, leaderboard: pd.DataFrame) -> dict[str, Any]:
    means = [float(mean_of_images(values)) for values in holdout["values"]]
    row = holdout.iloc[int(np.argmax(means))]
    key: Key = (row["map"], row["layer"], row["refinement"])
    on_test = of_map(leaderboard, key)
    ends = {
        name: _ends(on_test.iloc[0], (name, f"{name}_low", f"{name}_high")) if len(on_test) else None
        for name in ("mean_iou", "less_centre_box")
    }
    return {**dict(zip(KEY, key, strict=True)), "threshold": _number(row["threshold"]), "chosen_by": HOLDOUT, **ends}


def _fixed(selectors: pd.DataFrame) -> dict[str, Any]:
    row = selectors.set_index("selector").loc[FIXED_RULE]
    key = {"map": row["map"], "layer": row["layer"], "refinement": UNREFINED}
    ends = {"mean_iou": _ends(row, ("mean_iou", "low", "high")), "less_centre_box": None}
    return {**key, "threshold": float(row["threshold"]), "chosen_by": RULE, **ends}


def _best_in_hindsight(scores: pd.DataFrame) -> float:
    chosen = scores[scores["score"] == "mean_iou_chosen"]
    return float(chosen["oracle"].fillna(chosen["estimate"]).max())  # a refined map has no threshold to choose


def _ends(row: pd.Series, names: tuple[str, ...]) -> Ends | None:
    values = [_number(row[name]) for name in names]
    return None if values[0] is None else dict(zip(("mean_iou", "low", "high"), values, strict=True))


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def sentences(figures: dict[str, Any]) -> list[str]:
    """The recommendation in plain words, a sentence each.

    Args:
        figures: as `recommendation` gives them.

    >>> figures = {"map": "cam", "layer": "conv5", "refinement": "none", "threshold": 0.1, "chosen_by": "fixed rule"}
    >>> nothing = {"mean_iou": None, "less_centre_box": None, "less_hindsight": None, "beat_centre_box": None}
    >>> print(*sentences(figures | nothing), sep="\\n")
    Use CAM at threshold 0.1.
    This is a fixed rule: no holdout image has a box to choose by.
    """
    at = "" if figures["threshold"] is None else f" at threshold {figures['threshold']:g}"
    lines = [f"Use {title(*(figures[name] for name in KEY))}{at}.", _evidence(figures)]
    if figures["mean_iou"]:
        lines.append(f"Its mean IoU on test is {_text(figures['mean_iou'], '.4f')}.")
    if figures["less_centre_box"]:
        lines.append(_lead(figures["less_centre_box"], figures["beat_centre_box"]))
    if figures["less_hindsight"] is not None:
        more = f"{abs(figures['less_hindsight']):.4f}"
        best = "It is the best choice in hindsight too."
        lines.append(best if more == "0.0000" else f"The best choice in hindsight, made on test, has {more} more.")
    return lines


def _evidence(figures: dict[str, Any]) -> str:
    if figures["chosen_by"] == RULE:
        return "This is a fixed rule: no holdout image has a box to choose by."
    count = figures["holdout_images_with_boxes"]
    images = "holdout image with boxes" if count == 1 else f"{count} holdout images with boxes"
    few = " So few may choose another map than more would: see docs/findings.md." if count < FEW else ""
    return f"It has the highest mean IoU on the {images}.{few}"


def _lead(less: Ends, beat: int) -> str:
    """The lead over the centre box."""
    lead = _text(less, "+.4f")
    if not beat:
        return f"Nothing beats the centre box here: its lead is {lead}."
    if (less["low"] or 0) <= 0:
        return f"It does not beat the centre box: its lead is {lead}."
    return f"Its lead over the centre box is {lead}."


def _text(ends: Ends, form: str) -> str:
    return f"{ends['mean_iou']:{form}} ({ends['low']:{form}} to {ends['high']:{form}})"
