"""The data of the plots: tidy tables that Vega-Lite templates draw."""

import numpy as np
import pandas as pd

from wsol.maps.keys import CAM, FUSION, KEY, NO_LAYER, UNREFINED, Key
from wsol.maps.titles import method_title, refinement_title, title
from wsol.pictures.class_titles import class_titles
from wsol.scores.localization import of_map

BASELINES = {"full_image": "full-image box", "centre_box": "centre box", "mean_box": "mean box"}
RULES = {"mean_iou_chosen": "chosen on holdout", "mean_iou": "fixed"}  # of a threshold, by score
CHOSEN_OF_BASELINES = {"centre_box": "side", "mean_box": "box"}  # what is chosen on holdout
MOST_CONFUSED = 20  # classes
WHOLE_IMAGE = 0.99  # share of the image from which on a box is the whole image


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
    table = by_rule(scores).rename(columns={"estimate": "mean_iou"})
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
    return table[columns].assign(**best_baseline(baselines))


def by_rule(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean IoU at the fixed threshold, and at the chosen one if it was chosen: if holdout has scores."""
    rows = scores[scores["score"].isin(RULES)]
    return rows[(rows["score"] == "mean_iou") | rows["holdout"].notna()]


def _method_title(map_name: str, refinement: str) -> str:
    refined = "" if refinement == UNREFINED else f", {refinement_title(refinement)}"
    return method_title(map_name) + refined


def _layers_in_order(table: pd.DataFrame) -> list[str]:
    """The layers of the methods, then CAM's layer if no method has it, then the fusion."""
    methods = (table["map"] != CAM) & (table["refinement"] == UNREFINED)
    names = dict.fromkeys([*table.loc[methods, "layer"], *table["layer"]])
    return sorted(names, key=lambda name: name == FUSION)


def best_baseline(baselines: pd.DataFrame) -> dict[str, str | float]:
    """The title and the mean IoU of the baseline with the highest mean IoU; of equals, the first."""
    means = baselines[baselines["score"] == "mean_iou"].set_index("baseline")["estimate"]
    if means.empty:
        return {"baseline": "", "baseline_iou": np.nan}
    return {"baseline": BASELINES[means.idxmax()], "baseline_iou": means.max()}


def compared_maps(
    keys: list[Key], scores: pd.DataFrame, baselines: pd.DataFrame, leaderboard: pd.DataFrame
) -> pd.DataFrame:
    """The paper's table: maps at the fixed and, if it was chosen, the chosen threshold, and the baselines: figure 2.

    Args:
        keys: (map, layer, refinement) of CAM, if it is drawn, and of the compared map.
        scores, baselines, leaderboard: tables of these names. The leaderboard's first map is the recommended one.

    Returns:
        Columns map, layer, refinement, place (row of the figure, from 0), what, threshold (`fixed`, `chosen on
        holdout` or `nothing chosen`), at (the threshold, or what else is chosen), mean_iou, low, high.
    """
    rows, chosen = by_rule(scores), bool(scores["holdout"].notna().any())
    recommended: list[Key] = [tuple(leaderboard[KEY].iloc[0])] if chosen and len(leaderboard) else []
    tables = [
        of_map(rows, key).assign(place=place, what=title(*key) + (", recommended" if key in recommended else ""))
        for place, key in enumerate(dict.fromkeys([*keys, *recommended]))
    ]
    tables = [_with_thresholds(table) for table in tables]
    tables.append(_baselines(baselines, chosen).assign(place=lambda table: len(tables) + np.arange(len(table))))
    table = pd.concat(tables).rename(columns={"estimate": "mean_iou"})
    return table[[*KEY, "place", "what", "threshold", "at", "mean_iou", "low", "high"]]


def _with_thresholds(rows: pd.DataFrame) -> pd.DataFrame:
    """A map's rows; a refined map has no threshold, and one row."""
    rows = rows if rows["threshold"].notna().any() else rows.tail(1)
    at = rows["threshold"].map("{:g}".format).replace("nan", "")
    return rows.assign(threshold=rows["score"].map(RULES), at=at)


def _baselines(baselines: pd.DataFrame, chosen: bool) -> pd.DataFrame:
    boxes = baselines[baselines["score"] == "mean_iou"]
    at = boxes["baseline"].map(CHOSEN_OF_BASELINES if chosen else {}).fillna("")
    rule = np.where(at == "", "nothing chosen", RULES["mean_iou_chosen"])
    keys = {"map": boxes["baseline"], "layer": NO_LAYER, "refinement": UNREFINED}
    return boxes.assign(**keys, what=boxes["baseline"].map(BASELINES), threshold=rule, at=at)


def by_image(cam: pd.DataFrame | None, compared: pd.DataFrame) -> pd.DataFrame:
    """CAM's IoU beside the compared map's, one row an image.

    Args:
        cam, compared: rows of data/iou.parquet of one map each, in the same order of images. `cam` is None where it is
            not drawn.

    Returns:
        Columns image, label, prediction (`right` or `wrong`), cam, compared, whole_image (both boxes are), and
        compared_title. No row for an image without both IoUs.

    Example:
        >>> image = {"image": ["a.jpg"], "label": "pug", "top1_right": True, "layer": "conv5", "refinement": "none"}
        >>> cam = pd.DataFrame(image | {"map": "cam", "iou": 0.4, "box_area": 1.0})
        >>> print(*by_image(cam, cam.assign(map="grad_cam", iou=0.2, box_area=0.5)).iloc[0])
        a.jpg pug right 0.4 0.2 False Grad-CAM at conv5
    """
    ious = np.nan if cam is None else cam["iou"].to_numpy()
    prediction = np.where(compared["top1_right"], "right", "wrong")
    table = compared[["image", "label"]].assign(prediction=prediction, cam=ious, compared=compared["iou"])
    areas = 0.0 if cam is None else np.minimum(cam["box_area"].to_numpy(), compared["box_area"].to_numpy())
    table["whole_image"] = areas >= WHOLE_IMAGE
    return table.assign(compared_title=title(*compared[KEY].iloc[0])).dropna(subset=["cam", "compared"])


def confusion(image_info: pd.DataFrame) -> pd.DataFrame:
    """How often each of the most confused classes was predicted as each other of them.

    Args:
        image_info: columns label and predicted, names; a row an image.

    Returns:
        Columns true, predicted (titles, see `class_titles`), images, share (of the true class's images): all pairs of
        at most MOST_CONFUSED classes, in the order of their names. The classes are those that have images, with the
        most wrong predictions of or as the class.

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
    titles = class_titles([*image_info["label"], *image_info["predicted"]])
    return pd.DataFrame(
        {
            "true": [titles[names[true]] for true, _ in pairs],
            "predicted": [titles[names[guess]] for _, guess in pairs],
            "images": [square[pair] for pair in pairs],
            "share": [share[pair] for pair in pairs],
        }
    )
