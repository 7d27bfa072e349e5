"""Score every box against the ground truth.

    python -m stages.iou

Reads   params (layer, threshold, ground_truth, boxes.thresholds, bootstrap, seed), data/heatmaps/, data/boxes/,
        data/max_box_acc/
Writes  metrics/localization.json    the headline
        metrics/claims.json          the paper's claims, each with a verdict
        tables/                      every score, comparison and breakdown, with intervals
        data/iou.parquet             one row for each test image and map
        data/coco/                   ground truth and predicted boxes, for other tools
        plots/iou_by_layer.csv and .svg, plots/iou_by_threshold.csv
Takes   seconds

Every choice is made on holdout and reported on test. Images without a ground-truth box are left out and counted.
"""

import functools
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stages.support import files, params
from stages.support.run import run
from wsol import baselines, bootstrap, claims, coco, figures, groups, iou, scores, tables
from wsol.errors import InputError
from wsol.tables import ScoredMap


class Images(NamedTuple):
    """The images of a split that have a ground-truth box."""

    index: pd.DataFrame  # their rows of the index, with top1_right and top5_right
    ground_truth_yxyx: np.ndarray  # (images, most, 4)
    left_out: int


def main() -> str:
    settings = params.read("iou")
    thresholds = np.array(params.grid(settings["boxes"]["thresholds"]))
    index, kinds, names = (files.read_table(f"data/heatmaps/{name}.parquet") for name in ("index", "maps", "classes"))
    params.check_layer(
        "layer", settings["layer"], kinds["layer"][kinds["map"] == "grad_cam"].tolist(), "heatmaps.layers"
    )
    holdout, test = images_of(index, "holdout"), images_of(index, "test")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        score = functools.partial(scored_map, settings, thresholds, holdout, test)
        maps = list(pool.map(score, kinds.to_dict("records")))
    counts = bootstrap.resampled(len(test.index), settings["bootstrap"]["draws"], settings["seed"])
    rule, classes = settings["ground_truth"], names["name"].tolist()
    found = made_tables(rule, maps, holdout, test, classes, counts)
    grad_cam = next(own for own in maps if (own.map, own.layer) == ("grad_cam", settings["layer"]))
    headline = (
        {name: settings[name] for name in ("dataset", "layer", "threshold")}
        | {"images": len(test.index), "images_without_box": test.left_out}
        | tables.headline(maps, grad_cam, found)
        | {"classification": {"top1": float(test.index["top1_right"].mean())}}
    )
    for own in (maps[0], grad_cam):
        headline[own.map]["empty_maps"] = empty_maps(own, test)
    judged = judged_claims(rule, thresholds, maps, test, counts)
    write_tables(found, claims.markdown(judged))
    at = params.threshold_index(thresholds, settings["threshold"])
    write_coco({own.map: own.boxes_yxyx[:, at] for own in (maps[0], grad_cam)}, test, classes)
    with files.aside("data/iou.parquet") as part:
        tables.images(maps, at, about(test, names["name"]), test.ground_truth_yxyx).to_parquet(part)
    write_plots(settings, thresholds, maps, found)
    files.write_json("metrics/claims.json", judged)
    files.write_json("metrics/localization.json", headline)
    return summary(headline)


def images_of(index: pd.DataFrame, split: str) -> Images:
    rows = index[index["split"] == split]
    ground_truth_yxyx = iou.padded_boxes(rows["boxes_yxyx"])
    there = iou.area(ground_truth_yxyx).any(axis=1)
    if not there.any():
        raise InputError(
            f"Expected ground-truth boxes, but no image of the {split} split has one: there is nothing to score."
        )
    rows = rows[there]
    in_top5 = (np.stack(rows["top5"]) == rows["label"].to_numpy()[:, None]).any(axis=1)
    rows = rows.assign(top1_right=rows["predicted"] == rows["label"], top5_right=in_top5)
    return Images(rows, ground_truth_yxyx[there], int((~there).sum()))


def scored_map(
    settings: dict[str, Any], thresholds: np.ndarray, holdout: Images, test: Images, kind: dict[str, Any]
) -> ScoredMap:
    """The scores of one map."""
    at = params.threshold_index(thresholds, settings["threshold"])
    boxes_yxyx, localized = (files.read_array(f"data/{name}/{kind['file']}") for name in ("boxes", "max_box_acc"))
    found, right = {}, {}
    for split, own in (("holdout", holdout), ("test", test)):
        rows = own.index.index
        ious = iou.iou_with_ground_truth(boxes_yxyx[rows], own.ground_truth_yxyx, settings["ground_truth"])
        found[split] = scores.Found(ious, localized[rows])
        right[split] = own.index["top1_right"].to_numpy(), own.index["top5_right"].to_numpy()

    def scored(choice: str, reported: str) -> dict[str, scores.Score]:
        return scores.transferred(found[choice], found[reported], thresholds, *right[reported])

    def fixed(split: str) -> dict[str, scores.Score]:
        return scores.fixed(found[split].ious[:, at], settings["threshold"], *right[split])

    return ScoredMap(
        **kind,
        boxes_yxyx=boxes_yxyx[test.index.index],
        ious=found["test"].ious,
        holdout_ious=found["holdout"].ious,
        scores=fixed("test") | scored("holdout", "test"),
        oracles=scored("test", "test"),
        holdout=fixed("holdout") | scored("holdout", "holdout"),
    )


def made_tables(
    rule: str, maps: list[ScoredMap], holdout: Images, test: Images, classes: list[str], counts: np.ndarray
) -> dict[str, pd.DataFrame]:
    """The tables, by name."""
    label, predicted = test.index["label"].to_numpy(), test.index["predicted"].to_numpy()
    grouped = groups.groups(label, classes, predicted, test.ground_truth_yxyx)
    return {
        "scores": tables.scores(maps, counts),
        "baselines": baseline_table(rule, holdout, test, counts),
        "comparisons": tables.comparisons(maps, counts),
        "breakdown": tables.breakdown(maps, grouped, counts),
    }


def baseline_table(rule: str, holdout: Images, test: Images, counts: np.ndarray) -> pd.DataFrame:
    right = test.index["top1_right"].to_numpy(), test.index["top5_right"].to_numpy()
    chosen, oracle = (baselines.boxes(own.ground_truth_yxyx, rule) for own in (holdout, test))

    def scored(boxes: dict[str, np.ndarray]) -> dict[str, dict[str, scores.Score]]:
        ious = {name: baselines.ious(box, test.ground_truth_yxyx, rule)[:, 0] for name, box in boxes.items()}
        return {name: scores.fixed(own, np.nan, *right) for name, own in ious.items()}

    return tables.baselines(chosen, scored(chosen), scored(oracle), counts)


def judged_claims(
    rule: str, thresholds: np.ndarray, maps: list[ScoredMap], test: Images, counts: np.ndarray
) -> list[claims.Claim]:
    """The paper's claims, which are of its own layer and thresholds, whatever params.yaml names."""

    def at(threshold: float, part: str) -> claims.Columns:
        return {
            "cam" if own.map == "cam" else own.layer: getattr(own, part)[:, place]
            for own in maps
            for place in np.flatnonzero(np.isclose(thresholds, threshold, rtol=0))
        }

    centred = {
        name: iou.iou_with_ground_truth(baselines.centred(boxes_yxyx)[:, None], test.ground_truth_yxyx, rule)[:, 0]
        for name, boxes_yxyx in at(claims.THRESHOLD, "boxes_yxyx").items()
        if name in ("cam", claims.LAYER)
    }
    return claims.judged(
        at(claims.THRESHOLD, "ious"),
        at(claims.LOW_THRESHOLD, "ious"),
        at(claims.THRESHOLD, "holdout_ious"),
        centred,
        {own.layer: own.height for own in maps if own.map == "grad_cam"},
        counts,
    )


def empty_maps(own: ScoredMap, test: Images) -> int:
    return scores.empty_maps(files.read_array(f"data/heatmaps/{own.file}")[test.index.index])


def about(test: Images, classes: pd.Series) -> pd.DataFrame:
    """What data/iou.parquet says of each image."""
    index = test.index.reset_index(drop=True)
    return pd.DataFrame(
        {
            "image": index["image"],
            "label": classes[index["label"]].to_numpy(),
            "predicted": classes[index["predicted"]].to_numpy(),
            "top1_right": index["top1_right"],
            "top5_right": index["top5_right"],
            "probability": index["probability"],
            "ground_truth_boxes": (iou.area(test.ground_truth_yxyx) > 0).sum(axis=1),
        }
    )


def write_tables(found: dict[str, pd.DataFrame], claims_table: str) -> None:
    with files.whole_folder("tables", "") as folder:
        for name, table in found.items():
            table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
        (folder / "claims.md").write_text(claims_table)


def write_coco(boxes_yxyx: dict[str, np.ndarray], test: Images, classes: list[str]) -> None:
    """The ground truth, and for each map its boxes at the fixed threshold, scored by the class's probability."""
    index, sizes = test.index, test.index[["height", "width"]].to_numpy()
    truth = coco.ground_truth(
        index["image"].tolist(), sizes, index["label"].to_numpy(), test.ground_truth_yxyx, classes
    )
    with files.whole_folder("data/coco", "") as folder:
        (folder / "ground_truth.json").write_text(json.dumps(truth))
        for name, own in boxes_yxyx.items():
            found = coco.results(own, sizes, index["mapped"].to_numpy(), index["probability"].to_numpy())
            (folder / f"predictions_{name}.json").write_text(json.dumps(found))


def write_plots(
    settings: dict[str, Any], thresholds: np.ndarray, maps: list[ScoredMap], found: dict[str, pd.DataFrame]
) -> None:
    """The data of the plots, and figure 1."""
    full_image = found["baselines"].query("baseline == 'full_image' and score == 'mean_iou'")["estimate"].item()
    by_layer = found["scores"].query("score == 'mean_iou'").drop(columns=["score", "oracle", "oracle_threshold"])
    by_layer = by_layer.rename(columns={"estimate": "mean_iou"}).assign(full_image_iou=full_image)
    curves = [
        pd.DataFrame({"map": own.map, "layer": own.layer, "threshold": thresholds, "mean_iou": own.ious.mean(axis=0)})
        for own in maps
    ]
    by_threshold = pd.concat(curves, ignore_index=True).assign(full_image_iou=full_image)
    for name, table in (("iou_by_layer", by_layer), ("iou_by_threshold", by_threshold)):
        with files.aside(f"plots/{name}.csv") as part:
            table.to_csv(part, index=False, float_format="%.6g")
    picture = figures.svg(
        by_layer.assign(rev=settings["dataset"]).to_dict("records"),
        "iou_by_layer",
        ".dvc/plots",
        x="layer",
        y="mean_iou",
        title="Mean IoU with the ground truth, by layer",
        x_label="layer, in the network's order",
        y_label=f"mean IoU at threshold {settings['threshold']}",
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
