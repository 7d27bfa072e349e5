"""A stage for tests/test_engine.py, which is copied into a clone: the squares of numbers, slowly.

python -m stages.counting ROWS SECONDS PROCESSES

No shard ends before as many processes have started one.
"""

import os
import pathlib
import sys
import time
from collections.abc import Iterator

import numpy as np

from stages.support import rows
from stages.support.folders import replace, workspace
from stages.support.run import run
from stages.support.shards import Batch, Worker, spread

STARTED = pathlib.Path("started.txt")  # a line for each shard that is started: its first row and the process


def main() -> str:
    count, seconds, processes = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    with workspace("data/counting", "the same in every run") as folder:
        results = spread(folder, make_worker, seconds, processes, batch=8)
        rows.fill(folder / "out", folder / "rows.txt", count, results, "counting")
        replace(folder / "out", "data/counting")
    return "counting: wrote data/counting"


def make_worker(_: int, seconds: float, processes: int) -> Worker:
    def worker(start: int, stop: int) -> Iterator[Batch]:
        with STARTED.open("a") as file:
            file.write(f"{start} {os.getpid()}\n")
        while len({line.split()[1] for line in STARTED.read_text().splitlines()}) < processes:
            time.sleep(0.05)
        for row in range(start, stop, 8):
            time.sleep(seconds)
            yield {"squares": np.arange(row, min(row + 8, stop)) ** 2}

    return worker


if __name__ == "__main__":
    run(main)
