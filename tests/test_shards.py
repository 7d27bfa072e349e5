"""Ranges of rows that are done, and a worker's batches in order."""

import pathlib

import numpy as np
import pytest

from stages.support import progress, rows, shards


@pytest.mark.parametrize(
    ("done", "new", "expected"),
    [
        ([], (0, 8), [(0, 8)]),
        ([(0, 8)], (8, 16), [(0, 16)]),  # touching
        ([(0, 8)], (16, 24), [(0, 8), (16, 24)]),  # apart
        ([(16, 24)], (0, 8), [(0, 8), (16, 24)]),  # before
        ([(0, 8), (16, 24)], (4, 20), [(0, 24)]),  # over both
        ([(0, 24)], (8, 16), [(0, 24)]),  # inside
    ],
)
def test_a_range_is_added(done: list[progress.Range], new: progress.Range, expected: list[progress.Range]) -> None:
    assert progress.added(done, *new) == expected


@pytest.mark.parametrize(
    ("done", "count", "expected"),
    [
        ([], 30, [(0, 30)]),
        ([(0, 30)], 30, []),
        ([(8, 16)], 30, [(0, 8), (16, 30)]),
        ([(0, 8), (16, 24)], 24, [(8, 16)]),
        ([], 0, []),
    ],
)
def test_what_is_missing(done: list[progress.Range], count: int, expected: list[progress.Range]) -> None:
    assert progress.missing(done, count) == expected
    assert progress.total(done) + progress.total(expected) == count


def test_ranges_come_back_from_their_file(tmp_path: pathlib.Path) -> None:
    assert progress.read(tmp_path / "rows.txt") == []
    progress.write(tmp_path / "rows.txt", [(0, 8), (16, 24)])
    assert progress.read(tmp_path / "rows.txt") == [(0, 8), (16, 24)]


def test_rows_that_come_in_any_order_are_written_where_they_belong(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "INTERVAL", 0)
    progress.write(tmp_path / "rows.txt", [(2, 4)])  # of a stopped run
    asked = []

    def backwards(ranges: list[progress.Range]):  # type: ignore[no-untyped-def]
        asked.extend(ranges)
        yield 4, {"a": np.array([40, 50, 60])}
        yield 0, {"a": np.array([1, 10])}

    rows.fill(tmp_path, tmp_path / "rows.txt", 7, backwards, "rows")
    assert asked == [(0, 2), (4, 7)]
    assert np.load(tmp_path / "a.npy").tolist() == [1, 10, 0, 0, 40, 50, 60]  # 2 and 3 were said to be done


def test_rows_that_do_not_come_are_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RuntimeError, match="Expected 7 rows of rows, but only 2 came"):
        rows.fill(tmp_path, tmp_path / "rows.txt", 7, lambda _: iter([(0, {"a": np.zeros(2)})]), "rows")


def test_pieces_end_at_multiples() -> None:
    # rows 40 to 100 in pieces of 32: up to 64, up to 96, and the rest
    assert shards.split([(40, 100)], 32) == [(40, 64), (64, 96), (96, 100)]
    assert shards.split([(0, 8)], 32) == [(0, 8)]
