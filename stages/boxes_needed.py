"""Find how many images with boxes it takes to choose a map, a layer and a threshold. Nothing here depends on the map,
layer and threshold that are compared.

    python -m stages.boxes_needed

Reads   params (seed, boxes.thresholds), data/heatmaps/, data/refined/, data/scores/
Writes  tables/boxes_needed.csv    mean IoU on test of the choice on k images of holdout, by candidates and k
        plots/boxes_needed.csv     the same beside what no choice, the centre box and the best choice in hindsight give
Takes   seconds

Images without a ground-truth box are left out. If no image of holdout or none of test has one, the tables have no rows.
"""

from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from stages.support import files, params
from stages.support.maps import read_maps
from stages.support.run import run
from wsol.boxes.thresholds import grid, index_of
from wsol.maps.keys import FUSION, KEY, UNREFINED
from wsol.scores import boxes_needed
from wsol.scores.baselines import CENTRE_BOX
from wsol.scores.images import Images, remarks, scored_images

REPEATS = 200  # draws of each number of images
FIXED_MAP, FIXED_THRESHOLD = ("layer_cam", FUSION, UNREFINED), 0.1  # the map and threshold where nothing is chosen

# columns of plots/boxes_needed.csv beside those of the table: what the choice is compared with
LINES = ["nothing_chosen_iou", "centre_box_iou", "hindsight_iou"]


def main() -> str:
    settings = params.read("boxes_needed")
    thresholds = grid(settings.boxes.thresholds.step, settings.boxes.thresholds.also)
    index, maps = files.read_table("data/heatmaps/index.parquet"), read_maps()
    images = {split: scored_images(index, split) for split in ("holdout", "test")}
    table = pd.DataFrame(columns=[*boxes_needed.COLUMNS, *LINES])
    if all(len(scored.index) for scored in images.values()):
        means = [read_ious(row, images["test"]).mean(axis=1) for row in maps.to_dict("records")]
        table = choices_by_size(maps, images["holdout"], means, settings.seed)
        table = table.assign(**dict(zip(LINES, lines(maps, means, thresholds), strict=True)))
    files.write_csv("tables/boxes_needed.csv", table.drop(columns=["role", *LINES]))
    files.write_csv("plots/boxes_needed.csv", table)
    wrote = f"boxes_needed: wrote tables/boxes_needed.csv and plots/boxes_needed.csv ({len(maps)} maps)"
    return "; ".join([wrote, *remarks(images["holdout"], images["test"])])


def choices_by_size(maps: pd.DataFrame, holdout: Images, means: list[np.ndarray], seed: int) -> pd.DataFrame:
    """What the choice on k images of holdout gives. The IoUs are read map by map, which bounds the memory.

    `means` are each map's mean IoUs (thresholds,) on test.
    """
    drawn = boxes_needed.draws(len(holdout.index), REPEATS, seed)
    rows = tqdm(maps.to_dict("records"), "boxes_needed", unit=" maps", disable=None)
    choices = [
        boxes_needed.choices(read_ious(row, holdout), of_map, drawn) for row, of_map in zip(rows, means, strict=True)
    ]
    highest, reported = (np.stack(values) for values in zip(*choices, strict=True))  # (maps, draws)
    return boxes_needed.table(maps, highest, reported, drawn)


def lines(maps: pd.DataFrame, means: list[np.ndarray], thresholds: list[float]) -> tuple[float, float, float]:
    """The values of LINES: mean IoU on test, NaN of a fixed choice that is not drawn."""
    fixed = np.flatnonzero((maps[KEY] == list(FIXED_MAP)).all(axis=1))
    drawn = len(fixed) > 0 and FIXED_THRESHOLD in thresholds
    nothing_chosen = means[fixed[0]][index_of(thresholds, FIXED_THRESHOLD)] if drawn else np.nan
    boxes = files.read_table("data/scores/baselines.parquet")
    (centre_box,) = boxes.loc[(boxes["baseline"] == CENTRE_BOX) & (boxes["score"] == "mean_iou"), "values"]
    return nothing_chosen, np.mean(centre_box), max(values.max() for values in means)


def read_ious(row: dict[str, Any], images: Images) -> np.ndarray:
    """The IoUs (thresholds, images) of a map on the images of a split."""
    return files.read_array(f"data/scores/{row['file']}")[:, images.rows]


if __name__ == "__main__":
    run(main)
