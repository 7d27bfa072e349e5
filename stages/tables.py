"""Make the tables: every score with its interval, the comparisons, the study's claims. Nothing here depends on the map
and layer that are compared.

    python -m stages.tables

Reads   params (dataset, threshold, boxes.thresholds, bootstrap, seed), data/heatmaps/, data/boxes/, data/refined/,
        data/scores/
Writes  tables/                every score, comparison and breakdown, with intervals
        metrics/claims.json    the study's claims, each with a verdict
        data/claims.parquet    their values by image
        data/iou.parquet       one row for each test image and map, the baselines included
Takes   seconds for toy_dogs; half a minute for 100 maps of 10,000 images

Every choice is made on holdout and reported on test. Images without a ground-truth box are left out. If no image of
holdout has one, the fixed threshold stands for the chosen ones. If no image of test has one, the tables have no rows,
and data/iou.parquet has the boxes of all images without an IoU.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from stages.support import files, params
from stages.support.folders import aside
from stages.support.maps import read_maps
from stages.support.run import run
from wsol.boxes.thresholds import grid, index_of
from wsol.maps.keys import CAM, KEY, NO_LAYER, UNREFINED, Key
from wsol.scores import bootstrap, claims, groups, tables
from wsol.scores.baselines import CENTRE_BOX, EDGES, among_maps
from wsol.scores.images import Images, image_info, remarks, reported_images, scored_images
from wsol.scores.leaderboard import COLUMNS as LEADERBOARD_COLUMNS
from wsol.scores.leaderboard import leaderboard
from wsol.scores.localization import at_threshold, with_fixed

COVERED = (
    "Each verdict is for these {} test images and this one training. "
    "`python -m stages.trainings` compares trainings that differ in their seed."
)
SHOWN = ("mean_iou", "mean_iou_chosen")  # the scores of data/iou.parquet

Tables = dict[str, pd.DataFrame]
Splits = dict[str, Images]


def main() -> str:
    settings = params.read("tables")
    index, classes = (files.read_table(f"data/heatmaps/{name}.parquet") for name in ("index", "classes"))
    maps, names = read_maps(), classes["name"].tolist()
    images = {split: scored_images(index, split) for split in ("holdout", "test")}
    thresholds = grid(settings.boxes.thresholds.step, settings.boxes.thresholds.also)
    scores = read_scores(thresholds, settings.threshold, maps, images)
    counts = bootstrap.resampled(len(images["test"].index), settings.bootstrap.draws, settings.seed)

    boxes = files.read_table("data/scores/baselines.parquet")
    scored = len(images["test"].index) > 0
    made = make_tables(scores, boxes, images["test"], names, counts, settings.seed) if scored else empty_tables()
    judged = claims.judged(read_claimed_scores(thresholds, maps, images), maps, counts)
    write_tables(made, f"{claims.markdown(judged)}\n{COVERED.format(len(images['test'].index))}\n")
    write_claims(judged, images["test"].index["image"])
    reported = reported_images(index, "test")
    by_image = scores if scored else without_iou(scores, settings.threshold, len(reported.index))
    of_maps = images_of_maps(thresholds, settings.threshold, maps, reported, names, by_image)
    write_images(itertools.chain(of_maps, images_of_baselines(boxes, reported, names)))
    wrote = f"tables: wrote tables/, metrics/claims.json and data/iou.parquet ({len(maps)} maps)"
    return "; ".join([wrote, *remarks(images["holdout"], images["test"])])


# ---------------------------------------------------------------- read


def read_scores(
    thresholds: list[float], threshold: float, maps: pd.DataFrame, images: dict[str, Images]
) -> pd.DataFrame:
    """The tidy table of scores: those at the fixed threshold and those at thresholds chosen on holdout, map by map."""
    fixed = fixed_scores(thresholds, threshold, maps, images)
    table = pd.concat([fixed, with_fixed(files.read_table("data/scores/chosen.parquet"), fixed)])
    places = {key: place for place, key in enumerate(keys_of(maps))}
    table["place"] = [places[key] for key in keys_of(table)]
    return table.sort_values("place", kind="stable", ignore_index=True).drop(columns="place")


def read_claimed_scores(thresholds: list[float], maps: pd.DataFrame, images: Splits) -> pd.DataFrame:
    """The rows of the tidy table that the study's claims are about."""
    maps = maps[maps["map"].isin([CAM, "grad_cam"]) & (maps["refinement"] == UNREFINED)]
    claimed = [threshold for threshold in (claims.THRESHOLD, claims.LOW_THRESHOLD) if threshold in thresholds]
    tables = [fixed_scores(thresholds, threshold, maps, images) for threshold in claimed]
    table = pd.concat([*tables, files.read_table("data/scores/chosen.parquet")], ignore_index=True)
    return table[table["score"].isin(["mean_iou", "mean_iou_chosen"])]


def fixed_scores(
    thresholds: list[float], threshold: float, maps: pd.DataFrame, images: dict[str, Images]
) -> pd.DataFrame:
    """Scores of boxes drawn at one threshold of the grid; a refined map has one box, whatever the threshold."""
    tables = []
    for row in maps.to_dict("records"):
        drawn = row["refinement"] == UNREFINED
        ious = files.read_array(f"data/scores/{row['file']}")[index_of(thresholds, threshold) if drawn else 0]
        key, written = {name: row[name] for name in KEY}, threshold if drawn else np.nan
        for split, scored in images.items():
            tables.append(at_threshold(ious[scored.rows], written, *scored.right).assign(split=split, **key))
    return pd.concat(tables, ignore_index=True)


def keys_of(table: pd.DataFrame) -> list[Key]:
    return list(table[KEY].itertuples(index=False, name=None))


# ---------------------------------------------------------------- compute and write


def make_tables(
    scores: pd.DataFrame, boxes: pd.DataFrame, test: Images, classes: list[str], counts: np.ndarray, seed: int
) -> Tables:
    """The tables by name. `boxes` are the baselines."""
    labels, predicted = test.index["label"].to_numpy(), test.index["predicted"].to_numpy()
    grouped = groups.groups(labels, classes, predicted, test.ground_truth_yxyx)
    on_test, on_holdout = (scores[scores["split"] == split] for split in ("test", "holdout"))
    (centre_box,) = boxes.loc[(boxes["baseline"] == CENTRE_BOX) & (boxes["score"] == "mean_iou"), "values"]
    shown = pd.concat([on_test, among_maps(boxes)], ignore_index=True)
    return {
        "leaderboard": leaderboard(on_test, on_holdout, centre_box, counts),
        "scores": tables.scores(on_test, on_holdout, counts),
        "baselines": tables.with_intervals(boxes, counts),
        "comparisons": tables.comparisons(on_test, on_holdout, centre_box, counts, seed),
        "breakdown": tables.breakdown(shown[shown["score"].isin(SHOWN)], grouped, counts),
    }


def empty_tables() -> Tables:
    """The tables without a row, where there is nothing to score."""
    columns = {"leaderboard": LEADERBOARD_COLUMNS, **tables.COLUMNS}
    return {name: pd.DataFrame(columns=names) for name, names in columns.items()}


def without_iou(scores: pd.DataFrame, threshold: float, images: int) -> pd.DataFrame:
    """Scores of images that have none: NaN, all at the fixed threshold."""
    return scores.assign(threshold=threshold, values=[np.full(images, np.nan)] * len(scores))


def write_tables(made: Tables, claims_table: str) -> None:
    for name, table in made.items():
        files.write_csv(f"tables/{name}.csv", table)
    with aside("tables/claims.md") as part:
        part.write_text(claims_table, encoding="utf8")


def write_claims(judged: list[claims.Claim], images: pd.Series) -> None:
    files.write_json("metrics/claims.json", claims.without_values(judged))
    with aside("data/claims.parquet") as part:
        claims.values_by_image(judged, images).to_parquet(part)


def write_images(parts: Iterable[pd.DataFrame]) -> None:
    """Write data/iou.parquet map by map, since all maps together may not fit into memory."""
    writer: pq.ParquetWriter | None = None
    with aside("data/iou.parquet") as part:
        for table in parts:
            rows = pa.Table.from_pandas(table, preserve_index=False)
            writer = writer or pq.ParquetWriter(part, rows.schema)
            writer.write_table(rows)
        if writer:
            writer.close()


def images_of_maps(
    thresholds: list[float],
    threshold: float,
    maps: pd.DataFrame,
    test: Images,
    classes: list[str],
    scores: pd.DataFrame,
) -> Iterator[pd.DataFrame]:
    """A row an image, map by map.

    `threshold` is the fixed one. The chosen ones are in the tidy table `scores`.
    """
    on_test = scores[(scores["split"] == "test") & scores["score"].isin(SHOWN)].set_index([*KEY, "score"])
    info = image_info(test, classes)
    for row in tqdm(maps.to_dict("records"), "images", unit=" maps", disable=None):
        key: Key = (row["map"], row["layer"], row["refinement"])
        fixed, chosen = (on_test.loc[(*key, score)] for score in SHOWN)
        boxes, chosen_boxes = (
            boxes_at(row, thresholds, level)[test.rows] for level in (threshold, chosen["threshold"])
        )
        yield tables.images_of_map(
            info, key, fixed["values"], chosen["values"], boxes, chosen_boxes, test.ground_truth_yxyx
        )


def images_of_baselines(boxes: pd.DataFrame, test: Images, classes: list[str]) -> Iterator[pd.DataFrame]:
    """A row an image, baseline by baseline."""
    info = image_info(test, classes)
    for row in boxes[boxes["score"] == "mean_iou"].to_dict("records"):
        ious = row["values"] if len(row["values"]) else np.full(len(info), np.nan)
        # float32 as the maps' boxes
        boxes_yxyx = np.tile(np.array([row[edge] for edge in EDGES], np.float32), (len(info), 1))
        key: Key = (row["baseline"], NO_LAYER, UNREFINED)
        yield tables.images_of_map(info, key, ious, ious, boxes_yxyx, boxes_yxyx, test.ground_truth_yxyx)


def boxes_at(row: dict[str, Any], thresholds: list[float], threshold: float) -> np.ndarray:
    """A map's boxes (images, 4) at a threshold; those of a refined map, which has no threshold."""
    boxes_yxyx = files.read_array(row["boxes"])
    return boxes_yxyx[index_of(thresholds, threshold) if row["refinement"] == UNREFINED else 0]


if __name__ == "__main__":
    run(main)
