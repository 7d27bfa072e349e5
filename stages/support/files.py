"""Tables, arrays and figures between stages: written whole, read back with a sentence when damaged."""

import json
import pathlib
from typing import Any

import numpy as np
import pandas as pd

from stages.support.folders import aside
from wsol.errors import InputError

STAGES = {"refined": "refine", "data": "tables"}  # by the folder of their outputs, where the names differ
DIGITS = 6  # significant digits of figures; further ones differ between Python versions


def write_json(path: str | pathlib.Path, content: Any) -> None:
    """Write JSON with figures of DIGITS significant digits."""
    with aside(path) as part:
        part.write_text(json.dumps(rounded(content), indent=2) + "\n", encoding="utf8")


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
    try:
        return pd.read_csv(path)
    except PermissionError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"Expected a table at {path}, but it is missing or damaged: {remedy(path)}.") from error


def read_table(path: str, equal: list[tuple[str, str, str]] | None = None) -> pd.DataFrame:
    """A parquet table of an earlier stage.

    Args:
        path: of the table.
        equal: filters of the rows, such as ("map", "==", "cam").

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        return pd.read_parquet(path, filters=equal)
    except PermissionError:
        raise
    except Exception as error:  # pyarrow raises a dozen types
        raise InputError(
            f"Expected a parquet table at {path}, but it is missing or damaged: {remedy(path)}."
        ) from error


def read_array(path: str) -> np.ndarray:
    """A memory-mapped array of an earlier stage.

    Raises:
        InputError: it is missing or damaged.
    """
    try:
        return np.load(path, mmap_mode="r")
    except PermissionError:
        raise
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"Expected an array at {path}, but it is missing or damaged: {remedy(path)}.") from error


def remedy(path: str) -> str:
    """How to make a damaged output anew. Most folders have the name of the stage that writes them."""
    folder = pathlib.Path(path).parent.name
    return f"make it anew with `dvc repro --force --single-item {STAGES.get(folder, folder)}`"
