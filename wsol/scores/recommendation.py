"""Which map, layer, threshold and refinement to use, on what evidence, and what it gains and loses."""

from typing import Any

import pandas as pd

from wsol.maps.keys import KEY
from wsol.maps.titles import title

FIXED_RULE = "fixed_rule"  # row of the table of selectors
HOLDOUT, RULE = "holdout", "fixed rule"  # what the choice is by

Ends = dict[str, float | None]


def recommendation(
    leaderboard: pd.DataFrame, scores: pd.DataFrame, selectors: pd.DataFrame, boxed: int
) -> dict[str, Any]:
    """The map with the highest mean IoU on holdout, or that of the fixed rule where holdout has no boxes.

    Args:
        leaderboard, scores: tables of these names.
        selectors: the table of what is chosen without boxes.
        boxed: number of holdout images with a ground-truth box.

    Returns:
        map, layer, refinement, threshold (None for a refined map), chosen_by, holdout_images_with_boxes, and what is
        known from test: mean_iou and less_centre_box (each {mean_iou, low, high}), less_hindsight (mean IoU less that
        of the map and threshold that are best on test) and beat_centre_box (maps whose interval of the difference is
        above 0). None where test has no boxes, and for less_centre_box of the fixed rule.
    """
    best = leaderboard.iloc[0] if boxed and len(leaderboard) else None
    row = selectors.set_index("selector").loc[FIXED_RULE] if best is None else best
    ends = ("mean_iou", "low", "high") if best is None else ("mean_iou", "mean_iou_low", "mean_iou_high")
    less = ("less_centre_box", "less_centre_box_low", "less_centre_box_high")
    chosen = scores[scores["score"] == "mean_iou_chosen"]
    hindsight = chosen["oracle"].fillna(chosen["estimate"]).max()  # a refined map has no threshold to choose
    refinement = {"refinement": row.get("refinement", "none")}
    return {
        **{name: row[name] for name in KEY if name != "refinement"},
        **refinement,
        "threshold": _number(row["threshold"]),
        "chosen_by": RULE if best is None else HOLDOUT,
        "holdout_images_with_boxes": boxed,
        "mean_iou": _ends(row, ends),
        "less_centre_box": None if best is None else _ends(row, less),
        "less_hindsight": _number(row[ends[0]] - hindsight),
        "beat_centre_box": int((leaderboard["less_centre_box_low"] > 0).sum()) if len(leaderboard) else None,
    }


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
        lines.append(f"The best choice in hindsight, made on test, has {-figures['less_hindsight']:.4f} more.")
    return lines


def _evidence(figures: dict[str, Any]) -> str:
    if figures["chosen_by"] == RULE:
        return "This is a fixed rule: no holdout image has a box to choose by."
    return f"It has the highest mean IoU on the {figures['holdout_images_with_boxes']} holdout images with boxes."


def _lead(less: Ends, beat: int) -> str:
    """The lead over the centre box."""
    lead = f"{_text(less, '+.4f')} against the centre box"
    if not beat:
        return f"Nothing beats the centre box here: it has {lead}."
    if (less["low"] or 0) <= 0:
        return f"It does not beat the centre box: it has {lead}."
    return f"It has {lead}."


def _text(ends: Ends, form: str) -> str:
    return f"{ends['mean_iou']:{form}} ({ends['low']:{form}} to {ends['high']:{form}})"
