"""What is left out of a COCO folder, what is changed, and the lists of both."""

import pathlib

import pandas as pd
import pytest
from coco_folders import HEIGHT, TEST, TRAIN, WIDTH, Folder, png, rows

from wsol.errors import InputError


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> Folder:
    return Folder(tmp_path)


def changed(folder: Folder) -> list[list[str]]:
    """The rows of changed.csv."""
    return pd.read_csv(folder.prepare()[0].data_path / "changed.csv").to_numpy().tolist()


# ---------------------------------------------------------------- bad boxes


@pytest.mark.parametrize(
    ("bbox", "reason"),
    [
        ([10, 5, 0, 10], "box [10, 5, 0, 10] has no area"),
        ([30, 5, -20, 10], "box [30, 5, -20, 10] has swapped corners"),
        ([50, 5, 20, 10], "box [50, 5, 20, 10] is outside the image of 40 x 20"),
        ([-20, 5, 20, 10], "box [-20, 5, 20, 10] is outside the image of 40 x 20"),
        ([10, 5, 20], "box [10, 5, 20] is not four numbers"),
        ([10, 5, 20, "10"], "box [10, 5, 20, '10'] is not four numbers"),
    ],
)
def test_a_bad_box_is_left_out_and_listed(folder: Folder, bbox: list, reason: str) -> None:
    folder.annotation("test", 3)["bbox"] = bbox
    table, remarks, left_out = rows(folder)
    assert left_out == [["test", TEST[3], reason]]
    assert remarks == ["left out 1 boxes, listed in data/my_pets/left_out.csv"]
    assert len(table.loc[TEST[3], "boxes_yxyx"]) == 0  # the picture stays, with its class
    assert table.loc[TEST[3], "label"] == 1


def test_a_box_over_the_edge_is_clipped(folder: Folder) -> None:
    folder.annotation("test", 3)["bbox"] = [-10, 5, 20, 100]
    table, remarks, left_out = rows(folder)
    # from x -10 to 10, y 5 to 105
    assert table.loc[TEST[3], "boxes_yxyx"].tolist() == [0.25, 0, 1, 0.25]
    assert (remarks, left_out) == (["clipped 1 boxes to their pictures, listed in data/my_pets/changed.csv"], [])
    reason = "box [-10, 5, 20, 100] reaches over the edge of the image of 40 x 20"
    assert changed(folder) == [["test", TEST[3], reason]]


# ---------------------------------------------------------------- bad pictures


def test_bad_pictures_are_left_out_and_listed(folder: Folder) -> None:
    (folder.images / TRAIN[4]).write_bytes(b"<html>")
    _, remarks, left_out = rows(folder)
    assert left_out == [["train", TRAIN[4], "cannot be read as a picture (UnidentifiedImageError)"]]
    assert remarks == ["left out 1 pictures that cannot be used, listed in data/my_pets/left_out.csv"]


def test_a_missing_picture(folder: Folder) -> None:
    (folder.images / TEST[4]).unlink()
    table, _, left_out = rows(folder)
    assert left_out == [["test", TEST[4], f"there is no such file in {folder.images}"]]
    assert TEST[4] not in table.index


def test_a_picture_of_another_shape(folder: Folder) -> None:
    (folder.images / TEST[4]).write_bytes(png(0, (30, 30)))
    assert rows(folder)[2] == [["test", TEST[4], "has 30 x 30 pixels, its annotation says 40 x 20"]]


def test_resized_copies_keep_their_boxes_fractions(folder: Folder) -> None:
    (folder.images / TEST[4]).write_bytes(png(0, (WIDTH // 2, HEIGHT // 2)))
    table, remarks, left_out = rows(folder)
    assert left_out == []
    assert table.loc[TEST[4], "boxes_yxyx"].tolist() == [0.25, 0.25, 0.75, 0.75]
    assert remarks == [
        "1 pictures are resized copies, listed in data/my_pets/changed.csv: boxes are fractions of the annotated width "
        "and height"
    ]
    assert changed(folder) == [["test", TEST[4], "has 20 x 10 pixels, its annotation says 40 x 20"]]


def test_a_picture_of_train_that_is_in_test_too(folder: Folder) -> None:
    (folder.images / TRAIN[4]).write_bytes((folder.images / TEST[2]).read_bytes())
    assert rows(folder)[2] == [["train", TRAIN[4], "is in test too, with the same bytes"]]
    folder.options["duplicates"] = "keep"
    assert rows(folder)[2] == []


def test_a_picture_of_train_stays_if_its_twin_in_test_cannot_be_used(folder: Folder) -> None:
    twin = png(0, (30, 30))
    for split, name in (("train", TRAIN[4]), ("test", TEST[2])):
        (folder.images / name).write_bytes(twin)
        (image,) = (image for image in getattr(folder, split)["images"] if image["file_name"] == name)
        image.update(width=30, height=30 if split == "train" else 20)  # of another shape in test
    table, _, left_out = rows(folder)
    assert left_out == [["test", TEST[2], "has 30 x 30 pixels, its annotation says 30 x 20"]]
    assert TRAIN[4] in table.index


def test_a_picture_that_is_listed_twice(folder: Folder) -> None:
    folder.test["images"][1]["file_name"] = TEST[0]
    assert rows(folder)[2] == [["test", TEST[0], "is in the annotation file twice"]]


def test_a_tenth_may_be_left_out_and_no_more(folder: Folder) -> None:
    for name in TEST[:2]:
        (folder.images / name).unlink()
    with pytest.raises(InputError, match=rf"but 2 of 10 are not, the first {TEST[0]}: there is no such file") as error:
        folder.prepare()
    path = folder.path / "work/left_out.csv"
    assert str(path) in str(error.value)
    assert pd.read_csv(path)["file"].tolist() == TEST[:2]
