"""The data of the plots: tidy tables that Vega-Lite templates draw."""

import numpy as np
import pandas as pd

from wsol.maps.titles import title
from wsol.scores.localization import KEY, of_map

BASELINES = {"full_image": "full-image box", "centre_box": "centre box", "mean_box": "mean box"}
MOST_CONFUSED = 20  # classes

Key = tuple[str, str, str]


def by_layer(maps: pd.DataFrame, scores: pd.DataFrame, baselines: pd.DataFrame, compared: Key) -> pd.DataFrame:
    """Mean IoU at the fixed threshold of CAM, and of the compared map at each layer: figure 1.

    Args:
        maps: columns map, layer, refinement, height, width; a row a map, in the network's order.
        scores, baselines: as `wsol.scores.tables` makes them.
        compared: (map, layer, refinement); its row is `marked`.

    Returns:
        Columns map, layer, refinement, title, label (layer and resolution, separated by a bar), block (the first part
        of the layer's name), shaded (every second block), threshold, mean_iou, low, high, marked, and one column a
        baseline.
    """
    shown = _cam_and_layers(maps, compared)
    means = scores.loc[scores["score"] == "mean_iou", [*KEY, "threshold", "estimate", "low", "high"]]
    table = shown[[*KEY, "height", "width"]].merge(means.rename(columns={"estimate": "mean_iou"}), on=KEY)
    keys = list(table[KEY].itertuples(index=False, name=None))
    layers = table["map"] == compared[0]  # CAM has no place among the layers
    blocks = table["layer"].str.split("_").str[0]
    shaded = layers & (pd.factorize(blocks.where(layers))[0] % 2 == 1)
    sizes = [f"{row.layer}|{row.height} × {row.width}" for row in table.itertuples()]
    columns = {"title": [title(*key) for key in keys], "label": sizes, "block": blocks, "shaded": shaded}
    for place, (name, values) in enumerate(columns.items(), start=len(KEY)):
        table.insert(place, name, values)
    table["marked"] = [key == compared for key in keys]
    return table.drop(columns=["height", "width"]).assign(**_baseline_ious(baselines))


def _cam_and_layers(table: pd.DataFrame, compared: Key) -> pd.DataFrame:
    """The rows of CAM, which is not refined, and then those of the compared map at each layer."""
    layers = (table["map"] == compared[0]) & (table["refinement"] == compared[2])
    cam = (table["map"] == "cam") & (table["refinement"] == "none")
    return pd.concat([table[cam & ~layers], table[layers]], ignore_index=True)


def _baseline_ious(baselines: pd.DataFrame) -> dict[str, float]:
    means = baselines[baselines["score"] == "mean_iou"].set_index("baseline")["estimate"]
    return {f"{name}_iou": means[name] for name in BASELINES}


def by_threshold(means: pd.DataFrame, baselines: pd.DataFrame, compared: Key) -> pd.DataFrame:
    """Mean IoU and MaxBoxAcc's accuracy at each threshold of CAM, and of the compared map at each layer.

    Args:
        means: columns map, layer, refinement, threshold, mean_iou, box_acc.
        baselines: as `wsol.scores.tables` makes them.
        compared: (map, layer, refinement).

    Returns:
        Columns map, layer, refinement, title, threshold, mean_iou, box_acc, and one column a baseline.
    """
    table = _cam_and_layers(means, compared).assign(**_baseline_ious(baselines))
    titles = {key: title(*key) for key in table[KEY].drop_duplicates().itertuples(index=False, name=None)}
    keys = table[KEY].itertuples(index=False, name=None)
    table.insert(len(KEY), "title", [titles[key] for key in keys])
    return table


def compared_maps(keys: list[Key], scores: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """The paper's table: maps at the fixed and at the chosen threshold, and the baselines: figure 2.

    Returns:
        Columns what, threshold (`fixed`, `chosen on holdout` or `none`), mean_iou, low, high.
    """
    thresholds = {"mean_iou": "fixed", "mean_iou_chosen": "chosen on holdout"}
    rows = scores[scores["score"].isin(thresholds)]
    tables = [
        of_map(rows, key).assign(what=title(*key), threshold=lambda table: table["score"].map(thresholds))
        for key in dict.fromkeys(keys)
    ]
    boxes = baselines[baselines["score"] == "mean_iou"]
    tables.append(boxes.assign(what=boxes["baseline"].map(BASELINES), threshold="none"))
    table = pd.concat(tables).rename(columns={"estimate": "mean_iou"})
    return table[["what", "threshold", "mean_iou", "low", "high"]]


def by_image(cam: pd.DataFrame, compared: pd.DataFrame) -> pd.DataFrame:
    """CAM's IoU beside the compared map's, one row an image.

    Args:
        cam, compared: rows of data/iou.parquet of one map each, in the same order of images.

    Returns:
        Columns image, label, prediction (`right` or `wrong`), cam, compared, compared_title.

    Example:
        >>> image = {"image": ["a.jpg"], "label": "pug", "top1_right": True, "layer": "conv5", "refinement": "none"}
        >>> cam = pd.DataFrame(image | {"map": "cam", "iou": 0.4})
        >>> print(*by_image(cam, cam.assign(map="grad_cam", iou=0.2)).iloc[0])
        a.jpg pug right 0.4 0.2 Grad-CAM at conv5
    """
    key = compared[KEY].iloc[0]
    table = cam[["image", "label"]].assign(prediction=np.where(cam["top1_right"], "right", "wrong"), cam=cam["iou"])
    return table.assign(compared=compared["iou"].to_numpy(), compared_title=title(*key))


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
