"""Draw a box on every heatmap at every threshold.

    python -m stages.boxes

Reads   params (dataset, boxes, heatmaps.image_size, the dataset's image size), data/heatmaps/
Writes  data/boxes/: for each array of heatmaps one of boxes_yxyx, (thresholds, images, 4)
        float32, fractions of the image, four zeros where there is none
Takes   seconds for toy_dogs on 2 cores; every core is used

A stopped run is resumed from data/boxes.partial/.
"""

import numpy as np

from stages.support import params, per_map
from stages.support.fingerprint import fingerprint
from stages.support.folders import resumable_folder
from stages.support.run import run
from stages.support.shards import Worker
from wsol.boxes.heatmap_boxes import heatmap_boxes
from wsol.boxes.thresholds import grid


def main() -> str:
    boxes = params.read("boxes").boxes
    thresholds = grid(boxes.thresholds.step, boxes.thresholds.also)
    with resumable_folder("data/boxes", fingerprint("boxes")) as folder:
        per_map.fill(folder, make_worker, "boxes")
    return f"boxes: wrote data/boxes ({len(per_map.names())} maps, {len(thresholds)} thresholds)"


def make_worker(threads: int) -> Worker:
    """The worker that gives the boxes of heatmaps."""
    settings = params.read("boxes")
    boxes, canvas_size = settings.boxes, settings.canvas_size
    thresholds = grid(boxes.thresholds.step, boxes.thresholds.also)

    def draw(heatmap: np.ndarray, _: int) -> np.ndarray:
        return heatmap_boxes(heatmap, thresholds, canvas_size, boxes.component, boxes.rectangle)

    return per_map.image_worker(draw, threads)


if __name__ == "__main__":
    run(main)
