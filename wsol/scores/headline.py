"""The headline: the figures that metrics/localization.json holds, those that a reader compares between runs."""

import pandas as pd

from wsol.maps.keys import Key
from wsol.scores.localization import of_map


def headline(keys: dict[str, Key], tables: dict[str, pd.DataFrame]) -> dict[str, float]:
    """The mean IoU of the maps at the fixed threshold, of the centre box, and of the map that is the best on holdout.

    Intervals, differences and the other choices are in the tables.

    Args:
        keys: (map, layer, refinement) of `compared`, and of `cam` where it is drawn.
        tables: `scores`, `baselines` and `leaderboard`, as `wsol.scores.tables` and `wsol.scores.leaderboard` make
            them.

    Returns:
        The keys of `keys`, centre_box, compared_less_centre_box and, where holdout has scores, recommended. Nothing if
        the tables have no row.
    """
    scores, baselines, leaderboard = (tables[name] for name in ("scores", "baselines", "leaderboard"))
    if scores.empty:
        return {}
    fixed = scores[scores["score"] == "mean_iou"]
    figures = {name: float(of_map(fixed, key)["estimate"].iloc[0]) for name, key in keys.items()}
    means = baselines[baselines["score"] == "mean_iou"].set_index("baseline")["estimate"]
    figures["centre_box"] = float(means["centre_box"])
    figures["compared_less_centre_box"] = figures["compared"] - figures["centre_box"]
    if leaderboard["holdout"].notna().any():
        figures["recommended"] = float(leaderboard["mean_iou"].iloc[0])  # the first row is the best on holdout
    return figures
