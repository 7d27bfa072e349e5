"""Report the scores: the headline, tables with intervals, the paper's claims and the data of the plots.

    python -m stages.report

Reads   params (dataset, map, layer, threshold, boxes.thresholds, bootstrap, seed), data/heatmaps/, data/boxes/,
        data/scores/
Writes  metrics/localization.json    the headline
        metrics/claims.json          the paper's claims, each with a verdict
        tables/                      every score, comparison and breakdown, with intervals
        data/iou.parquet             one row for each test image and map
        data/coco/                   ground truth and predicted boxes, for other tools
        plots/*.csv                  the data of the plots
Takes   seconds

Every choice is made on holdout and reported on test. Images without a ground-truth box are left out and counted.
"""

import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from stages.support import files, params
from stages.support.folders import aside, fresh_folder
from stages.support.run import run
from wsol.boxes.thresholds import grid, index_of
from wsol.data import coco
from wsol.pictures import plot_data
from wsol.scores import bootstrap, claims, groups, headline, tables
from wsol.scores.images import Images, image_info, scored_images
from wsol.scores.localization import KEY, at_threshold, empty_maps, of_map

Key = tuple[str, str, str]
Tables = dict[str, pd.DataFrame]
Splits = dict[str, Images]


def main() -> str:
    settings = params.read("report")
    maps, index, classes = (files.read_table(f"data/heatmaps/{name}.parquet") for name in ("maps", "index", "classes"))
    images = {split: scored_images(index, split) for split in ("holdout", "test")}
    test, info = images["test"], image_info(images["test"], classes["name"].tolist())
    cam, compared = compared_keys(settings, maps)

    thresholds = grid(settings.boxes.thresholds.step, settings.boxes.thresholds.also)
    scores = read_scores(thresholds, settings.threshold, maps, images)
    counts = bootstrap.resampled(len(info), settings.bootstrap.draws, settings.seed)
    made = make_tables(scores, test, classes["name"].tolist(), counts, settings.seed)
    judged = claims.judged(read_claimed_scores(thresholds, maps, images), maps, counts)
    holdout = scores[(scores["split"] == "holdout") & (scores["score"] == "mean_iou_chosen")]
    figures = headline.headline(cam, compared, made, holdout)
    shown = write_images(index_of(thresholds, settings.threshold), maps, info, test, scores, (cam, compared))

    write_tables(made, claims.markdown(judged))
    write_coco(shown[cam], shown[compared], test, classes["name"].tolist())
    write_plots(shown[cam], shown[compared], maps, info, made)
    files.write_json("metrics/claims.json", judged)
    files.write_json("metrics/localization.json", with_context(figures, settings, maps, test))
    return summary(settings, len(info), plot_data.compared_maps([cam, compared], made["scores"], made["baselines"]))


# ---------------------------------------------------------------- read


def compared_keys(settings: params.Params, maps: pd.DataFrame) -> tuple[Key, Key]:
    """The keys of CAM and of the map that params.yaml compares with it."""
    layers = maps.loc[(maps["map"] == settings.map) & (maps["refinement"] == "none"), "layer"].tolist()
    params.check_layer("layer", settings.layer, layers, f"the maps drawn of {settings.map}")
    cam = maps[(maps["map"] == "cam") & (maps["refinement"] == "none")].iloc[0]
    return ("cam", cam["layer"], "none"), (settings.map, settings.layer, "none")


def read_scores(
    thresholds: list[float], threshold: float, maps: pd.DataFrame, images: dict[str, Images]
) -> pd.DataFrame:
    """The tidy table of scores: those at the fixed threshold and those at thresholds chosen on holdout, map by map."""
    table = pd.concat(
        [fixed_scores(thresholds, threshold, maps, images), files.read_table("data/scores/chosen.parquet")]
    )
    places = {key: place for place, key in enumerate(keys_of(maps))}
    table["place"] = [places[key] for key in keys_of(table)]
    return table.sort_values("place", kind="stable", ignore_index=True).drop(columns="place")


def read_claimed_scores(thresholds: list[float], maps: pd.DataFrame, images: Splits) -> pd.DataFrame:
    """The rows of the tidy table that the paper's claims are about."""
    maps = maps[maps["map"].isin(["cam", "grad_cam"])]
    claimed = [threshold for threshold in (claims.THRESHOLD, claims.LOW_THRESHOLD) if threshold in thresholds]
    tables = [fixed_scores(thresholds, threshold, maps, images) for threshold in claimed]
    table = pd.concat([*tables, files.read_table("data/scores/chosen.parquet")], ignore_index=True)
    return table[table["score"].isin(["mean_iou", "mean_iou_chosen"])]


def fixed_scores(
    thresholds: list[float], threshold: float, maps: pd.DataFrame, images: dict[str, Images]
) -> pd.DataFrame:
    """Scores of boxes drawn at one threshold of the grid."""
    tables = []
    for row in maps.to_dict("records"):
        ious = files.read_array(f"data/scores/{row['file']}")[index_of(thresholds, threshold)]
        key = {name: row[name] for name in KEY}
        for split, scored in images.items():
            tables.append(at_threshold(ious[scored.rows], threshold, *scored.right).assign(split=split, **key))
    return pd.concat(tables, ignore_index=True)


def keys_of(table: pd.DataFrame) -> list[Key]:
    return list(table[KEY].itertuples(index=False, name=None))


# ---------------------------------------------------------------- compute


def make_tables(scores: pd.DataFrame, test: Images, classes: list[str], counts: np.ndarray, seed: int) -> Tables:
    """The tables by name."""
    labels, predicted = test.index["label"].to_numpy(), test.index["predicted"].to_numpy()
    grouped = groups.groups(labels, classes, predicted, test.ground_truth_yxyx)
    on_test, on_holdout = (scores[scores["split"] == split] for split in ("test", "holdout"))
    return {
        "scores": tables.scores(on_test, counts),
        "baselines": tables.with_intervals(files.read_table("data/scores/baselines.parquet"), counts),
        "comparisons": tables.comparisons(on_test, on_holdout, counts, seed),
        "breakdown": tables.breakdown(on_test[on_test["score"] == "mean_iou"], grouped, counts),
    }


def with_context(figures: dict[str, Any], settings: params.Params, maps: pd.DataFrame, test: Images) -> dict[str, Any]:
    """The headline with what it is of: the compared map, the images, and the classifier's accuracy."""
    context = {name: getattr(settings, name) for name in ("dataset", "map", "layer", "threshold")}
    context |= {"images": len(test.index), "images_without_box": test.left_out}
    for name, key in zip(("cam", "compared"), compared_keys(settings, maps), strict=True):
        heatmaps = files.read_array(f"data/heatmaps/{of_map(maps, key)['file'].iloc[0]}")
        figures[name]["empty_maps"] = int(empty_maps(heatmaps)[test.rows].sum())
    return context | figures | {"classification": {"top1": float(test.index["top1_right"].mean())}}


# ---------------------------------------------------------------- write


def write_images(
    level: int, maps: pd.DataFrame, info: pd.DataFrame, test: Images, scores: pd.DataFrame, shown: tuple[Key, Key]
) -> dict[Key, pd.DataFrame]:
    """Write data/iou.parquet map by map, since all maps together may not fit into memory; returns the shown maps.

    `level` is the index of the fixed threshold.
    """
    values = scores[scores["split"] == "test"].set_index([*KEY, "score"])["values"]
    compared: dict[Key, pd.DataFrame] = {}
    writer: pq.ParquetWriter | None = None
    with aside("data/iou.parquet") as part:
        for key, file in zip(keys_of(maps), tqdm(maps["file"], "images", unit=" maps", disable=None), strict=True):
            boxes_yxyx = files.read_array(f"data/boxes/{file}")[level][test.rows]
            ious, ious_chosen = (values[(*key, score)] for score in ("mean_iou", "mean_iou_chosen"))
            table = tables.images_of_map(info, key, ious, ious_chosen, boxes_yxyx, test.ground_truth_yxyx)
            rows = pa.Table.from_pandas(table, preserve_index=False)
            writer = writer or pq.ParquetWriter(part, rows.schema)
            writer.write_table(rows)
            if key in shown:
                compared[key] = table
        if writer:
            writer.close()
    return compared


def write_tables(made: Tables, claims_table: str) -> None:
    with fresh_folder("tables") as folder:
        for name, table in made.items():
            files.write_csv(folder / f"{name}.csv", table)
        (folder / "claims.md").write_text(claims_table, encoding="utf8")


def write_coco(cam: pd.DataFrame, compared: pd.DataFrame, test: Images, classes: list[str]) -> None:
    """The ground truth, and each map's boxes at the fixed threshold, scored by the class's probability."""
    index, sizes = test.index, test.index[["height", "width"]].to_numpy()
    truth = coco.ground_truth(
        index["image"].tolist(), sizes, index["label"].to_numpy(), test.ground_truth_yxyx, classes
    )
    with fresh_folder("data/coco") as folder:
        (folder / "ground_truth.json").write_text(json.dumps(truth), encoding="utf8")
        for name, table in (("cam", cam), ("compared", compared)):
            boxes_yxyx = table[["ymin", "xmin", "ymax", "xmax"]].to_numpy()
            results = coco.results(boxes_yxyx, sizes, index["mapped"].to_numpy(), index["probability"].to_numpy())
            (folder / f"predictions_{name}.json").write_text(json.dumps(results), encoding="utf8")


def write_plots(
    cam: pd.DataFrame, compared: pd.DataFrame, maps: pd.DataFrame, info: pd.DataFrame, made: Tables
) -> None:
    keys = [keys_of(table.head(1))[0] for table in (cam, compared)]
    means = files.read_table("data/scores/thresholds.parquet")
    drawn = {
        "iou_by_layer": plot_data.by_layer(maps, made["scores"], made["baselines"], keys[1]),
        "iou_by_threshold": plot_data.by_threshold(means, made["baselines"], keys[1]),
        "compared": plot_data.compared_maps(keys, made["scores"], made["baselines"]),
        "iou_by_image": plot_data.by_image(cam, compared),
        "confusion": plot_data.confusion(info),
    }
    for name, table in drawn.items():
        files.write_csv(f"plots/{name}.csv", table)


def summary(settings: params.Params, images: int, compared: pd.DataFrame) -> str:
    """The headline as a table."""
    shown = compared.assign(
        threshold=compared["threshold"].replace({"fixed": str(settings.threshold), "none": ""}),
        mean_iou=compared["mean_iou"].map("{:.4f}".format),
        interval=[f"{row.low:.4f} to {row.high:.4f}" for row in compared.itertuples()],
    )
    shown = shown[["what", "threshold", "mean_iou", "interval"]]
    shown.columns = ["", "threshold", "mean IoU", "95 % interval"]
    wrote = "report: wrote metrics/, tables/, plots/*.csv, data/iou.parquet and data/coco"
    return f"{wrote} ({images} test images of {settings.dataset})\n{shown.to_string(index=False)}"


if __name__ == "__main__":
    run(main)
