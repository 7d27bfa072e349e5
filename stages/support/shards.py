"""A stage's work by rows: here in order, or in shards on the nodes of a Ray cluster where RAY_ADDRESS is set."""

import os
import pathlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from stages.support.progress import Range

Batch = dict[str, np.ndarray]  # a name -> (rows, ...)
Worker = Callable[[int, int], Iterable[Batch]]  # from first row and row after the last to the batches between
Results = Callable[[list[Range]], Iterator[tuple[int, Batch]]]  # from ranges to (first row, batch)

ROWS = 64  # of a shard; a node that is lost has them done again elsewhere


def cluster() -> str | None:
    """The Ray cluster that does the work, in words; None where it is done here."""
    address = os.environ.get("RAY_ADDRESS")
    return f"the Ray cluster at {address}" if address else None


def spread(
    workspace: pathlib.Path, make_worker: Callable[..., Worker], *args: object, batch: int = 1, rows: int = ROWS
) -> Results:
    """The work of a worker, in order in this process, or in any order on the nodes of a Ray cluster.

    Args:
        workspace: the stage's, which all nodes must see.
        make_worker: from a number of threads and `args` to the worker. It is a function of a stage's module. On a
            cluster each process imports the module and makes one worker.
        args: are sent to the nodes.
        batch: rows of the worker's batches. Shards start and end at their multiples, so batches hold the same rows
            everywhere.
        rows: of a shard, at least.

    Returns:
        Function from ranges of rows to pairs of a batch's first row and the batch.
    """
    if not cluster():
        return lambda ranges: in_order(make_worker(os.cpu_count(), *args))(ranges)
    from stages.support import engine  # here, since it imports Ray

    shard = -(-rows // batch) * batch
    return lambda ranges: engine.results(workspace, make_worker, args, ranges, shard)


def in_order(worker: Worker) -> Results:
    """The work of a worker, in order in this process."""

    def results(ranges: list[Range]) -> Iterator[tuple[int, Batch]]:
        for start, stop in ranges:
            for batch in worker(start, stop):
                yield start, batch
                start += length(batch)

    return results


def length(batch: Batch) -> int:
    """Number of rows of a batch."""
    return len(next(iter(batch.values())))


def split(ranges: Iterable[Range], rows: int) -> list[Range]:
    """The ranges in pieces that end at multiples of `rows`.

    >>> split([(0, 20), (24, 30)], 16)
    [(0, 16), (16, 20), (24, 30)]
    """
    return [
        (max(start, first), min(stop, first + rows))
        for start, stop in ranges
        for first in range(start - start % rows, stop, rows)
    ]
