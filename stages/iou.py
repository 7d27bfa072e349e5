"""Score every box against the ground truth.

    python -m stages.iou

Reads   params (layer, threshold, ground_truth, boxes.thresholds), data/heatmaps/, data/boxes/
Writes  metrics/localization.json, plots/iou_by_layer.csv and .svg, plots/iou_by_threshold.csv
Takes   seconds

All figures are of the test split; images without a ground-truth box are left out and counted.
"""

from typing import Any

import numpy as np
import pandas as pd

from stages.support import files, params
from stages.support.run import run
from wsol import figures, iou, scores
from wsol.errors import InputError


def main() -> str:
    settings = params.read("iou")
    thresholds, rule = params.grid(settings["boxes"]["thresholds"]), settings["ground_truth"]
    index, maps = files.read_table("data/heatmaps/index.parquet"), files.read_table("data/heatmaps/maps.parquet")
    params.check_layer(
        "layer", settings["layer"], maps.loc[maps["map"] == "grad_cam", "layer"].tolist(), "heatmaps.layers"
    )
    test = index[index["split"] == "test"]
    ground_truth_yxyx = scores.padded_boxes(test["boxes_yxyx"])
    scored = iou.area(ground_truth_yxyx).any(axis=1)
    if not scored.any():
        raise InputError(
            "Expected ground-truth boxes, but no image of the test split has one: there is nothing to score."
        )
    rows, ground_truth_yxyx = test.index[scored].to_numpy(), ground_truth_yxyx[scored]
    by_threshold = sweep(maps, rows, ground_truth_yxyx, thresholds, rule)
    by_layer = by_threshold[
        by_threshold["threshold"] == thresholds[params.threshold_index(thresholds, settings["threshold"])]
    ]
    headline = headline_figures(settings, by_layer, maps, test, rows) | {
        "baselines": {"full_image": {"mean_iou": scores.full_image_iou(ground_truth_yxyx, rule)}}
    }
    write(settings["dataset"], headline, by_layer, by_threshold)
    return summary(headline)


def sweep(
    maps: pd.DataFrame, rows: np.ndarray, ground_truth_yxyx: np.ndarray, thresholds: list[float], rule: str
) -> pd.DataFrame:
    """Mean IoU per map, layer and threshold, in the network's order, beside the full-image box's."""
    tables = []
    for row in maps.itertuples():
        boxes_yxyx = files.read_array(f"data/boxes/{row.file}")[rows]
        mean_iou = scores.mean_ious(boxes_yxyx, ground_truth_yxyx, rule)
        tables.append(pd.DataFrame({"map": row.map, "layer": row.layer, "threshold": thresholds, "mean_iou": mean_iou}))
    return pd.concat(tables, ignore_index=True).assign(full_image_iou=scores.full_image_iou(ground_truth_yxyx, rule))


def headline_figures(
    settings: dict[str, Any], by_layer: pd.DataFrame, maps: pd.DataFrame, test: pd.DataFrame, rows: np.ndarray
) -> dict[str, Any]:
    """The headline comparison: CAM against Grad-CAM at one layer and threshold."""
    headline: dict[str, Any] = {name: settings[name] for name in ("dataset", "layer", "threshold")}
    headline |= {"images": len(rows), "images_without_box": len(test) - len(rows)}
    for kind, chosen in (("cam", maps["map"] == "cam"), ("grad_cam", maps["layer"] == settings["layer"])):
        entry = maps[chosen & (maps["map"] == kind)].iloc[0]
        mean_iou = by_layer.loc[(by_layer["map"] == kind) & (by_layer["layer"] == entry["layer"]), "mean_iou"].item()
        heatmaps = files.read_array(f"data/heatmaps/{entry['file']}")[rows]
        headline[kind] = {"mean_iou": mean_iou, "empty_maps": scores.empty_maps(heatmaps)}
    return headline | {"classification": {"top1": float((test["predicted"] == test["label"]).mean())}}


def write(dataset: str, headline: dict[str, Any], by_layer: pd.DataFrame, by_threshold: pd.DataFrame) -> None:
    files.write_json("metrics/localization.json", headline)
    for name, table in (("iou_by_layer", by_layer), ("iou_by_threshold", by_threshold)):
        with files.aside(f"plots/{name}.csv") as part:
            table.to_csv(part, index=False)
    picture = figures.svg(
        by_layer.assign(rev=dataset).to_dict("records"),
        "iou_by_layer",
        ".dvc/plots",
        x="layer",
        y="mean_iou",
        title="Mean IoU with the ground truth, by layer",
        x_label="layer, in the network's order",
        y_label=f"mean IoU at threshold {headline['threshold']}",
    )
    with files.aside("plots/iou_by_layer.svg") as part:
        part.write_text(picture)


def summary(headline: dict[str, Any]) -> str:
    """The headline in a line."""
    figures = {
        "CAM": headline["cam"],
        f"Grad-CAM at {headline['layer']}": headline["grad_cam"],
        "full-image box": headline["baselines"]["full_image"],
    }
    scored = ", ".join(f"{name} {figure['mean_iou']:.4f}" for name, figure in figures.items())
    return f"iou: mean IoU of {headline['images']} test images at threshold {headline['threshold']}: {scored}"


if __name__ == "__main__":
    run(main)
