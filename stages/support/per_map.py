"""From each array of heatmaps an array of something else, image by image, on every core."""

import os
import pathlib
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

import cv2
import numpy as np
from tqdm import tqdm

from stages.support import files
from stages.support.folders import aside

HEATMAPS = "data/heatmaps"
CHUNK = 32  # images a task

PerImage = Callable[[np.ndarray, int], np.ndarray]


def fill(folder: pathlib.Path, names: list[str], per_image: PerImage, title: str) -> None:
    """Write `folder`/NAME for each array NAME of data/heatmaps, unless a stopped run has written it.

    Args:
        folder: from `files.resumable_folder`.
        names: file names of the arrays.
        per_image: from a heatmap (h, w) and its row to an array (levels, ...), of the same shape and dtype for all.
            It should release the GIL, as OpenCV and compiled code do. The array written is (levels, images, ...), so
            that one level is read without the others.
        title: text of the progress bar.
    """
    cv2.setNumThreads(1)  # a thread an image is faster
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        tqdm(total=len(names), desc=title, unit=" maps", disable=None) as bar,
    ):
        for name in names:
            if not (folder / name).is_file():
                _fill_array(folder / name, files.read_array(f"{HEATMAPS}/{name}"), per_image, pool)
            bar.update()


def _fill_array(path: pathlib.Path, heatmaps: np.ndarray, per_image: PerImage, pool: Executor) -> None:
    def chunk(start: int) -> np.ndarray:
        rows = range(start, min(start + CHUNK, len(heatmaps)))
        return np.stack([per_image(heatmaps[row], row) for row in rows], axis=1)

    levels, *rest = per_image(heatmaps[0], 0).shape
    starts = range(0, len(heatmaps), CHUNK)
    with aside(path) as part:
        array = None
        for start, values in zip(starts, pool.map(chunk, starts), strict=True):
            if array is None:
                array = np.lib.format.open_memmap(part, "w+", values.dtype, (levels, len(heatmaps), *rest))
            array[:, start : start + CHUNK] = values
