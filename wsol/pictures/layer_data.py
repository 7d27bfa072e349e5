"""The data of the plots by layer and by threshold: tidy tables that Vega-Lite templates draw."""

import numpy as np
import pandas as pd

from wsol.maps.keys import CAM, FUSION, KEY, UNREFINED, Key
from wsol.maps.titles import method_title, title
from wsol.pictures.plot_data import BASELINES, RULES, best_baseline, by_rule

INTERVAL = "95 % interval"


def by_layer(maps: pd.DataFrame, scores: pd.DataFrame, baselines: pd.DataFrame, compared: Key) -> pd.DataFrame:
    """Mean IoU of CAM, and of every method at each layer, at the fixed and at the chosen thresholds: figure 1.

    Args:
        maps: columns map, layer, refinement, height, width; a row a map, in the network's order.
        scores, baselines: as `wsol.scores.tables` makes them.
        compared: (map, layer, refinement); its row is `marked`.

    Returns:
        Columns map, layer, refinement, role (`CAM`, `compared` for the compared map at each layer, or `other`), title,
        label (layer and resolution, separated by a bar), block (see `_blocks`), shaded (every second block of the
        compared map), rule (`fixed` or `chosen on holdout`), threshold, mean_iou, low, high, interval (what low and
        high are), marked, others (titles of the other methods), layers (number of those of the compared map), and one
        column a baseline. There is no rule `chosen
        on holdout` without scores of holdout.
    """
    shown = _with_roles(maps, compared)
    means = by_rule(scores).rename(columns={"estimate": "mean_iou"}).assign(rule=lambda rows: rows["score"].map(RULES))
    means = means[[*KEY, "rule", "threshold", "mean_iou", "low", "high"]]
    table = shown[[*KEY, "role", "height", "width"]].merge(means, on=KEY)
    table = table.sort_values("rule", key=lambda rule: rule != "fixed", kind="stable", ignore_index=True)
    keys = list(table[KEY].itertuples(index=False, name=None))
    layers = table["role"] == "compared"  # CAM has no place among the layers
    blocks = _blocks(table)
    shaded = layers & (pd.factorize(blocks.where(layers))[0] % 2 == 1)
    sizes = [f"{row.layer}|{row.height} × {row.width}" for row in table.itertuples()]
    columns = {"title": [title(*key) for key in keys], "label": sizes, "block": blocks, "shaded": shaded}
    for place, (name, values) in enumerate(columns.items(), start=len(KEY) + 1):
        table.insert(place, name, values)
    names = [method_title(name) for name in dict.fromkeys(table.loc[table["role"] == "other", "map"])]
    marked = [key == compared for key in keys]
    count = table.loc[layers, "layer"].nunique()
    table = table.assign(interval=INTERVAL, marked=marked, others=", ".join(names), layers=count)
    return table.drop(columns=["height", "width"]).assign(**_baselines(baselines, "mean_iou", "iou"))


def _blocks(table: pd.DataFrame) -> pd.Series:
    """What the layers of a resolution alone have in common: the first part of their names, or else the resolution."""
    fusion = table["layer"] == FUSION
    first = table["layer"].str.split("_").str[0]
    size = table["height"].astype(str) + " × " + table["width"].astype(str)
    names = first[~fusion].groupby(size[~fusion]).transform("nunique")
    sizes = size[~fusion].groupby(first[~fusion]).transform("nunique")
    named = (names == 1) & (sizes == 1)
    return first.where(fusion | named.reindex(table.index, fill_value=False), size)


def _with_roles(table: pd.DataFrame, compared: Key) -> pd.DataFrame:
    """Adds `role`: unrefined CAM, the compared map at each layer with the fusion last, the other unrefined maps."""
    cam = (table["map"] == CAM) & (table["refinement"] == UNREFINED)
    layers = (table["map"] == compared[0]) & (table["refinement"] == compared[2]) & ~cam
    others = (table["refinement"] == UNREFINED) & ~cam & ~layers
    fusion = table["layer"] == FUSION
    parts = {"CAM": [cam], "compared": [layers & ~fusion, layers & fusion], "other": [others]}
    tables = [table[rows].assign(role=role) for role, masks in parts.items() for rows in masks]
    return pd.concat(tables, ignore_index=True)


def _baselines(baselines: pd.DataFrame, score: str, suffix: str) -> dict[str, float]:
    """A score of each baseline, by the name of its column."""
    means = baselines[baselines["score"] == score].set_index("baseline")["estimate"]
    return {f"{name}_{suffix}": means.get(name, np.nan) for name in BASELINES}


def of_trainings(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Figure 1 of several trainings: the mean of each mean IoU, and its range instead of an interval.

    Args:
        tables: of `by_layer`, one a training, with the same maps.

    Returns:
        The same columns. `low` and `high` are the lowest and the highest training, and `interval` says so.

    Example:
        >>> row = {"map": ["cam"], "layer": "conv5", "refinement": "none", "rule": "fixed", "low": 0.0, "high": 1.0}
        >>> tables = [pd.DataFrame(row | {"mean_iou": mean}) for mean in (0.2, 0.4)]
        >>> table = of_trainings(tables)
        >>> table[["mean_iou", "low", "high"]].to_numpy().round(2).tolist(), table["interval"].tolist()
        ([[0.3, 0.2, 0.4]], ['lowest to highest of 2 trainings'])
    """
    rows = pd.concat(tables).groupby([*KEY, "rule"], sort=False)["mean_iou"]
    spread = rows.agg(["mean", "min", "max"]).rename(columns={"mean": "mean_iou", "min": "low", "max": "high"})
    spread = tables[0][[*KEY, "rule"]].join(spread, on=[*KEY, "rule"])
    ends = {column: spread[column] for column in ("mean_iou", "low", "high")}
    return tables[0].assign(**ends, interval=f"lowest to highest of {len(tables)} trainings")


def by_threshold(means: pd.DataFrame, baselines: pd.DataFrame, compared: Key) -> pd.DataFrame:
    """Mean IoU and MaxBoxAcc's accuracy at each threshold of CAM, and of the compared map at each layer.

    Args:
        means: columns map, layer, refinement, threshold, mean_iou, box_acc.
        baselines: as `wsol.scores.tables` makes them.
        compared: (map, layer, refinement).

    Returns:
        Columns map, layer, refinement, title, threshold, mean_iou, box_acc, baseline and baseline_iou (of the best
        baseline), and MaxBoxAcc's accuracy of each baseline. CAM comes first, the fusion last.
    """
    table = _with_roles(means, compared).query("role != 'other'")
    titles = {key: title(*key) for key in table[KEY].drop_duplicates().itertuples(index=False, name=None)}
    table = table.assign(title=[titles[key] for key in table[KEY].itertuples(index=False, name=None)])
    return table[[*KEY, "title", "threshold", "mean_iou", "box_acc"]].assign(
        **best_baseline(baselines), **_baselines(baselines, "max_box_acc", "acc")
    )
