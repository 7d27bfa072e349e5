"""The paths of `download.coco`. The stage `check` checks them before DVC removes any output."""

import pathlib

from stages.support.recipes import CocoFiles
from wsol.errors import InputError


def folders(source: CocoFiles) -> dict[str, str]:
    """From `train` and `test` to the folder of their pictures."""
    if isinstance(source.images, str):
        return {"train": source.images, "test": source.images}
    return source.images.model_dump()


def check(source: CocoFiles) -> None:
    """Raise InputError unless the folders and the files exist, and train and test are two files."""
    for folder in folders(source).values():
        if not pathlib.Path(folder).is_dir():
            raise InputError(f"Expected download.coco.images to be a folder; there is no folder {folder}: correct it.")
    for split in ("train", "test"):
        if not pathlib.Path(getattr(source, split)).is_file():
            raise InputError(
                f"Expected a COCO annotation file; there is no file {getattr(source, split)}: correct "
                f"download.coco.{split}."
            )
    if pathlib.Path(source.train).samefile(source.test):
        raise InputError(
            f"Expected download.coco.train and download.coco.test to be two files; got {source.test} for both: correct "
            "one."
        )
