"""Arrays too long for memory, filled batch by batch. A stopped run is resumed."""

import pathlib
import time
from collections.abc import Callable

import numpy as np
from tqdm import tqdm

from stages.support import progress, shards
from stages.support.files import new_array
from stages.support.folders import aside
from stages.support.shards import Batch, Results

INTERVAL = 5.0  # seconds between two moments from which a stopped run is resumed
INTERVAL_OF_SHARDS = 0.0  # the same on a cluster, after every shard


def fill(folder: pathlib.Path, record: pathlib.Path, count: int, results: Results, title: str) -> None:
    """Fill `folder`/NAME.npy with `count` rows for every NAME in the batches.

    Args:
        folder: part of a workspace.
        record: file that holds the ranges of rows on the disk (see `progress`); it lies outside `folder`, which is
            renamed at the end.
        count: number of rows.
        results: from the missing ranges to (first row, batch) in any order; each batch maps a NAME, which may contain
            folders, to a (rows, ...) array.
        title: text of the progress bar.
    """

    def write(start: int, batch: Batch, late: bool, _: list[progress.Range]) -> None:
        for name, values in batch.items():
            array = opened(folder / f"{name}.npy", values.dtype, (count, *values.shape[1:]))
            array[start : start + len(values)] = values
            if late:
                array.flush()

    gather(record, count, results, write, title, " images")


def gather(
    record: pathlib.Path,
    count: int,
    results: Results,
    write: Callable[[int, Batch, bool, list[progress.Range]], None],
    title: str,
    unit: str,
) -> None:
    """Write the batches of all missing rows, and record from time to time what is on the disk.

    Args:
        record: file of the ranges that are done.
        count: number of rows.
        results: see `fill`.
        write: gets a batch's first row, the batch, whether all that was written must reach the disk, and the ranges
            that are done with it.
        title: text of the progress bar.
        unit: what the progress bar counts.
    """
    interval = INTERVAL_OF_SHARDS if shards.cluster() else INTERVAL
    done = progress.read(record)
    last = time.monotonic()
    with tqdm(total=count, initial=progress.total(done), desc=title, unit=unit, disable=None) as bar:
        ranges = progress.missing(done, count)
        for start, batch in results(ranges) if ranges else ():
            rows = shards.length(batch)
            done = progress.added(done, start, start + rows)
            late = progress.total(done) == count or time.monotonic() - last >= interval
            write(start, batch, late, done)
            bar.update(rows)
            if late:
                last = time.monotonic()
                progress.write(record, done)
    if progress.total(done) != count:
        raise RuntimeError(f"Expected {count} rows of {title}, but only {progress.total(done)} came.")


def opened(path: pathlib.Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.memmap:
    """The array in a file, to write to; the file is made if there is none.

    Open it anew for each batch: written pages would add up in this process's memory.
    """
    if path.is_file():
        return np.lib.format.open_memmap(path, mode="r+")
    path.parent.mkdir(parents=True, exist_ok=True)
    with aside(path) as part:
        new_array(part, dtype, shape)
    return np.lib.format.open_memmap(path, mode="r+")
