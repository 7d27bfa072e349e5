"""Arrays too long for memory, filled batch by batch. A stopped run is resumed."""

import pathlib
import time
from collections.abc import Callable, Iterable

import numpy as np
from tqdm import tqdm

from stages.support.folders import aside

INTERVAL = 5.0  # seconds between two moments from which a stopped run is resumed

Batch = dict[str, np.ndarray]


def fill(
    folder: pathlib.Path,
    progress: pathlib.Path,
    count: int,
    batches: Callable[[int], Iterable[Batch]],
    title: str,
    interval: float = INTERVAL,
) -> None:
    """Fill `folder`/NAME.npy with `count` rows for every NAME in the batches.

    Args:
        folder: part of a workspace.
        progress: file that holds the number of rows on the disk; it lies outside `folder`, which is renamed at the end.
        count: number of rows.
        batches: from the first missing row to the batches that start there; each batch maps a NAME, which may
            contain folders, to a (rows, ...) array.
        title: text of the progress bar.
        interval: seconds.
    """
    done = int(progress.read_text()) if progress.is_file() else 0
    last = time.monotonic()
    with tqdm(total=count, initial=done, desc=title, unit=" images", disable=None) as bar:
        for batch in batches(done) if done < count else ():
            rows = len(next(iter(batch.values())))
            late = done + rows == count or time.monotonic() - last >= interval
            for name, values in batch.items():
                array = _opened(folder / f"{name}.npy", count, values)
                array[done : done + rows] = values
                if late:
                    array.flush()
            done += rows
            bar.update(rows)
            if late:
                last = time.monotonic()
                with aside(progress) as part:
                    part.write_text(str(done))


def _opened(path: pathlib.Path, count: int, values: np.ndarray) -> np.memmap:
    # opened anew for each batch: written pages would add up in this process's memory
    if path.is_file():
        return np.lib.format.open_memmap(path, mode="r+")
    path.parent.mkdir(parents=True, exist_ok=True)
    with aside(path) as part:
        np.lib.format.open_memmap(part, mode="w+", dtype=values.dtype, shape=(count, *values.shape[1:]))
    return np.lib.format.open_memmap(path, mode="r+")
