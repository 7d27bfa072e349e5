"""Folders and files that appear whole or not at all, and the work of a stopped run."""

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterator

FINGERPRINT = "fingerprint.txt"
OUT = "out"  # the folder in a workspace that will be renamed into place


@contextlib.contextmanager
def workspace(path: str, fingerprint: str) -> Iterator[pathlib.Path]:
    """The folder `path`.partial with a folder OUT in it; work of a stopped run with the same fingerprint is kept.

    The workspace stays when an error is raised, so that nothing finished is lost, and is removed otherwise.

    Args:
        path: where the work will be placed.
        fingerprint: digest of everything that decides the work (see `fingerprint`).
    """
    target = _target(path)
    folder = target.with_name(f"{target.name}.partial")
    # a workspace without OUT is left over from a run that was stopped after it had placed OUT
    kept = (folder / OUT).is_dir() and _text(folder / FINGERPRINT) == fingerprint
    if not kept:
        _remove(folder)
        (folder / OUT).mkdir(parents=True)
        (folder / FINGERPRINT).write_text(fingerprint)
    yield folder
    _remove(folder)


@contextlib.contextmanager
def resumable_folder(path: str, fingerprint: str) -> Iterator[pathlib.Path]:
    """The OUT folder of a `workspace`, which takes its place at `path` when the block ends without an error."""
    with workspace(path, fingerprint) as folder:
        yield folder / OUT
        replace(folder / OUT, path)


@contextlib.contextmanager
def fresh_folder(path: str) -> Iterator[pathlib.Path]:
    """An empty folder, which takes its place at `path` when the block ends without an error."""
    target = _target(path)
    folder = target.with_name(f"{target.name}.partial")
    _remove(folder)
    folder.mkdir(parents=True)
    yield folder
    replace(folder, path)


def replace(folder: pathlib.Path, path: str) -> None:
    """Put a finished folder in the place of the one at `path`. A `path` that is a link stays one."""
    target = _target(path)
    for file in inside(folder):
        sync(file)
    _remove(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder.replace(target)
    sync(target.parent)


def _target(path: str) -> pathlib.Path:
    """Where a path leads: folders can be renamed on one disk alone, so work is done beside a link's target."""
    return pathlib.Path(path).resolve() if pathlib.Path(path).is_symlink() else pathlib.Path(path)


def _remove(folder: pathlib.Path) -> None:
    # the fingerprint first: a folder that is only half removed must not be resumed
    (folder / FINGERPRINT).unlink(missing_ok=True)
    if folder.is_dir():
        shutil.rmtree(folder)


def _text(path: pathlib.Path) -> str | None:
    return path.read_text() if path.is_file() else None


def sync(path: str | os.PathLike[str]) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def aside(path: str | pathlib.Path) -> Iterator[pathlib.Path]:
    """A path to write a file to, which is renamed to `path` when the block ends without an error."""
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"partial.{target.name}")  # same ending: Keras and NumPy look at it
    yield part
    sync(part)
    part.replace(target)
    sync(target.parent)


def inside(path: str | os.PathLike[str]) -> list[str]:
    """A file itself, or the files in a folder in a fixed order, without what Python compiles."""
    if pathlib.Path(path).is_file():
        return [str(path)]
    files = (file for file in pathlib.Path(path).rglob("*") if file.is_file())
    return sorted(str(file) for file in files if "__pycache__" not in file.parts)
