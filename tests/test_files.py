import pathlib
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from stages.support import files, rows
from stages.support.run import run
from wsol.errors import InputError


def test_a_file_appears_whole_or_not_at_all(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "deep" / "a.txt"
    with pytest.raises(RuntimeError), files.aside(target) as part:
        part.write_text("half")
        raise RuntimeError
    assert not target.exists()
    with files.aside(target) as part:
        part.write_text("whole")
    assert target.read_text() == "whole"


def test_a_stopped_folder_is_gone_on_with(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt), files.whole_folder(str(out), "recipe") as folder:
        (folder / "one").touch()
        raise KeyboardInterrupt
    assert not out.exists()
    with files.whole_folder(str(out), "recipe") as folder:
        (folder / "two").touch()
    assert sorted(path.name for path in out.iterdir()) == ["one", "two"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_work_of_another_recipe_is_thrown_away(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").touch()
    with pytest.raises(KeyboardInterrupt), files.whole_folder(str(out), "recipe") as folder:
        (folder / "one").touch()
        raise KeyboardInterrupt
    with files.whole_folder(str(out), "another") as folder:
        (folder / "two").touch()
    assert [path.name for path in out.iterdir()] == ["two"]


def test_fingerprints_follow_params_and_inputs(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    first = files.fingerprint({"b": 1, "a": 2}, str(path))
    assert first == files.fingerprint({"a": 2, "b": 1}, str(path))
    assert first != files.fingerprint({"a": 2, "b": 2}, str(path))
    path.write_text("2")
    assert first != files.fingerprint({"b": 1, "a": 2}, str(path))


def test_rows_go_on_where_they_were_stopped(tmp_path: pathlib.Path) -> None:
    started_at = []

    def batches(done: int, stop_at: int = 99) -> Iterator[rows.Batch]:
        started_at.append(done)
        for start in range(done, 7, 2):
            if start >= stop_at:
                raise KeyboardInterrupt
            values = np.arange(start, min(start + 2, 7))
            yield {"a": values, "b": np.stack([values, -values], 1).astype(np.float16)}

    with pytest.raises(KeyboardInterrupt):
        rows.fill(tmp_path, 7, lambda done: batches(done, stop_at=4), "rows")
    rows.fill(tmp_path, 7, batches, "rows")
    rows.fill(tmp_path, 7, batches, "rows")  # all is there: no batch is asked for
    assert started_at == [0, 4]
    assert np.load(tmp_path / "a.npy").tolist() == list(range(7))
    assert np.load(tmp_path / "b.npy")[:, 1].tolist() == [-value for value in range(7)]


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


def test_a_users_error_is_a_sentence(capsys: pytest.CaptureFixture) -> None:
    def slip() -> str:
        raise InputError("Expected this; got that.")

    with pytest.raises(SystemExit) as exit_:
        run(slip)
    assert exit_.value.code == "Error: Expected this; got that."  # a string: exit status 1


def test_a_bug_keeps_its_traceback() -> None:
    def bug() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(bug)
