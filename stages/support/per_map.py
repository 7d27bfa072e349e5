"""From each array of heatmaps an array of something else, image by image, on every core or on a cluster.

The heatmaps of all maps are numbered: those of the first map in the order of its images, then those of the second map.
"""

import pathlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from stages.support import files, progress, rows
from stages.support.folders import sync
from stages.support.shards import Batch, Worker, spread

HEATMAPS = "data/heatmaps"
CHUNK = 32  # images a task
SHARD = 2048  # heatmaps; a second or two on a core
VALUES = "values"  # name of the one array of a batch

PerImage = Callable[[np.ndarray, int], np.ndarray]


def names() -> list[str]:
    """File names of the arrays of heatmaps."""
    return files.read_table(f"{HEATMAPS}/maps.parquet")["file"].tolist()


def fill(folder: pathlib.Path, make_worker: Callable[..., Worker], title: str) -> None:
    """Write `folder`/NAME for each array NAME of data/heatmaps, unless a stopped run has written it.

    Args:
        folder: from `files.resumable_folder`.
        make_worker: from a number of threads to `image_worker` of them. It is a function of a stage's module.
        title: text of the progress bar.
    """
    paths = [folder / name for name in names()]
    images = len(files.read_array(f"{HEATMAPS}/{paths[0].name}"))
    record = folder.parent / "heatmaps.txt"
    done = progress.read(record)
    for number, path in enumerate(paths):
        if path.is_file():
            done = progress.added(done, number * images, (number + 1) * images)
    progress.write(record, done)
    results = spread(folder.parent, make_worker, batch=CHUNK, rows=SHARD)
    writer = _Writer(paths, images)
    count = len(paths) * images
    rows.gather(record, count, results, writer.write, title, " heatmaps")
    writer.finish([(0, count)])  # arrays of a run that ended before it had named them


def image_worker(per_image: PerImage, threads: int) -> Worker:
    """The worker that gives something of each heatmap.

    Args:
        per_image: from a heatmap (h, w) and its row to an array (levels, ...), of the same shape and dtype for all.
            It should release the GIL, as OpenCV and compiled code do.
        threads: number of threads.
    """
    cv2.setNumThreads(1)  # a thread an image is faster
    pool = ThreadPoolExecutor(threads)
    arrays = [files.read_array(f"{HEATMAPS}/{name}") for name in names()]

    def chunk(heatmaps: np.ndarray, start: int, stop: int) -> np.ndarray:
        return np.stack([per_image(heatmaps[row], row) for row in range(start, stop)])

    def worker(start: int, stop: int) -> Iterator[Batch]:
        for heatmaps, first, end in _of_maps(arrays, len(arrays[0]), start, stop):
            starts = range(first, end, CHUNK)
            stops = [min(place + CHUNK, end) for place in starts]
            for values in pool.map(chunk, [heatmaps] * len(starts), starts, stops):
                yield {VALUES: values}

    return worker


def _of_maps(items: list, images: int, start: int, stop: int) -> Iterator[tuple]:
    """For each map of the heatmaps `start` to `stop`: its item, its first row and the row after its last."""
    for number in range(start // images, -(-stop // images)):
        yield items[number], max(start - number * images, 0), min(stop - number * images, images)


class _Writer:
    """Writes batches into arrays (levels, images, ...), so that one level is read without the others."""

    def __init__(self, paths: list[pathlib.Path], images: int) -> None:
        """An array a path. It has another name until it is whole."""
        self.paths, self.images = paths, images
        self.written: set[pathlib.Path] = set()  # since arrays were last brought to the disk

    def write(self, start: int, batch: Batch, late: bool, done: list[progress.Range]) -> None:
        """See `rows.gather`."""
        values = batch[VALUES]
        for path, first, end in _of_maps(self.paths, self.images, start, start + len(values)):
            part = path if path.is_file() else path.with_name(f"unfinished.{path.name}")
            array = rows.opened(part, values.dtype, (values.shape[1], self.images, *values.shape[2:]))
            array[:, first:end] = values[: end - first].swapaxes(0, 1)
            values = values[end - first :]
            self.written.add(part)
        if late:
            self.finish(done)

    def finish(self, done: list[progress.Range]) -> None:
        """Bring what was written to the disk, and give the arrays that are whole their names."""
        for part in self.written:
            sync(part)
        self.written.clear()
        missing = {
            number
            for start, stop in progress.missing(done, len(self.paths) * self.images)
            for number in range(start // self.images, -(-stop // self.images))
        }
        for number, path in enumerate(self.paths):
            part = path.with_name(f"unfinished.{path.name}")
            if number not in missing and part.is_file():
                part.replace(path)
                sync(path.parent)
