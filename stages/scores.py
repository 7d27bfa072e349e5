"""Score every box of every map against the ground truth. Nothing here depends on the map that is compared.

    python -m stages.scores

Reads   params (dataset, ground_truth, boxes.thresholds), data/heatmaps/, data/boxes/, data/refined/,
        data/max_box_acc/
Writes  data/scores/: an array of IoUs a map, (thresholds, rows of the index) float64;
        chosen.parquet, the scores whose thresholds are chosen on holdout, with one value an image. A refined map has
        one box, and so one row of IoUs and no threshold;
        thresholds.parquet, mean IoU and MaxBoxAcc's accuracy of each map at each threshold, on test;
        baselines.parquet, the scores of the boxes that do not look at the image
Takes   seconds for toy_dogs

Every choice is made on holdout and reported on test. Images without a ground-truth box are left out. If no image of
holdout has one, the scores whose thresholds are chosen are NaN.
"""

import functools
import os
import pathlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from stages.support import files, params
from stages.support.fingerprint import fingerprint
from stages.support.folders import aside, resumable_folder
from stages.support.maps import read_maps
from stages.support.run import run
from wsol.boxes.geometry import iou_with_ground_truth, padded_boxes
from wsol.boxes.thresholds import grid
from wsol.maps.keys import KEY, UNREFINED
from wsol.scores import baselines
from wsol.scores.images import Images, mean_of_images, remarks, scored_images
from wsol.scores.localization import Localizations, at_best_thresholds, hits_of_boxes, with_oracle

SPLITS = ("holdout", "test")
NO_THRESHOLD = np.array([np.nan])  # of a refined map, which has one box

Splits = dict[str, Images]
Row = dict[str, Any]
Overlaps = Callable[[Row], np.ndarray]


def main() -> str:
    settings = params.read("scores")
    thresholds = np.array(grid(settings.boxes.thresholds.step, settings.boxes.thresholds.also))
    index, maps = files.read_table("data/heatmaps/index.parquet"), read_maps()
    images = {split: scored_images(index, split) for split in SPLITS}
    with resumable_folder("data/scores", fingerprint("scores")) as folder:
        overlaps = functools.partial(read_ious, folder, padded_boxes(index["boxes_yxyx"]), settings.ground_truth)
        scored = functools.partial(scores_of_map, images, thresholds, overlaps)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = pool.map(scored, maps.to_dict("records"))
            tables = list(tqdm(results, "scores", len(maps), unit=" maps", disable=None))
        write(folder, "chosen", pd.concat([chosen for chosen, _ in tables], ignore_index=True))
        write(folder, "thresholds", pd.concat([means for _, means in tables], ignore_index=True))
        write(folder, "baselines", baseline_scores(images, settings.ground_truth))
    wrote = f"scores: wrote data/scores ({len(maps)} maps, {len(thresholds)} thresholds)"
    return "; ".join([wrote, *remarks(images["holdout"], images["test"])])


def scores_of_map(
    images: Splits, thresholds: np.ndarray, overlaps: Overlaps, row: Row
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A map's scores with thresholds chosen on holdout, and its means at each threshold.

    Args:
        images: of each split.
        thresholds: of the boxes.
        overlaps: from a row of the table of maps to the map's IoUs (thresholds, rows of the index).
        row: of the table of maps.
    """
    ious, key = overlaps(row), {name: row[name] for name in KEY}
    if row["refinement"] == UNREFINED:
        splits = localizations(images, ious, files.read_array(f"data/max_box_acc/{row['file']}"))
        oracle = at_best_thresholds(splits["test"], splits["test"], thresholds)
        chosen = chosen_scores(splits, thresholds, oracle)
        return chosen.assign(**key), means(splits["test"], thresholds).assign(**key)
    splits = localizations(images, ious, hits_of_boxes(ious))
    return chosen_scores(splits, NO_THRESHOLD).assign(**key), pd.DataFrame()


def localizations(images: Splits, ious: np.ndarray, hits: np.ndarray) -> dict[str, Localizations]:
    """How a map's boxes overlap the ground truth of each split."""
    return {
        split: Localizations(ious[:, scored.rows], hits[:, scored.rows], *scored.right)
        for split, scored in images.items()
    }


def chosen_scores(
    splits: dict[str, Localizations], thresholds: np.ndarray, oracle: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The scores of both splits with thresholds chosen on holdout; those of test have an oracle if one is given."""
    holdout, test = (at_best_thresholds(splits["holdout"], splits[split], thresholds) for split in SPLITS)
    test = test if oracle is None else with_oracle(test, oracle)
    return pd.concat([holdout.assign(split="holdout"), test.assign(split="test")], ignore_index=True)


def means(test: Localizations, thresholds: np.ndarray) -> pd.DataFrame:
    """Mean IoU and MaxBoxAcc's accuracy at each threshold."""
    accuracies = mean_of_images(test.hits[..., 0])  # (levels,)
    # wsolevaluation rounds thresholds down to whole grey levels
    levels = (thresholds * len(accuracies)).astype(int)
    columns = {"threshold": thresholds, "mean_iou": mean_of_images(test.ious), "box_acc": accuracies[levels]}
    return pd.DataFrame(columns)


def read_ious(folder: pathlib.Path, ground_truth_yxyx: np.ndarray, rule: str, row: Row) -> np.ndarray:
    """The IoUs (thresholds, rows of the index) float64 of a map's boxes, computed unless they are in the folder."""
    file = row["file"]
    if not (folder / file).is_file():
        boxes_yxyx = files.read_array(row["boxes"])
        with aside(folder / file) as part:
            ious = files.new_array(part, np.float64, boxes_yxyx.shape[:2])
            for values, boxes in zip(ious, boxes_yxyx, strict=True):  # a threshold at a time bounds the memory
                values[:] = iou_with_ground_truth(boxes, ground_truth_yxyx, rule)
    return np.load(folder / file, mmap_mode="r")


def baseline_scores(images: Splits, rule: str) -> pd.DataFrame:
    """The baselines' scores on test: of the boxes chosen on holdout, and as `oracle` of those chosen on test."""
    test = images["test"]
    tables = [
        baselines.scores(
            baselines.chosen_boxes(images[split].ground_truth_yxyx, rule), test.ground_truth_yxyx, rule, *test.right
        )
        for split in SPLITS
    ]
    key = ["baseline", "score"]
    means = tables[1].set_index(key)["values"].map(lambda values: float(mean_of_images(values)))
    return tables[0].assign(oracle=means.reindex(pd.MultiIndex.from_frame(tables[0][key])).to_numpy())


def write(folder: pathlib.Path, name: str, table: pd.DataFrame) -> None:
    with aside(folder / f"{name}.parquet") as part:
        table.to_parquet(part)


if __name__ == "__main__":
    run(main)
