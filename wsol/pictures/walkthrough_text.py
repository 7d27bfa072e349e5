"""The values that docs/walkthrough.md quotes, as text."""

import numpy as np
import pandas as pd

from wsol.boxes.geometry import area, iou
from wsol.boxes.heatmap_boxes import heatmap_boxes
from wsol.maps import titles
from wsol.maps.keys import KEY
from wsol.pictures import panel
from wsol.pictures.examples import Example, ScoredHeatmap, ShownMaps
from wsol.scores.localization import of_map

ROLES = ("cam", "compared", "recommended")  # of the maps of an example, in order


def values(
    example: Example, image: pd.Series, scores: pd.DataFrame, shown: ShownMaps, canvas_size: int, fixed: float
) -> dict[str, str]:
    """What the page quotes of the image.

    Args:
        example: the image with the heatmaps of CAM, of the compared and of the recommended map.
        image: its row of `wsol.pictures.examples.image_table`.
        scores: data/iou.parquet.
        shown: the maps.
        canvas_size: side of the canvas on which boxes are drawn, pixels.
        fixed: the fixed threshold.
    """
    truth_yxyx, cam = example.ground_truth_yxyx[0], example.heatmaps[0]
    rows = scores[scores["image"] == example.name].set_index(KEY)
    height, width = example.picture.shape[:2]
    quoted = {
        "image": example.name,
        "label": example.label,
        "predicted": example.predicted,
        "probability": f"{image['probability']:.3f}",
        "size": f"{width} × {height}",
        "canvas": str(canvas_size),
        "truth": box_text(truth_yxyx),
        "fixed": f"{fixed:g}",
        "cam_shape": str(cam.heatmap.shape),
        "cam_values": value_table(cam.heatmap),
        "layer": shown.compared.layer,
        "map": shown.compared.map,
        **overlap(cam.box_yxyx, truth_yxyx),
    }
    for role, scored in zip(ROLES, example.heatmaps, strict=False):
        quoted |= {f"{role}_{name}": text for name, text in map_values(scored).items()}
        quoted[f"{role}_iou_fixed"] = f"{rows.loc[scored.key, 'iou']:.3f}"
    at_fixed = heatmap_boxes(cam.heatmap, [fixed], canvas_size, "largest", "upright")[0]
    return quoted | {"cam_box_fixed": box_text(at_fixed)}


def map_values(scored: ScoredHeatmap) -> dict[str, str]:
    """Title, size, threshold, box and IoU of a map."""
    height, width = scored.heatmap.shape
    return {
        "title": titles.title(*scored.key),
        "size": f"{height} × {width}",
        "threshold": panel.threshold_text(scored.key, scored.threshold).removeprefix("> "),
        "box": box_text(scored.box_yxyx),
        "iou": f"{scored.iou:.3f}",
    }


def box_text(box_yxyx: np.ndarray) -> str:
    """A box as Python prints it, with three digits.

    >>> box_text(np.array([0, 0.12345, 0.5, 1]))
    '[0.0, 0.123, 0.5, 1.0]'
    """
    return str(box_yxyx.astype(float).round(3).tolist())


def value_table(heatmap: np.ndarray) -> str:
    """A heatmap's values as Python prints them, a line a row.

    >>> print(value_table(np.array([[0, 1], [0.25, 0.5]])))
    [0.0, 1.0]
    [0.25, 0.5]
    """
    return "\n".join(str(row) for row in heatmap.astype(float).round(2).tolist())


def overlap(box_yxyx: np.ndarray, truth_yxyx: np.ndarray) -> dict[str, str]:
    """Areas of two boxes, of their intersection and of their union, and the IoU: shares of the image.

    >>> overlap(np.array([0, 0, 0.5, 1]), np.array([0, 0, 1, 0.5]))["union"]
    '0.7500'
    """
    shared = np.concatenate([np.maximum(box_yxyx, truth_yxyx)[:2], np.minimum(box_yxyx, truth_yxyx)[2:]])
    areas = {"box_area": area(box_yxyx), "truth_area": area(truth_yxyx), "intersection": area(shared)}
    areas["union"] = areas["box_area"] + areas["truth_area"] - areas["intersection"]
    return {name: f"{value:.4f}" for name, value in areas.items()} | {"iou": f"{iou(box_yxyx, truth_yxyx):.3f}"}


def means(leaderboard: pd.DataFrame, baselines: pd.DataFrame, shown: ShownMaps, images: int) -> dict[str, str]:
    """What the page quotes of all test images: mean IoUs with their intervals, and differences to the centre box.

    Args:
        leaderboard: tables/leaderboard.csv.
        baselines: tables/baselines.csv.
        shown: the maps.
        images: number of scored test images.
    """
    rows = leaderboard.set_index(KEY)
    keys = dict(zip(ROLES, (shown.cam, shown.compared, shown.recommended), strict=True))
    quoted = {"images": str(images), "centre_box_mean": f"{centre_box_mean(baselines):.3f}"}
    for role, key in keys.items():
        if key in rows.index:
            quoted |= {f"{role}_{name}": text for name, text in mean_values(rows.loc[key]).items()}
    return quoted


def seed_thresholds(refined: pd.DataFrame, shown: ShownMaps) -> dict[str, str]:
    """The seed thresholds of GrabCut for the recommended map, or for the first refined map if it is not refined.

    Args:
        refined: data/refined/maps.parquet, with at least one map.
        shown: the maps.
    """
    rows = of_map(refined, shown.recommended or shown.compared)
    row = (rows if len(rows) else refined).iloc[0]
    return {"seeds_of": titles.title(row["map"], row["layer"]), **{name: f"{row[name]:g}" for name in ("low", "high")}}


def centre_box_mean(baselines: pd.DataFrame) -> float:
    """Mean IoU of the centre box."""
    row = (baselines["baseline"] == "centre_box") & (baselines["score"] == "mean_iou")
    return float(baselines.loc[row, "estimate"].iloc[0])


def mean_values(row: pd.Series) -> dict[str, str]:
    """Mean IoU of a map, its difference to the centre box, and what the difference says.

    Args:
        row: of the leaderboard.
    """
    low, high = row["less_centre_box_low"], row["less_centre_box_high"]
    verdict = "better than the centre box" if low > 0 else "worse than the centre box" if high < 0 else "undecided"
    return {
        "mean": f"{row['mean_iou']:.3f} ({row['mean_iou_low']:.3f} to {row['mean_iou_high']:.3f})",
        "less_centre": f"{row['less_centre_box']:.3f} ({low:.3f} to {high:.3f})",
        "verdict": verdict,
    }
