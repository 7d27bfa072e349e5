"""Find which images each map localizes at which threshold, as MaxBoxAcc and MaxBoxAccV2 count it.

    python -m stages.max_box_acc

Reads   params (dataset, heatmaps.image_size, the dataset's image_size), data/heatmaps/
Writes  data/max_box_acc/: for each array of heatmaps one of (255, images, 4) bool, the thresholds and columns of
        `wsol.scores.max_box_acc.localized`
Takes   seconds for toy_dogs on 2 cores; every core is used

A stopped run is resumed from data/max_box_acc.partial/.
"""

import numpy as np

from stages.support import files, params, per_map
from stages.support.fingerprint import fingerprint
from stages.support.folders import resumable_folder
from stages.support.run import run
from stages.support.shards import Worker
from wsol.boxes.geometry import padded_boxes
from wsol.scores.max_box_acc import LEVELS, localized


def main() -> str:
    with resumable_folder("data/max_box_acc", fingerprint("max_box_acc")) as folder:
        per_map.fill(folder, make_worker, "localized")
    return f"max_box_acc: wrote data/max_box_acc ({len(per_map.names())} maps, {LEVELS} thresholds)"


def make_worker(threads: int) -> Worker:
    """The worker that finds which images heatmaps localize."""
    canvas_size = params.read("max_box_acc").canvas_size
    ground_truth_yxyx = padded_boxes(files.read_table(f"{per_map.HEATMAPS}/index.parquet")["boxes_yxyx"])

    def localize(heatmap: np.ndarray, row: int) -> np.ndarray:
        return localized(heatmap, canvas_size, ground_truth_yxyx[row])

    return per_map.image_worker(localize, threads)


if __name__ == "__main__":
    run(main)
