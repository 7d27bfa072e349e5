"""Tables, arrays and figures between stages, and batches of rows."""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from stages.support import files, rows, shards
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


@pytest.mark.parametrize("content", [None, b"", b"a,b\n1,2\n3,", b"\xff\n"])
def test_a_damaged_csv(content: bytes | None, tmp_path: pathlib.Path) -> None:
    """pandas alone reads a file that is cut off as a shorter table."""
    if content is not None:
        (tmp_path / "selectors.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"selectors\.csv, but it is missing or damaged.*--single-item selected"):
        files.read_csv(str(tmp_path / "selectors.csv"))


@pytest.mark.parametrize("content", [None, b"", b'{"fit": ', b"\xff"])
def test_damaged_json(content: bytes | None, tmp_path: pathlib.Path) -> None:
    (tmp_path / "training").mkdir()
    if content is not None:
        (tmp_path / "training/scores.json").write_bytes(content)
    with pytest.raises(InputError, match=r"scores\.json, but it is missing or damaged.*--single-item finetune"):
        files.read_json(str(tmp_path / "training/scores.json"))


def test_a_flipped_byte_in_the_header_of_an_array(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros(3))
    for place in range(100):  # the magic string, the version, the header's length and the header
        content = bytearray(path.read_bytes())
        content[place] ^= 4
        (tmp_path / "b.npy").write_bytes(content)
        with contextlib.suppress(InputError):  # another whole header is possible, such as one of another dtype
            files.read_array(str(tmp_path / "b.npy"))


def test_a_new_array_has_its_room_on_the_disk(tmp_path: pathlib.Path) -> None:
    array = files.new_array(tmp_path / "a.npy", np.float32, (1000, 500))
    assert array.shape == (1000, 500) and not array.any()
    array[3] = 7
    array.flush()
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy")[3], np.full(500, 7, np.float32))
    # a file with holes has fewer blocks, of 512 bytes, than bytes
    if hasattr(os, "posix_fallocate"):
        assert (tmp_path / "a.npy").stat().st_blocks * 512 >= 4 * 1000 * 500


def test_a_class_named_none_stays_a_name(tmp_path: pathlib.Path) -> None:
    table = pd.DataFrame({"class": ["None", "NA", "null"], "count": [1.5, np.nan, 2]})
    files.write_csv(tmp_path / "table.csv", table)
    pd.testing.assert_frame_equal(files.read_csv(str(tmp_path / "table.csv")), table)


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("data/features/train/features.npy", "features"),
        ("data/heatmaps/cam.npy", "heatmaps"),
        ("data/refined/maps.parquet", "refine"),
        ("data/iou.parquet", "tables"),
        ("plots/run.csv", "report"),
        ("tables/selectors.csv", "selected"),
    ],
)
def test_the_stage_that_makes_a_file_anew(path: str, stage: str) -> None:
    assert files.remedy(path) == f"make it anew with `dvc repro --force --single-item {stage}`"


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


def results_of(started_at: list[int], stop_at: int = 99) -> shards.Results:
    def worker(first: int, stop: int) -> Iterator[shards.Batch]:
        started_at.append(first)
        for start in range(first, stop, 2):
            if start >= stop_at:
                raise KeyboardInterrupt
            values = np.arange(start, min(start + 2, stop))
            yield {"a": values, "deep/b": np.stack([values, -values], 1).astype(np.float16)}

    return shards.in_order(worker)


def test_rows_are_resumed_where_they_were_stopped(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "INTERVAL", 0)
    started_at: list[int] = []
    folder, progress = tmp_path / "work", tmp_path / "rows.txt"
    with pytest.raises(KeyboardInterrupt):
        rows.fill(folder, progress, 7, results_of(started_at, 4), "rows")
    for _ in range(2):  # the second time all is there: no batch is asked for
        rows.fill(folder, progress, 7, results_of(started_at), "rows")
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
    monkeypatch.setattr(rows, "INTERVAL", 99)
    rows.fill(tmp_path / "work", tmp_path / "rows.txt", 7, results_of([]), "rows")
    assert sorted(flushed) == [str(tmp_path / "work/a.npy"), str(tmp_path / "work/deep/b.npy")]
    assert (tmp_path / "rows.txt").read_text() == "0 7\n"
