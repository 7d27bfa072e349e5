"""Score every box against the ground truth.

    python -m stages.iou

Reads   params (layer, threshold, ground_truth, boxes.thresholds, bootstrap, seed), data/heatmaps/, data/boxes/,
        data/max_box_acc/
Writes  metrics/localization.json    the headline
        metrics/claims.json          the paper's claims, each with a verdict
        tables/                      every score, comparison and breakdown, with intervals
        data/iou.parquet             one row for each test image and map
        data/coco/                   ground truth and predicted boxes, for other tools
        plots/*.csv                  the data of the plots
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
from tqdm import tqdm

from stages.support import files, params
from stages.support.run import run
from wsol.boxes import geometry
from wsol.data import coco
from wsol.errors import InputError
from wsol.pictures import plot_data
from wsol.scores import baselines, bootstrap, claims, groups, localization, tables
from wsol.scores.tables import ScoredMap


class Images(NamedTuple):
    """The images of a split that have a ground-truth box."""

    index: pd.DataFrame  # their rows of the index, with top1_right and top5_right
    ground_truth_yxyx: np.ndarray  # (images, most, 4)
    left_out: int


def main() -> str:
    settings = params.read("iou")
    thresholds = np.array(params.grid(settings["boxes"]["thresholds"]))
    kinds, classes, holdout, test = read(settings["layer"])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        score = functools.partial(scored_map, settings, thresholds, holdout, test)
        scored = tqdm(pool.map(score, kinds.to_dict("records")), "scores", len(kinds), unit=" maps", disable=None)
        maps = list(scored)
    pair = [maps[0], next(own for own in maps[1:] if own.layer == settings["layer"])]
    counts = bootstrap.resampled(len(test.index), settings["bootstrap"]["draws"], settings["seed"])
    found = made_tables(settings["ground_truth"], maps, holdout, test, classes, counts)
    headline = headline_figures(settings, maps, pair, test, found)
    judged = claims.of_maps(maps, thresholds, test.ground_truth_yxyx, settings["ground_truth"], counts)
    at = params.threshold_index(thresholds, settings["threshold"])
    images = tables.images(maps, at, about(test, classes), test.ground_truth_yxyx)
    recipe = files.fingerprint(settings)
    write_tables(recipe, found, claims.markdown(judged))
    write_coco(recipe, {own.map: own.boxes_yxyx[:, at] for own in pair}, test, classes)
    write_plots(thresholds, maps, pair, found, images)
    with files.aside("data/iou.parquet") as part:
        images.to_parquet(part)
    files.write_json("metrics/claims.json", judged)
    files.write_json("metrics/localization.json", headline)
    return summary(settings, len(test.index), plot_data.compared(pair, found["scores"], found["baselines"]))


def read(layer: str) -> tuple[pd.DataFrame, list[str], Images, Images]:
    """The maps there are, the classes' names, and the images of holdout and test."""
    index, kinds, names = (files.read_table(f"data/heatmaps/{name}.parquet") for name in ("index", "maps", "classes"))
    layers = kinds["layer"][kinds["map"] == "grad_cam"].tolist()
    params.check_layer("layer", layer, layers, "heatmaps.layers")
    return kinds, names["name"].tolist(), images_of(index, "holdout"), images_of(index, "test")


def images_of(index: pd.DataFrame, split: str) -> Images:
    rows = index[index["split"] == split]
    ground_truth_yxyx = geometry.padded_boxes(rows["boxes_yxyx"])
    there = geometry.area(ground_truth_yxyx).any(axis=1)
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
        ious = geometry.iou_with_ground_truth(boxes_yxyx[rows], own.ground_truth_yxyx, settings["ground_truth"])
        found[split] = localization.Found(ious, localized[rows])
        right[split] = own.index["top1_right"].to_numpy(), own.index["top5_right"].to_numpy()

    def scored(choice: str, reported: str) -> dict[str, localization.Score]:
        return localization.transferred(found[choice], found[reported], thresholds, *right[reported])

    def fixed(split: str) -> dict[str, localization.Score]:
        return localization.fixed(found[split].ious[:, at], settings["threshold"], *right[split])

    return ScoredMap(
        **kind,
        boxes_yxyx=boxes_yxyx[test.index.index],
        ious=found["test"].ious,
        holdout_ious=found["holdout"].ious,
        box_accs=found["test"].localized[..., 0].mean(axis=0),
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

    def scored(boxes: dict[str, np.ndarray]) -> dict[str, dict[str, localization.Score]]:
        ious = {name: baselines.ious(box, test.ground_truth_yxyx, rule)[:, 0] for name, box in boxes.items()}
        return {name: localization.fixed(own, np.nan, *right) for name, own in ious.items()}

    return tables.baselines(chosen, scored(chosen), scored(oracle), counts)


def headline_figures(
    settings: dict[str, Any],
    maps: list[ScoredMap],
    pair: list[ScoredMap],
    test: Images,
    found: dict[str, pd.DataFrame],
) -> dict[str, Any]:
    headline = {name: settings[name] for name in ("dataset", "layer", "threshold")}
    headline |= {"images": len(test.index), "images_without_box": test.left_out}
    headline |= tables.headline(maps, pair[1], found)
    for own in pair:
        heatmaps = files.read_array(f"data/heatmaps/{own.file}")[test.index.index]
        headline[own.map]["empty_maps"] = localization.empty_maps(heatmaps)
    return headline | {"classification": {"top1": float(test.index["top1_right"].mean())}}


def about(test: Images, classes: list[str]) -> pd.DataFrame:
    """What data/iou.parquet says of each image."""
    index, names = test.index.reset_index(drop=True), np.array(classes)
    return pd.DataFrame(
        {
            "image": index["image"],
            "label": names[index["label"]],
            "predicted": names[index["predicted"]],
            "top1_right": index["top1_right"],
            "top5_right": index["top5_right"],
            "probability": index["probability"],
            "ground_truth_boxes": (geometry.area(test.ground_truth_yxyx) > 0).sum(axis=1),
        }
    )


def write_tables(recipe: str, found: dict[str, pd.DataFrame], claims_table: str) -> None:
    with files.whole_folder("tables", recipe) as folder:
        for name, table in found.items():
            table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
        (folder / "claims.md").write_text(claims_table)


def write_coco(recipe: str, boxes_yxyx: dict[str, np.ndarray], test: Images, classes: list[str]) -> None:
    """The ground truth, and for each map its boxes at the fixed threshold, scored by the class's probability."""
    index, sizes = test.index, test.index[["height", "width"]].to_numpy()
    truth = coco.ground_truth(
        index["image"].tolist(), sizes, index["label"].to_numpy(), test.ground_truth_yxyx, classes
    )
    with files.whole_folder("data/coco", recipe) as folder:
        (folder / "ground_truth.json").write_text(json.dumps(truth))
        for name, own in boxes_yxyx.items():
            found = coco.results(own, sizes, index["mapped"].to_numpy(), index["probability"].to_numpy())
            (folder / f"predictions_{name}.json").write_text(json.dumps(found))


def write_plots(
    thresholds: np.ndarray,
    maps: list[ScoredMap],
    pair: list[ScoredMap],
    found: dict[str, pd.DataFrame],
    images: pd.DataFrame,
) -> None:
    drawn = {
        "iou_by_layer": plot_data.by_layer(maps, found["scores"], found["baselines"], pair[1].layer),
        "iou_by_threshold": plot_data.by_threshold(maps, thresholds, found["baselines"]),
        "compared": plot_data.compared(pair, found["scores"], found["baselines"]),
        "iou_by_image": plot_data.by_image(images, pair[1].layer),
        "confusion": plot_data.confusion(images),
    }
    for name, table in drawn.items():
        with files.aside(f"plots/{name}.csv") as part:
            table.to_csv(part, index=False, float_format="%.6g")


def summary(settings: dict[str, Any], images: int, compared: pd.DataFrame) -> str:
    """The headline as a table."""
    shown = compared.assign(
        threshold=compared["threshold"].replace({"fixed": str(settings["threshold"]), "none": ""}),
        mean_iou=compared["mean_iou"].map("{:.4f}".format),
        interval=[f"{row.low:.4f} to {row.high:.4f}" for row in compared.itertuples()],
    )
    shown = shown[["what", "threshold", "mean_iou", "interval"]]
    shown.columns = ["", "threshold", "mean IoU", "95 % interval"]
    wrote = "iou: wrote metrics/, tables/, plots/*.csv, data/iou.parquet and data/coco"
    return f"{wrote} ({images} test images of {settings['dataset']})\n{shown.to_string(index=False)}"


if __name__ == "__main__":
    run(main)
