"""Draw a box on every heatmap at every threshold.

    python -m stages.boxes

Reads   params (boxes, the dataset's image size), data/heatmaps/
Writes  data/boxes/: for each array of heatmaps one of boxes_yxyx, (images, thresholds, 4)
        float32, fractions of the image, four zeros where there is none
Takes   seconds for toy_dogs on 2 cores; every core is used

Arrays that a stopped run had finished lie in data/boxes.partial/ and are kept.
"""

import functools
import os
import pathlib
from concurrent.futures import Executor, ThreadPoolExecutor

import cv2
import numpy as np
from tqdm import tqdm

from stages.support import files, params
from stages.support.run import run
from wsol import boxes

CHUNK = 32  # images a task

Options = tuple[list[float], int, str, str]


def main() -> str:
    settings = params.read("boxes")
    image_size = settings[settings["dataset"]]["image_size"]
    drawing = settings["boxes"]
    thresholds = params.grid(drawing["thresholds"])
    maps = files.read_table("data/heatmaps/maps.parquet")
    arrays = [f"data/heatmaps/{name}" for name in maps["file"]]
    options = (thresholds, image_size, drawing["component"], drawing["rectangle"])
    cv2.setNumThreads(1)  # one image a core instead
    with (
        files.whole_folder("data/boxes", files.fingerprint(settings, *arrays)) as folder,
        # threads: both OpenCV and the compiled sweep let other threads run
        ThreadPoolExecutor(os.cpu_count()) as pool,
        tqdm(total=len(arrays), desc="boxes", unit=" maps", disable=None) as bar,
    ):
        for array in arrays:
            draw(folder / pathlib.Path(array).name, array, options, pool)
            bar.update()
    return f"boxes: wrote data/boxes ({len(arrays)} maps, {len(thresholds)} thresholds)"


def draw(out: pathlib.Path, array: str, options: Options, pool: Executor) -> None:
    """Draw the boxes of one array of heatmaps, unless a stopped run has."""
    if out.is_file():
        return
    count = len(files.read_array(array))
    starts = range(0, count, CHUNK)
    with files.aside(out) as part:
        drawn = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=(count, len(options[0]), 4))
        for start, chunk in zip(starts, pool.map(functools.partial(chunk_boxes, array, options), starts), strict=True):
            drawn[start : start + CHUNK] = chunk


def chunk_boxes(array: str, options: Options, start: int) -> np.ndarray:
    """Boxes (CHUNK, thresholds, 4) of the heatmaps from row `start` on."""
    return np.stack(
        [boxes.heatmap_boxes(heatmap, *options) for heatmap in files.read_array(array)[start : start + CHUNK]]
    )


if __name__ == "__main__":
    run(main)
