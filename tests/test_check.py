"""What the stage `check` refuses of a dataset's paths."""

import pathlib
from typing import Any

import pytest

from stages import check
from stages.support import recipes
from wsol.errors import InputError


@pytest.fixture
def paths(tmp_path: pathlib.Path) -> dict[str, Any]:
    """A folder of pictures and two annotation files, which exist."""
    (tmp_path / "images").mkdir()
    for split in ("train", "test"):
        (tmp_path / f"{split}.json").write_text("{}")
    files = {split: str(tmp_path / f"{split}.json") for split in ("train", "test")}
    return {"images": str(tmp_path / "images"), **files}


def check_source(paths: dict[str, Any], *outputs: str) -> None:
    check.check_source(recipes.Coco.model_validate({"coco": paths}), outputs)


def test_paths_that_exist(paths: dict[str, Any], tmp_path: pathlib.Path) -> None:
    check_source(paths, "data/heatmaps")
    check_source({**paths, "images": {"train": str(tmp_path), "test": paths["images"]}})


@pytest.mark.parametrize("name", ["images", "train", "test"])
def test_paths_that_a_run_would_delete(paths: dict[str, Any], name: str, tmp_path: pathlib.Path) -> None:
    for output in (paths[name], *([str(tmp_path)] if name == "images" else [])):
        with pytest.raises(InputError, match=rf"download\.coco\.{name} to lie outside .*; got .*, which a run deletes"):
            check_source(paths, output)


@pytest.mark.parametrize("images", ["nowhere", {"train": ".", "test": "nowhere"}])
def test_no_folder_of_pictures(paths: dict[str, Any], images: str | dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"download\.coco\.images to be a folder; there is no folder nowhere: correct"):
        check_source({**paths, "images": images})


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("path", ["nowhere.json", "."])  # a folder is no file
def test_no_annotation_file(paths: dict[str, Any], split: str, path: str) -> None:
    with pytest.raises(InputError, match=rf"there is no file {path}: correct download\.coco\.{split}\."):
        check_source({**paths, split: path})


def test_train_and_test_are_one_file(paths: dict[str, Any], tmp_path: pathlib.Path) -> None:
    # by another path
    other = f"{tmp_path}/images/../train.json"
    with pytest.raises(InputError, match=r"download\.coco\.train and download\.coco\.test to be two files; got"):
        check_source({**paths, "test": other})
