"""Arrays too long for memory, filled batch by batch; a stopped run goes on where it was."""

import pathlib
from collections.abc import Callable, Iterable

import numpy as np
from tqdm import tqdm

from stages.support import files

PROGRESS = "rows.txt"

Batch = dict[str, np.ndarray]


def fill(folder: pathlib.Path, count: int, batches: Callable[[int], Iterable[Batch]], title: str) -> None:
    """Fill `folder`/NAME.npy with `count` rows for every NAME in the batches.

    Args:
        folder: a workspace; the number of rows done is kept in it until the work is whole.
        count: rows there will be.
        batches: from the first row that is missing to the batches from there on, each
            NAME -> (rows, ...) array. A batch is never half written.
        title: what the progress bar says.
    """
    progress = folder / PROGRESS
    done = int(progress.read_text()) if progress.is_file() else 0
    with tqdm(total=count, initial=done, desc=title, unit=" images", disable=None) as bar:
        for batch in batches(done) if done < count else ():
            rows = len(next(iter(batch.values())))
            for name, values in batch.items():
                _array(folder / f"{name}.npy", count, values)[done : done + rows] = values
            done += rows
            with files.aside(progress) as part:
                part.write_text(str(done))
            bar.update(rows)


def _array(path: pathlib.Path, count: int, values: np.ndarray) -> np.ndarray:
    # opened for each batch anew, so that what is written does not pile up in this process's memory
    if path.is_file():
        return np.lib.format.open_memmap(path, mode="r+")
    return np.lib.format.open_memmap(path, mode="w+", dtype=values.dtype, shape=(count, *values.shape[1:]))
