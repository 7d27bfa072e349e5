"""The data of the plots: tidy tables that Vega-Lite templates draw."""

import numpy as np
import pandas as pd

from wsol.scores.tables import ScoredMap

BASELINES = {"full_image": "full-image box", "centre_box": "centre box", "mean_box": "mean box"}
MOST_CONFUSED = 20  # classes


def by_layer(maps: list[ScoredMap], scores: pd.DataFrame, baselines: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Mean IoU at the fixed threshold, one row a map: figure 1.

    Args:
        scores, baselines: as `wsol.scores.tables.scores` and `wsol.scores.tables.baselines` give them.
        layer: Grad-CAM's in the comparison; its row is `marked`.

    Returns:
        Columns map, layer, label (layer and resolution, a bar between), block (what its name begins with), shaded
        (every second block), threshold, mean_iou, low, high, marked, and one column a baseline.
    """
    table = scores[scores["score"] == "mean_iou"].rename(columns={"estimate": "mean_iou"})
    blocks = [own.layer.split("_")[0] for own in maps]
    shaded = pd.factorize(np.array(blocks[1:]))[0] % 2 == 1  # CAM comes first, and has no place among the layers
    return pd.DataFrame(
        {
            "map": [own.map for own in maps],
            "layer": [own.layer for own in maps],
            "label": [f"{own.layer}|{own.height} × {own.width}" for own in maps],
            "block": blocks,
            "shaded": [False, *shaded],
            "threshold": table["threshold"].to_numpy(),
            "mean_iou": table["mean_iou"].to_numpy(),
            "low": table["low"].to_numpy(),
            "high": table["high"].to_numpy(),
            "marked": [(own.map, own.layer) == ("grad_cam", layer) for own in maps],
        }
    ).assign(**_baseline_ious(baselines))


def _baseline_ious(baselines: pd.DataFrame) -> dict[str, float]:
    known = baselines[baselines["score"] == "mean_iou"].set_index("baseline")["estimate"]
    return {f"{name}_iou": known[name] for name in BASELINES}


def by_threshold(maps: list[ScoredMap], thresholds: np.ndarray, baselines: pd.DataFrame) -> pd.DataFrame:
    """Mean IoU and MaxBoxAcc's accuracy (box_acc) of each map at each threshold, beside the baselines' mean IoU."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "map": own.map,
                    "layer": own.layer,
                    "threshold": thresholds,
                    "mean_iou": own.ious.mean(axis=0),
                    # as wsolevaluation, whose thresholds are whole grey levels
                    "box_acc": own.box_accs[(thresholds * len(own.box_accs)).astype(int)],
                }
            )
            for own in maps
        ],
        ignore_index=True,
    ).assign(**_baseline_ious(baselines))


def compared(maps: list[ScoredMap], scores: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """The paper's table: each map of `maps` at the fixed and at its chosen threshold, and the baselines.

    Returns:
        Columns what, threshold (`fixed`, `chosen on holdout` or `none`), mean_iou, low, high.
    """
    kinds = {"mean_iou": "fixed", "mean_iou_chosen": "chosen on holdout"}
    found = scores[scores["score"].isin(kinds)]
    found = pd.concat([found[(found["map"] == own.map) & (found["layer"] == own.layer)] for own in maps])
    names = {"cam": "CAM", "grad_cam": "Grad-CAM at "}
    what = [names[row.map] + row.layer * (row.map == "grad_cam") for row in found.itertuples()]
    boxes = baselines[baselines["score"] == "mean_iou"]
    table = pd.concat(
        [
            found.assign(what=what, threshold=found["score"].map(kinds)),
            boxes.assign(what=boxes["baseline"].map(BASELINES), threshold="none"),
        ]
    )
    return table.rename(columns={"estimate": "mean_iou"})[["what", "threshold", "mean_iou", "low", "high"]]


def by_image(images: pd.DataFrame, layer: str) -> pd.DataFrame:
    """CAM's IoU beside Grad-CAM's at a layer, one row an image of `wsol.scores.tables.images`.

    Returns:
        Columns image, label, prediction (`right` or `wrong`), cam, grad_cam.
    """
    cam, grad_cam = (images[(images["map"] == kind)] for kind in ("cam", "grad_cam"))
    grad_cam = grad_cam[grad_cam["layer"] == layer]
    prediction = np.where(cam["top1_right"], "right", "wrong")
    table = cam[["image", "label"]].assign(prediction=prediction, cam=cam["iou"])
    return table.assign(grad_cam=grad_cam["iou"].to_numpy())


def confusion(images: pd.DataFrame) -> pd.DataFrame:
    """How often each of the most confused classes was taken for each other of them.

    Args:
        images: as `wsol.scores.tables.images` gives it.

    Returns:
        Columns true, predicted, images, share (of the true class's images); the classes with images that are most
        often taken for another or another for them, at most MOST_CONFUSED, by name; all pairs of them.
    """
    cam = images[images["map"] == "cam"]
    counts = pd.crosstab(cam["label"], cam["predicted"])
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
