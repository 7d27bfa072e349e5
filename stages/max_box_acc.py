"""Find out which images each map localizes at which threshold, as MaxBoxAcc and MaxBoxAccV2 count it.

    python -m stages.max_box_acc

Reads   params (the dataset's image size), data/heatmaps/
Writes  data/max_box_acc/: for each array of heatmaps one of (images, 255, 4) bool, the thresholds of
        `wsol.scores.max_box_acc.localized` and what it says of the image at each
Takes   seconds for toy_dogs on 2 cores; every core is used

Arrays that a stopped run had finished lie in data/max_box_acc.partial/ and are kept.
"""

import numpy as np

from stages.support import files, maps, params
from stages.support.run import run
from wsol.boxes import geometry
from wsol.scores import max_box_acc


def main() -> str:
    settings = params.read("max_box_acc")
    image_size = settings[settings["dataset"]]["image_size"]
    index, names = f"{maps.HEATMAPS}/index.parquet", files.read_table(f"{maps.HEATMAPS}/maps.parquet")["file"].tolist()
    ground_truth_yxyx = geometry.padded_boxes(files.read_table(index)["boxes_yxyx"])

    def localize(heatmap: np.ndarray, row: int) -> np.ndarray:
        return max_box_acc.localized(heatmap, image_size, ground_truth_yxyx[row])

    recipe = files.fingerprint(settings, index, *(f"{maps.HEATMAPS}/{name}" for name in names))
    with files.whole_folder("data/max_box_acc", recipe) as folder:
        maps.fill(folder, names, localize, "localized")
    return f"max_box_acc: wrote data/max_box_acc ({len(names)} maps, {max_box_acc.LEVELS} thresholds)"


if __name__ == "__main__":
    run(main)
