"""The pictures and boxes of a source that are left out or changed: counting them, listing them, refusing too many."""

import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from wsol.errors import InputError

FILE, CHANGED = "left_out.csv", "changed.csv"
MOST = 0.1  # share of a split's pictures, or of its boxes


class Row(NamedTuple):
    """A picture, or a box of one, that is left out or changed."""

    split: str
    file: str
    reason: str


def place(dataset: str, file: str = FILE) -> str:
    """Path of a list of a prepared dataset."""
    return f"data/{dataset}/{file}"


def summary(
    dataset: str, pictures: int, unlabelled: int, several: int, others: Sequence[tuple[int, str]] = ()
) -> list[str]:
    """What was left out, a sentence each.

    Args:
        dataset: its name.
        pictures: number of those that cannot be used.
        unlabelled: number of those without an annotation of the classes.
        several: number of those with several classes.
        others: (number, sentence) of the same kind.
    """
    lines = [
        (pictures, f"left out {pictures} pictures that cannot be used, listed in {place(dataset)}"),
        (unlabelled, f"left out {unlabelled} pictures without an annotation of the classes"),
        (several, f"{several} pictures have several classes: the label is the one of the largest area"),
    ]
    return [line for count, line in (*lines, *others) if count]


def write(path: pathlib.Path, rows: list[Row]) -> None:
    """Write the list: columns split, file, reason."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=Row._fields).to_csv(path, index=False, lineterminator="\n")


def check_share(rows: list[Row], what: str, total: int, path: pathlib.Path) -> None:
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
