"""The data of the plots: tidy tables that Vega-Lite templates draw."""

import numpy as np
import pandas as pd

from wsol.maps.keys import CAM, FUSION, KEY, UNREFINED, Key
from wsol.maps.titles import REFINEMENTS, method_title, title
from wsol.scores.localization import of_map

BASELINES = {"full_image": "full-image box", "centre_box": "centre box", "mean_box": "mean box"}
RULES = {"mean_iou_chosen": "chosen on holdout", "mean_iou": "fixed"}  # of a threshold, by score
MOST_CONFUSED = 20  # classes


def by_map(scores: pd.DataFrame, baselines: pd.DataFrame, compared: Key) -> pd.DataFrame:
    """Mean IoU of every map, at the threshold chosen on holdout and at the fixed one.

    Args:
        scores, baselines: as `wsol.scores.tables` makes them. A map's layers are in the network's order.
        compared: (map, layer, refinement); its rows are `marked`.

    Returns:
        Columns map, layer, refinement, method (title of the method and its refinement), place (of the layer in the
        network's order, from 0; the fusion is last), rule (`chosen on holdout` or `fixed`), threshold, mean_iou, low,
        high, marked, cam_iou (of unrefined CAM by the same rule), baseline and baseline_iou (of the best baseline).
        CAM's rows come first, those of refined maps last. There is no rule `chosen on holdout` without scores of
        holdout, and cam_iou is NaN without CAM.
    """
    table = _by_rule(scores).rename(columns={"estimate": "mean_iou"})
    table = table.iloc[np.lexsort((table["map"] != CAM, table["refinement"] != UNREFINED))]
    keys = list(table[KEY].itertuples(index=False, name=None))
    cam = table[(table["map"] == CAM) & (table["refinement"] == UNREFINED)].set_index("score")["mean_iou"]
    table = table.assign(
        method=[_method_title(name, refinement) for name, _, refinement in keys],
        place=table["layer"].map(_layers_in_order(table).index),
        rule=table["score"].map(RULES),
        marked=[key == compared for key in keys],
        cam_iou=table["score"].map(cam),
    )
    columns = [*KEY, "method", "place", "rule", "threshold", "mean_iou", "low", "high", "marked", "cam_iou"]
    return table[columns].assign(**_best_baseline(baselines))


def _by_rule(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean IoU at the fixed threshold, and at the chosen one if it was chosen: if holdout has scores."""
    rows = scores[scores["score"].isin(RULES)]
    return rows[(rows["score"] == "mean_iou") | rows["holdout"].notna()]


def _method_title(map_name: str, refinement: str) -> str:
    refined = "" if refinement == UNREFINED else f", {REFINEMENTS.get(refinement, refinement)}"
    return method_title(map_name) + refined


def _layers_in_order(table: pd.DataFrame) -> list[str]:
    """The layers of the methods, then CAM's layer if no method has it, then the fusion."""
    methods = (table["map"] != CAM) & (table["refinement"] == UNREFINED)
    names = dict.fromkeys([*table.loc[methods, "layer"], *table["layer"]])
    return sorted(names, key=lambda name: name == FUSION)


def _best_baseline(baselines: pd.DataFrame) -> dict[str, str | float]:
    """The title and the mean IoU of the baseline with the highest mean IoU; of equals, the first."""
    means = baselines[baselines["score"] == "mean_iou"].set_index("baseline")["estimate"]
    if means.empty:
        return {"baseline": "", "baseline_iou": np.nan}
    return {"baseline": BASELINES[means.idxmax()], "baseline_iou": means.max()}


def by_layer(maps: pd.DataFrame, scores: pd.DataFrame, baselines: pd.DataFrame, compared: Key) -> pd.DataFrame:
    """Mean IoU at the fixed threshold of CAM, and of every method at each layer: figure 1.

    Args:
        maps: columns map, layer, refinement, height, width; a row a map, in the network's order.
        scores, baselines: as `wsol.scores.tables` makes them.
        compared: (map, layer, refinement); its row is `marked`.

    Returns:
        Columns map, layer, refinement, role (`CAM`, `compared` for the compared map at each layer, or `other`), title,
        label (layer and resolution, separated by a bar), block (see `_blocks`), shaded (every second block of the
        compared map), threshold, mean_iou, low, high, marked, and one column a baseline.
    """
    shown = _with_roles(maps, compared)
    means = scores.loc[scores["score"] == "mean_iou", [*KEY, "threshold", "estimate", "low", "high"]]
    table = shown[[*KEY, "role", "height", "width"]].merge(means.rename(columns={"estimate": "mean_iou"}), on=KEY)
    keys = list(table[KEY].itertuples(index=False, name=None))
    layers = table["role"] == "compared"  # CAM has no place among the layers
    blocks = _blocks(table)
    shaded = layers & (pd.factorize(blocks.where(layers))[0] % 2 == 1)
    sizes = [f"{row.layer}|{row.height} × {row.width}" for row in table.itertuples()]
    columns = {"title": [title(*key) for key in keys], "label": sizes, "block": blocks, "shaded": shaded}
    for place, (name, values) in enumerate(columns.items(), start=len(KEY) + 1):
        table.insert(place, name, values)
    table["marked"] = [key == compared for key in keys]
    return table.drop(columns=["height", "width"]).assign(**_baseline_ious(baselines))


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


def _baseline_ious(baselines: pd.DataFrame) -> dict[str, float]:
    means = baselines[baselines["score"] == "mean_iou"].set_index("baseline")["estimate"]
    return {f"{name}_iou": means.get(name, np.nan) for name in BASELINES}


def by_threshold(means: pd.DataFrame, baselines: pd.DataFrame, compared: Key) -> pd.DataFrame:
    """Mean IoU and MaxBoxAcc's accuracy at each threshold of CAM, and of the compared map at each layer.

    Args:
        means: columns map, layer, refinement, threshold, mean_iou, box_acc.
        baselines: as `wsol.scores.tables` makes them.
        compared: (map, layer, refinement).

    Returns:
        Columns map, layer, refinement, title, threshold, mean_iou, box_acc, baseline and baseline_iou (of the best
        baseline). CAM comes first, the fusion last.
    """
    table = _with_roles(means, compared).query("role != 'other'")
    titles = {key: title(*key) for key in table[KEY].drop_duplicates().itertuples(index=False, name=None)}
    table = table.assign(title=[titles[key] for key in table[KEY].itertuples(index=False, name=None)])
    return table[[*KEY, "title", "threshold", "mean_iou", "box_acc"]].assign(**_best_baseline(baselines))


def compared_maps(keys: list[Key], scores: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """The paper's table: maps at the fixed and, if it was chosen, the chosen threshold, and the baselines: figure 2.

    Returns:
        Columns what, threshold (`fixed`, `chosen on holdout` or `none`), mean_iou, low, high.
    """
    rows = _by_rule(scores)
    tables = [
        of_map(rows, key).assign(what=title(*key), threshold=lambda table: table["score"].map(RULES))
        for key in dict.fromkeys(keys)
    ]
    boxes = baselines[baselines["score"] == "mean_iou"]
    tables.append(boxes.assign(what=boxes["baseline"].map(BASELINES), threshold="none"))
    table = pd.concat(tables).rename(columns={"estimate": "mean_iou"})
    return table[["what", "threshold", "mean_iou", "low", "high"]]


def by_image(cam: pd.DataFrame | None, compared: pd.DataFrame) -> pd.DataFrame:
    """CAM's IoU beside the compared map's, one row an image.

    Args:
        cam, compared: rows of data/iou.parquet of one map each, in the same order of images. `cam` is None where it is
            not drawn.

    Returns:
        Columns image, label, prediction (`right` or `wrong`), cam, compared, compared_title. No row for an image
        without both IoUs.

    Example:
        >>> image = {"image": ["a.jpg"], "label": "pug", "top1_right": True, "layer": "conv5", "refinement": "none"}
        >>> cam = pd.DataFrame(image | {"map": "cam", "iou": 0.4})
        >>> print(*by_image(cam, cam.assign(map="grad_cam", iou=0.2)).iloc[0])
        a.jpg pug right 0.4 0.2 Grad-CAM at conv5
    """
    ious = np.nan if cam is None else cam["iou"].to_numpy()
    prediction = np.where(compared["top1_right"], "right", "wrong")
    table = compared[["image", "label"]].assign(prediction=prediction, cam=ious, compared=compared["iou"])
    return table.assign(compared_title=title(*compared[KEY].iloc[0])).dropna(subset=["cam", "compared"])


def confusion(image_info: pd.DataFrame) -> pd.DataFrame:
    """How often each of the most confused classes was predicted as each other of them.

    Args:
        image_info: columns label and predicted, names; a row an image.

    Returns:
        Columns true, predicted, images, share (of the true class's images): all pairs of at most MOST_CONFUSED classes,
        in the order of their names. Those classes that have images and the most wrong predictions, of or as the class.

    Example:
        >>> table = confusion(pd.DataFrame({"label": ["pug", "pug", "whippet"], "predicted": ["pug"] * 3}))
        >>> dict(zip(zip(table["true"], table["predicted"]), table["share"]))
        {('pug', 'pug'): 1.0, ('pug', 'whippet'): 0.0, ('whippet', 'pug'): 1.0, ('whippet', 'whippet'): 0.0}
    """
    counts = pd.crosstab(image_info["label"], image_info["predicted"])
    names = counts.index
    square = counts.reindex(columns=names, fill_value=0).to_numpy()
    wrong = counts.sum(axis=1).to_numpy() + square.sum(axis=0) - 2 * np.diag(square)
    shown = np.sort(np.argsort(-wrong, kind="stable")[:MOST_CONFUSED])
    share = square / counts.sum(axis=1).to_numpy()[:, None]
    pairs = [(true, guess) for true in shown for guess in shown]
    return pd.DataFrame(
        {
            "true": [names[true] for true, _ in pairs],
            "predicted": [names[guess] for _, guess in pairs],
            "images": [square[pair] for pair in pairs],
            "share": [share[pair] for pair in pairs],
        }
    )
