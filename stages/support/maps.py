"""From each array of heatmaps an array of something else, image by image, on every core."""

import os
import pathlib
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

import cv2
import numpy as np
from tqdm import tqdm

from stages.support import files

HEATMAPS = "data/heatmaps"
CHUNK = 32  # images a task

PerImage = Callable[[np.ndarray, int], np.ndarray]


def fill(folder: pathlib.Path, names: list[str], per_image: PerImage, title: str) -> None:
    """Write `folder`/NAME for each array NAME of data/heatmaps, unless a stopped run has.

    Args:
        folder: a workspace.
        names: of the arrays, with their ending.
        per_image: from a heatmap (h, w) and its row to an array, of the same shape and dtype for all. It should
            let other threads run, as OpenCV and compiled code do.
        title: what the progress bar says.
    """
    cv2.setNumThreads(1)  # one image a core instead
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        tqdm(total=len(names), desc=title, unit=" maps", disable=None) as bar,
    ):
        for name in names:
            if not (folder / name).is_file():
                _fill_one(folder / name, files.read_array(f"{HEATMAPS}/{name}"), per_image, pool)
            bar.update()


def _fill_one(out: pathlib.Path, heatmaps: np.ndarray, per_image: PerImage, pool: Executor) -> None:
    def chunk(start: int) -> np.ndarray:
        rows = range(start, min(start + CHUNK, len(heatmaps)))
        return np.stack([per_image(heatmaps[row], row) for row in rows])

    one = per_image(heatmaps[0], 0)
    starts = range(0, len(heatmaps), CHUNK)
    with files.aside(out) as part:
        filled = np.lib.format.open_memmap(part, mode="w+", dtype=one.dtype, shape=(len(heatmaps), *one.shape))
        for start, values in zip(starts, pool.map(chunk, starts), strict=True):
            filled[start : start + CHUNK] = values
