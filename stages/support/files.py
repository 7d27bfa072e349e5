"""Files between stages: written aside and renamed into place, read back with a sentence when damaged."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from wsol.errors import InputError

RECIPE = "recipe.txt"


@contextlib.contextmanager
def workspace(path: str, recipe: str) -> Iterator[pathlib.Path]:
    """A folder to work in, `path`.partial; what a stopped run of the same recipe left there is kept.

    Args:
        path: what the work will become.
        recipe: stands for everything the work depends on (see `fingerprint`); work of
            another recipe is thrown away.
    """
    folder = pathlib.Path(f"{path}.partial")
    if not (folder / RECIPE).is_file() or (folder / RECIPE).read_text() != recipe:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / RECIPE).write_text(recipe)
    try:
        yield folder
    except InputError:  # what led to it would only lead to it again
        shutil.rmtree(folder)
        raise
    (folder / RECIPE).unlink(missing_ok=True)  # first, so that nobody goes on with what is half removed
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def whole_folder(path: str, recipe: str) -> Iterator[pathlib.Path]:
    """As `workspace`, and the folder takes its place at `path` once all is done."""
    with workspace(path, recipe) as folder:
        yield folder
        (folder / RECIPE).unlink()
        replace(folder, path)


def replace(folder: str | os.PathLike[str], path: str) -> None:
    """Put a finished folder in the place of whatever is at `path`."""
    shutil.rmtree(path, ignore_errors=True)
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(folder).replace(path)


def fingerprint(params: dict[str, Any], *inputs: str) -> str:
    """Digest of params, of input files and of this project's own code."""
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode())
    root = pathlib.Path(__file__).parents[2]
    code = [path for folder in ("stages", "wsol") for path in inside(root / folder) if path.endswith(".py")]
    for path in [*inputs, *code]:
        with pathlib.Path(path).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def inside(folder: str | os.PathLike[str]) -> list[str]:
    """The files inside a folder, in a fixed order."""
    return sorted(str(path) for path in pathlib.Path(folder).rglob("*") if path.is_file())


@contextlib.contextmanager
def aside(path: str | pathlib.Path) -> Iterator[pathlib.Path]:
    """A path to write a file to, which is renamed to `path` once it is whole."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"partial.{path.name}")  # keeps the ending, by which Keras and NumPy go
    yield part
    part.replace(path)


def write_json(path: str, content: Any) -> None:
    with aside(path) as part:
        part.write_text(json.dumps(content, indent=2) + "\n")


def read_table(path: str) -> pd.DataFrame:
    """A parquet table of an earlier stage.

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        return pd.read_parquet(path)
    except Exception as error:  # pyarrow raises a dozen kinds
        raise InputError(
            f"Expected a parquet table at {path}, but it is missing or damaged: {_remedy(path)}."
        ) from error


def read_array(path: str) -> np.ndarray:
    """A memory-mapped array of an earlier stage.

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        return np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"Expected an array at {path}, but it is missing or damaged: {_remedy(path)}.") from error


def _remedy(path: str) -> str:
    return f"make it anew with `dvc repro --force --single-item {pathlib.Path(path).parent.name}`"
