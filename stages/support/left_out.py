"""The pictures and boxes of a source that are left out: counting them, listing them, refusing too many."""

import pathlib
from typing import NamedTuple

import pandas as pd

from wsol.errors import InputError

FILE = "left_out.csv"
MOST = 0.1  # share of a split's pictures, or of its boxes


class LeftOut(NamedTuple):
    """A picture, or a box of one."""

    split: str
    file: str
    reason: str


def place(dataset: str) -> str:
    """Path of the list of a prepared dataset."""
    return f"data/{dataset}/{FILE}"


def write(path: pathlib.Path, rows: list[LeftOut]) -> None:
    """Write the list: columns split, file, reason."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=LeftOut._fields).to_csv(path, index=False, lineterminator="\n")


def check_share(rows: list[LeftOut], what: str, total: int, path: pathlib.Path) -> None:
    """Raise InputError if more than a tenth is left out.

    Args:
        rows: what is left out of a split.
        what: `pictures` or `boxes`.
        total: how many there are, the ones left out included.
        path: of the list, which is written here before the error is raised.
    """
    if rows and len(rows) > MOST * total:
        write(path, rows)
        first = rows[0]
        raise InputError(
            f"Expected at least nine of ten {what} of {first.split} to be usable, but {len(rows)} of {total} are not, "
            f"the first {first.file}: {first.reason}; {path} lists them: correct them, or the section's download."
        )
