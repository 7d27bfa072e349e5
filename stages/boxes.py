"""Draw a box on every heatmap at every threshold.

    python -m stages.boxes

Reads   params (boxes, the dataset's image size), data/heatmaps/
Writes  data/boxes/: for each array of heatmaps one of boxes_yxyx, (images, thresholds, 4)
        float32, fractions of the image, four zeros where there is none
Takes   seconds for toy_dogs on 2 cores; every core is used

Arrays that a stopped run had finished lie in data/boxes.partial/ and are kept.
"""

import numpy as np

from stages.support import files, maps, params
from stages.support.run import run
from wsol.boxes import heatmap_boxes


def main() -> str:
    settings = params.read("boxes")
    image_size, drawing = settings[settings["dataset"]]["image_size"], settings["boxes"]
    thresholds = params.grid(drawing["thresholds"])
    names = files.read_table(f"{maps.HEATMAPS}/maps.parquet")["file"].tolist()

    def draw(heatmap: np.ndarray, _: int) -> np.ndarray:
        return heatmap_boxes.heatmap_boxes(heatmap, thresholds, image_size, drawing["component"], drawing["rectangle"])

    recipe = files.fingerprint(settings, *(f"{maps.HEATMAPS}/{name}" for name in names))
    with files.whole_folder("data/boxes", recipe) as folder:
        maps.fill(folder, names, draw, "boxes")
    return f"boxes: wrote data/boxes ({len(names)} maps, {len(thresholds)} thresholds)"


if __name__ == "__main__":
    run(main)
