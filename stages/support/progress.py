"""Which rows of a stopped run are done: ranges of rows, a line each in a text file."""

import pathlib
from collections.abc import Iterable

from stages.support.folders import aside

Range = tuple[int, int]  # first row, row after the last


def read(path: pathlib.Path) -> list[Range]:
    """The ranges in a file, none if there is no file."""
    lines = path.read_text().splitlines() if path.is_file() else []
    return [(int(start), int(stop)) for start, stop in map(str.split, lines)]


def write(path: pathlib.Path, done: Iterable[Range]) -> None:
    """Write the ranges, a line each."""
    with aside(path) as part:
        part.write_text("".join(f"{start} {stop}\n" for start, stop in done))


def added(done: list[Range], start: int, stop: int) -> list[Range]:
    """The ranges and one more, in ascending order; ranges that touch become one.

    >>> added([(0, 8), (16, 24)], 8, 16)
    [(0, 24)]
    """
    joined: list[Range] = []
    for first, end in sorted([*done, (start, stop)]):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((first, end))
    return joined


def missing(done: list[Range], count: int) -> list[Range]:
    """The ranges of 0 to `count` that are not done, in ascending order.

    >>> missing([(0, 8), (16, 24)], 30)
    [(8, 16), (24, 30)]
    """
    starts, stops = [0, *(stop for _, stop in done)], [*(start for start, _ in done), count]
    return [(start, stop) for start, stop in zip(starts, stops, strict=True) if start < stop]


def total(done: list[Range]) -> int:
    """Number of rows in the ranges."""
    return sum(stop - start for start, stop in done)
