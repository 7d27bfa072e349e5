"""Folders and files that appear whole or not at all."""

import os
import pathlib

import pytest

from stages.support import folders


def names(folder: pathlib.Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stopped(out: pathlib.Path, fingerprint: str) -> None:
    """A run that makes the file `first` and is then killed."""
    with pytest.raises(KeyboardInterrupt), folders.resumable_folder(str(out), fingerprint) as folder:
        (folder / "first").touch()
        raise KeyboardInterrupt


def test_a_file_appears_whole_or_not_at_all(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "deep" / "a.txt"
    with pytest.raises(RuntimeError), folders.aside(target) as part:
        part.write_text("half")
        raise RuntimeError
    assert not target.exists()
    with folders.aside(target) as part:
        part.write_text("whole")
    assert target.read_text() == "whole"
    assert names(target.parent) == ["a.txt"]


def test_a_stopped_folder_is_resumed(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    stopped(out, "same")
    assert not out.exists()
    with folders.resumable_folder(str(out), "same") as folder:
        (folder / "second").touch()
    assert names(out) == ["first", "second"]
    assert names(tmp_path) == ["out"]


def test_work_with_another_fingerprint_is_thrown_away(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").touch()
    stopped(out, "first recipe")
    with folders.resumable_folder(str(out), "second recipe") as folder:
        (folder / "second").touch()
    assert names(out) == ["second"]


def test_an_error_keeps_the_work_and_the_output(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").touch()
    with pytest.raises(ValueError), folders.resumable_folder(str(out), "same") as folder:
        (folder / "first").touch()
        raise ValueError
    assert names(out) == ["old"]
    with folders.resumable_folder(str(out), "same") as folder:
        assert names(folder) == ["first"]


def test_a_fresh_folder_has_nothing_of_a_stopped_run(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt), folders.fresh_folder(str(out)) as folder:
        (folder / "renamed since").touch()
        raise KeyboardInterrupt
    with folders.fresh_folder(str(out)) as folder:
        (folder / "new").touch()
    assert names(out) == ["new"]


def test_killed_after_the_output_was_placed(tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt), folders.workspace(str(out), "same") as folder:
        (folder / "progress.txt").write_text("all done")
        (folder / folders.OUT / "array").touch()
        folders.replace(folder / folders.OUT, str(out))
        raise KeyboardInterrupt  # before the workspace is removed
    # DVC removes the output and runs the stage again: a progress of `all done` without the array would be wrong
    with folders.workspace(str(out), "same") as folder:
        assert names(folder) == [folders.FINGERPRINT, folders.OUT]
        assert names(folder / folders.OUT) == []


def test_killed_between_removing_the_old_output_and_placing_the_new_one(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").touch()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pathlib.Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt), folders.resumable_folder(str(out), "same") as folder:
            (folder / "first").touch()
    with folders.resumable_folder(str(out), "same") as folder:
        assert names(folder) == ["first"]
    assert names(out) == ["first"]


def test_an_output_that_links_to_another_folder_stays_a_link(tmp_path: pathlib.Path) -> None:
    target, out = tmp_path / "other disk" / "heatmaps", tmp_path / "out"
    target.mkdir(parents=True)
    (target / "old").touch()
    out.symlink_to(target)
    stopped(out, "same")
    with folders.resumable_folder(str(out), "same") as folder:
        assert folder.is_relative_to(target.parent)  # a rename works on one disk alone
        (folder / "second").touch()
    assert out.is_symlink()
    assert names(target) == ["first", "second"]
    assert names(target.parent) == ["heatmaps"]


def test_nothing_takes_its_place_before_it_is_on_the_disk(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, fsync = [], os.fsync

    def recorded(descriptor: int) -> None:
        synced.append((str(pathlib.Path(f"/proc/self/fd/{descriptor}").readlink()), (tmp_path / "out").exists()))
        fsync(descriptor)

    if not pathlib.Path("/proc/self/fd").exists():
        pytest.skip("no /proc on this system")
    monkeypatch.setattr(os, "fsync", recorded)
    with folders.fresh_folder(str(tmp_path / "out")) as folder:
        (folder / "a").write_text("content")
    # the file while it is still in the work folder, the parent's entries after the rename
    assert synced == [(str(folder / "a"), False), (str(tmp_path), True)]


def test_inside_leaves_out_what_python_compiles(tmp_path: pathlib.Path) -> None:
    for name in ("b.py", "a/c.py", "__pycache__/b.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert folders.inside(tmp_path) == [str(tmp_path / "a/c.py"), str(tmp_path / "b.py")]
    assert folders.inside(tmp_path / "b.py") == [str(tmp_path / "b.py")]
