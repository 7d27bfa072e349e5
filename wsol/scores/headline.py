"""The headline: the figures that metrics/localization.json holds."""

from typing import Any

import pandas as pd

from wsol.maps.keys import KEY, Key
from wsol.scores.localization import of_map
from wsol.scores.tables import CAM_LESS_MAP, MAP_LESS_CENTRE_BOX, OTHER


def headline(keys: dict[str, Key], tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The maps at the fixed threshold, what is chosen on holdout, and the baselines.

    Args:
        keys: (map, layer, refinement) of `compared`, and of `cam` where it is drawn.
        tables: `scores`, `comparisons` and `baselines`, as `wsol.scores.tables` makes them.

    Returns:
        Nothing if the tables have no row. No difference to CAM where it is not drawn, and nothing chosen where holdout
        has no scores.
    """
    scores, comparisons, baselines = (tables[name] for name in ("scores", "comparisons", "baselines"))
    if scores.empty:
        return {}
    figures: dict[str, Any] = {name: _mean_iou(_row(scores, key, "mean_iou")) for name, key in keys.items()}
    if "cam" in keys:
        figures["cam_less_compared"] = _mean_iou(_difference(comparisons, keys["cam"], keys["compared"]))
    for name, key in keys.items():
        figures[f"{name}_less_centre_box"] = _less_centre_box(comparisons, key, "mean_iou")
    if scores["holdout"].notna().any():
        choices = {"cam": _chosen, "compared": _best_chosen}
        figures["chosen_on_holdout"] = {name: choices[name](scores, comparisons, key) for name, key in keys.items()}
    means = baselines[baselines["score"] == "mean_iou"]
    return figures | {"baselines": {row.baseline: {"mean_iou": row.estimate} for row in means.itertuples()}}


def _row(scores: pd.DataFrame, key: Key, score: str) -> pd.Series:
    return of_map(scores[scores["score"] == score], key).iloc[0]


def _difference(comparisons: pd.DataFrame, cam: Key, compared: Key) -> pd.Series:
    rows = comparisons[(comparisons["comparison"] == CAM_LESS_MAP) & (comparisons["score"] == "mean_iou")]
    return rows[(rows[[*KEY, *OTHER]] == [*cam, *compared]).all(axis=1)].iloc[0]


def _less_centre_box(comparisons: pd.DataFrame, key: Key, score: str) -> dict[str, float]:
    rows = comparisons[(comparisons["comparison"] == MAP_LESS_CENTRE_BOX) & (comparisons["score"] == score)]
    return _mean_iou(of_map(rows, key).iloc[0])


def _mean_iou(row: Any) -> dict[str, float]:
    return {"mean_iou": float(row["estimate"]), "low": float(row["low"]), "high": float(row["high"])}


def _chosen(scores: pd.DataFrame, comparisons: pd.DataFrame, key: Key) -> dict[str, Any]:
    """Mean IoU at the threshold chosen on holdout, and at the threshold that is best on test."""
    row = _row(scores, key, "mean_iou_chosen")
    figures: dict[str, Any] = {name: float(row[column]) for name, column in _CHOSEN.items()}
    return figures | {"less_centre_box": _less_centre_box(comparisons, key, "mean_iou_chosen")}


_CHOSEN = {"threshold": "threshold", "mean_iou": "estimate", "oracle": "oracle"}


def _best_chosen(scores: pd.DataFrame, comparisons: pd.DataFrame, compared: Key) -> dict[str, Any]:
    """The same for the compared map's best layer on holdout; the oracle's layer is the best on test."""
    map_name, _, refinement = compared
    layers = scores.query("map == @map_name and refinement == @refinement and score == 'mean_iou_chosen'")
    best, oracle = (layers.loc[layers[column].idxmax()] for column in ("holdout", "oracle"))
    chosen = _chosen(scores, comparisons, (map_name, best["layer"], refinement))
    return {"layer": best["layer"]} | chosen | {"oracle": float(oracle["oracle"]), "oracle_layer": oracle["layer"]}
