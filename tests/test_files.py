"""Tables, arrays and figures between stages, and batches of rows."""

import json
import pathlib
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from stages.support import files, rows
from wsol.errors import InputError


@pytest.mark.parametrize("content", [None, b"", b"junk" * 100])
def test_a_damaged_table_or_array(content: bytes | None, tmp_path: pathlib.Path) -> None:
    for name, read in (("a.parquet", files.read_table), ("a.npy", files.read_array)):
        path = tmp_path / "boxes" / name
        path.parent.mkdir(exist_ok=True)
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError, match=f"{name}, but it is missing or damaged.*--single-item boxes"):
            read(str(path))


def test_a_whole_table_comes_back(tmp_path: pathlib.Path) -> None:
    table = pd.DataFrame({"a": [1, 2], "boxes_yxyx": [np.array([0.0, 1.0]), np.array([])]})
    table.to_parquet(tmp_path / "a.parquet")
    assert files.read_table(str(tmp_path / "a.parquet"))["a"].tolist() == [1, 2]


def test_figures_have_six_digits(tmp_path: pathlib.Path) -> None:
    files.write_json(tmp_path / "a.json", {"a": [1 / 3, {"b": 123456.789}], "c": 562, "d": "0.123456789", "e": None})
    expected = {"a": [0.333333, {"b": 123457.0}], "c": 562, "d": "0.123456789", "e": None}
    assert json.loads((tmp_path / "a.json").read_text()) == expected
    files.write_csv(tmp_path / "a.csv", pd.DataFrame({"x": [1 / 3, 2e-9 / 3], "n": [1, 2]}))
    assert (tmp_path / "a.csv").read_text() == "x,n\n0.333333,1\n6.66667e-10,2\n"


# ---------------------------------------------------------------- rows


def batches_from(started_at: list[int], done: int, stop_at: int = 99) -> Iterator[rows.Batch]:
    started_at.append(done)
    for start in range(done, 7, 2):
        if start >= stop_at:
            raise KeyboardInterrupt
        values = np.arange(start, min(start + 2, 7))
        yield {"a": values, "deep/b": np.stack([values, -values], 1).astype(np.float16)}


def test_rows_are_resumed_where_they_were_stopped(tmp_path: pathlib.Path) -> None:
    started_at: list[int] = []
    folder, progress = tmp_path / "work", tmp_path / "rows.txt"
    with pytest.raises(KeyboardInterrupt):
        rows.fill(folder, progress, 7, lambda done: batches_from(started_at, done, 4), "rows", interval=0)
    for _ in range(2):  # the second time all is there: no batch is asked for
        rows.fill(folder, progress, 7, lambda done: batches_from(started_at, done), "rows", interval=0)
    assert started_at == [0, 4]
    assert np.load(folder / "a.npy").tolist() == list(range(7))
    assert np.load(folder / "deep/b.npy")[:, 1].tolist() == [-value for value in range(7)]


def test_rows_count_once_they_are_on_the_disk(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    flush = np.memmap.flush

    def recorded(array: np.memmap) -> None:
        assert not (tmp_path / "rows.txt").exists()
        flushed.append(str(array.filename))
        flush(array)

    monkeypatch.setattr(np.memmap, "flush", recorded)
    rows.fill(tmp_path / "work", tmp_path / "rows.txt", 7, lambda done: batches_from([], done), "rows", interval=99)
    assert sorted(flushed) == [str(tmp_path / "work/a.npy"), str(tmp_path / "work/deep/b.npy")]
    assert (tmp_path / "rows.txt").read_text() == "7"
