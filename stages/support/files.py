"""Tables, arrays and figures between stages: written whole, read back with a sentence when damaged."""

import contextlib
import errno
import io
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from stages.support.folders import aside
from wsol.errors import InputError

# the stages that write files, by file or by folder, where the names differ
STAGES_OF_FILES = {"boxes_needed.csv": "boxes_needed", "selectors.csv": "selected", "training.csv": "curves"}
STAGES_OF_FOLDERS = {"refined": "refine", "data": "tables", "training": "finetune", "plots": "report"}
STAGES_OF_FOLDERS |= {split: "features" for split in ("train", "test")}  # of data/features
DIGITS = 6  # significant digits of figures; further ones differ between Python versions


def write_json(path: str | pathlib.Path, content: Any) -> None:
    """Write JSON with figures of DIGITS significant digits."""
    write_text(path, json.dumps(rounded(content), indent=2) + "\n")


def write_text(path: str | pathlib.Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with aside(path) as part:
        part.write_text(text, encoding="utf8", newline="\n")


def write_csv(path: str | pathlib.Path, table: pd.DataFrame) -> None:
    """Write CSV with figures of DIGITS significant digits."""
    with aside(path) as part:
        table.to_csv(part, index=False, float_format=f"%.{DIGITS}g", lineterminator="\n")


def rounded(content: Any) -> Any:
    """The content with every float rounded to DIGITS significant digits."""
    if isinstance(content, dict):
        return {name: rounded(value) for name, value in content.items()}
    if isinstance(content, list):
        return [rounded(value) for value in content]
    return float(f"{content:.{DIGITS}g}") if isinstance(content, float) else content


def read_csv(path: str) -> pd.DataFrame:
    """A CSV table of an earlier stage.

    Raises:
        InputError: it is missing or damaged.
    """
    with expected("a table", path):
        text = pathlib.Path(path).read_text(encoding="utf8")
        if not text.endswith("\n"):  # pandas reads a file that is cut off as a shorter table
            raise ValueError("the last line is cut off")
        return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])  # a class may be named None


def read_json(path: str) -> Any:
    """The content of a JSON file of an earlier stage.

    Raises:
        InputError: it is missing or damaged.
    """
    with expected("JSON", path):
        return json.loads(pathlib.Path(path).read_text(encoding="utf8"))


def read_table(path: str, equal: list[tuple[str, str, str]] | None = None) -> pd.DataFrame:
    """A parquet table of an earlier stage.

    Args:
        path: of the table.
        equal: filters of the rows, such as ("map", "==", "cam").

    Raises:
        InputError: it is missing or damaged.
    """
    with expected("a parquet table", path):
        return pd.read_parquet(path, filters=equal)


def read_array(path: str) -> np.ndarray:
    """A memory-mapped array of an earlier stage.

    Raises:
        InputError: it is missing or damaged.
    """
    with expected("an array", path):
        return np.load(path, mmap_mode="r", allow_pickle=False)


@contextlib.contextmanager
def expected(content: str, path: str) -> Iterator[None]:
    """Turn an error of the block into InputError: the content is missing at the path, or damaged."""
    try:
        yield
    except PermissionError:
        raise
    except Exception as error:  # pyarrow raises a dozen types, and NumPy's header those of Python's parser
        raise InputError(f"Expected {content} at {path}, but it is missing or damaged: {remedy(path)}.") from error


def new_array(path: pathlib.Path, dtype: np.dtype | type, shape: tuple[int, ...]) -> np.memmap:
    """A memory-mapped array of zeros in a new file.

    Its room on the disk is reserved. Otherwise a full disk would end the process with a bus error, when a page of the
    file is first written.

    Raises:
        OSError: the disk has no room for it.
    """
    array = np.lib.format.open_memmap(path, "w+", dtype, shape)
    if hasattr(os, "posix_fallocate"):  # not on macOS
        with path.open("r+b") as opened:
            _reserve(opened.fileno(), path.stat().st_size)
    return array


def _reserve(descriptor: int, size: int) -> None:
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # of file systems that cannot reserve
            raise


def remedy(path: str) -> str:
    """How to make a damaged output anew. Most folders have the name of the stage that writes them."""
    file, folder = pathlib.Path(path).name, pathlib.Path(path).parent.name
    stage = STAGES_OF_FILES.get(file) or STAGES_OF_FOLDERS.get(folder, folder)
    return f"make it anew with `dvc repro --force --single-item {stage}`"
