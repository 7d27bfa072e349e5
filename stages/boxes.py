"""Draw a box on every heatmap at every threshold.

    python -m stages.boxes

Reads   params (dataset, boxes, heatmaps.image_size, the dataset's image size), data/heatmaps/
Writes  data/boxes/: for each array of heatmaps one of boxes_yxyx, (thresholds, images, 4)
        float32, fractions of the image, four zeros where there is none
Takes   seconds for toy_dogs on 2 cores; every core is used

A stopped run keeps the arrays that are finished, in data/boxes.partial/.
"""

import numpy as np

from stages.support import files, params, per_map
from stages.support.fingerprint import fingerprint
from stages.support.folders import resumable_folder
from stages.support.run import run
from wsol.boxes.heatmap_boxes import heatmap_boxes
from wsol.boxes.thresholds import grid


def main() -> str:
    settings = params.read("boxes")
    thresholds = grid(settings.boxes.thresholds.step, settings.boxes.thresholds.also)
    canvas_size = settings.canvas_size
    names = files.read_table(f"{per_map.HEATMAPS}/maps.parquet")["file"].tolist()

    def draw(heatmap: np.ndarray, _: int) -> np.ndarray:
        return heatmap_boxes(heatmap, thresholds, canvas_size, settings.boxes.component, settings.boxes.rectangle)

    with resumable_folder("data/boxes", fingerprint("boxes")) as folder:
        per_map.fill(folder, names, draw, "boxes")
    return f"boxes: wrote data/boxes ({len(names)} maps, {len(thresholds)} thresholds)"


if __name__ == "__main__":
    run(main)
