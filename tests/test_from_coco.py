"""COCO folders made by hand, through the code of the stage `download`."""

import io
import pathlib
from typing import Any

import numpy as np
import pytest
from coco_folders import HEIGHT, TEST, TRAIN, WIDTH, Folder, png, rows
from PIL import Image

from stages import download, heatmaps
from wsol.data import datasets
from wsol.errors import InputError


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> Folder:
    return Folder(tmp_path)


def test_labels_boxes_and_ids(folder: Folder) -> None:
    table, remarks, left_out = rows(folder)
    assert (remarks, left_out) == ([], [])
    assert table["split"].value_counts().to_dict() == {"fit": 10, "test": 10, "holdout": 2}
    assert table.loc[TRAIN, "label"].tolist() == [0, 1] * 6
    assert table.loc[TRAIN, "image_id"].tolist() == [*range(100, 112)]
    assert table.loc[TEST, "image_id"].tolist() == [*range(500, 510)]
    # x 10 / 40, y 5 / 20, width 20 / 40, height 10 / 20
    assert {tuple(boxes) for boxes in table["boxes_yxyx"]} == {(0.25, 0.25, 0.75, 0.75)}


def test_categories_keep_ids_with_gaps(folder: Folder) -> None:
    builder, _ = folder.prepare()
    assert builder.info.features["label"].names == ["cat", "dog"]
    assert datasets.category_ids(builder) == [7, 90]


def test_ids_may_be_text(folder: Folder) -> None:
    for split in ("train", "test"):
        content = getattr(folder, split)
        for image in content["images"]:
            image["id"] = f"i{image['id']}"
        for annotation in content["annotations"]:
            annotation["image_id"] = f"i{annotation['image_id']}"
    table, _, _ = rows(folder)
    assert table.loc[TEST[:2], "image_id"].tolist() == ["i500", "i501"]


def test_categories_may_have_another_order_in_test(folder: Folder) -> None:
    folder.test["categories"].reverse()
    assert rows(folder)[0].loc[TEST, "label"].tolist() == [0, 1] * 5


def test_a_category_of_train_alone_keeps_its_id(folder: Folder) -> None:
    folder.train["categories"].append({"id": 3, "name": "hen"})
    assert datasets.category_ids(folder.prepare()[0]) == [7, 90, 3]


@pytest.mark.parametrize("nothing", [None, [], "missing"])
def test_an_annotation_without_a_box_gives_the_class(folder: Folder, nothing: list | str | None) -> None:
    for annotation in folder.train["annotations"] + folder.test["annotations"]:
        annotation["bbox"] = nothing
        if nothing == "missing":
            del annotation["bbox"]
    table, remarks, left_out = rows(folder)
    assert (remarks, left_out) == ([], [])
    assert table.loc[TRAIN, "label"].tolist() == [0, 1] * 6
    assert table["boxes_yxyx"].map(len).sum() == 0


@pytest.mark.parametrize(("crowd", "no_crowd"), [(1, 0), ("1", "0"), (True, False), (1.0, None)])
def test_a_crowd_gives_the_class_and_no_box(folder: Folder, crowd: Any, no_crowd: Any) -> None:
    folder.annotation("test", 0)["iscrowd"] = crowd
    folder.annotation("test", 1)["iscrowd"] = no_crowd
    table, _, _ = rows(folder)
    assert table.loc[TEST[:2], "boxes_yxyx"].map(len).tolist() == [0, 4]
    assert table.loc[TEST[0], "label"] == 0


def test_some_boxes_may_be_below_a_pixel(folder: Folder) -> None:
    folder.annotation("test", 0)["bbox"] = [0.25, 0.25, 0.5, 0.5]
    # in pictures of 40 x 20 pixels
    corners = np.array([0.25 / 20, 0.25 / 40, 0.75 / 20, 0.75 / 40])
    np.testing.assert_allclose(rows(folder)[0].loc[TEST[0], "boxes_yxyx"], corners, rtol=1e-6)


def test_of_several_classes_the_one_of_the_largest_area(folder: Folder) -> None:
    # the picture's cat has 20 * 10 = 200 pixels; the dogs have 2 * 11 * 10 = 220
    for x in (0, 20):
        folder.test["annotations"].append({"id": x, "image_id": 500, "category_id": 90, "bbox": [x, 0, 11, 10]})
    table, remarks, _ = rows(folder)
    assert table.loc[TEST[0], "label"] == 1
    assert table.loc[TEST[0], "boxes_yxyx"].reshape(2, 4)[:, 1].tolist() == [0, 0.5]
    assert remarks == ["1 pictures have several classes: the label is the one of the largest area"]


def test_some_classes(folder: Folder) -> None:
    folder.train["categories"].append({"id": 3, "name": "hen"})
    folder.annotation("train", 0)["category_id"] = 3
    folder.classes = ["hen", "dog"]
    builder, remarks = folder.prepare()
    assert builder.info.features["label"].names == ["dog", "hen"]
    assert datasets.category_ids(builder) == [90, 3]
    assert builder.info.splits["train"].num_examples == 7  # six dogs and a hen
    assert remarks == ["left out 10 pictures without an annotation of the classes"]  # 5 cats of each split


def test_pictures_without_an_annotation_are_counted(folder: Folder) -> None:
    del folder.train["annotations"][:3]
    table, remarks, left_out = rows(folder)
    assert len(table) == 19
    assert left_out == []
    assert remarks == ["left out 3 pictures without an annotation of the classes"]


def test_a_class_with_a_single_picture_of_train_has_it_in_fit(folder: Folder) -> None:
    folder.train["categories"] += [{"id": 3, "name": "hen"}, {"id": 4, "name": "owl"}]
    folder.annotation("train", 0)["category_id"] = 3
    builder, _ = folder.prepare()
    table = datasets.table(builder, 0.2, 0)
    assert table.loc[table["label"] == 2, "split"].tolist() == ["fit"]
    assert download.check_train(builder) == ["1 classes have no picture in train, such as owl"]


def test_no_picture_can_be_held_out(folder: Folder) -> None:
    for name in ("images", "annotations"):
        del folder.train[name][2:]  # a cat and a dog are left
    builder, _ = folder.prepare()
    with pytest.raises(InputError, match=r"at least two pictures in train, .* got 2 pictures of as many classes: add"):
        download.check_train(builder)


def test_the_turned_picture_has_the_annotations_boxes(folder: Folder) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # stored 20 x 40, shown 40 x 20
    buffer = io.BytesIO()
    Image.open(folder.images / TEST[4]).rotate(90, expand=True).save(buffer, "PNG", exif=exif)
    shown = (folder.images / TEST[4]).read_bytes()
    (folder.images / TEST[4]).write_bytes(buffer.getvalue())
    builder, remarks = folder.prepare()
    assert remarks == []
    examples = {str(row["image/filename"], "utf8"): row for row in builder.as_dataset(split="test").as_numpy_iterator()}
    np.testing.assert_array_equal(examples[TEST[4]]["image"], np.asarray(Image.open(io.BytesIO(shown))))


def test_the_size_of_a_resized_copy_is_that_of_its_annotation(folder: Folder) -> None:
    (folder.images / TEST[4]).write_bytes(png(0, (WIDTH // 2, HEIGHT // 2)))
    examples = datasets.all_encoded(folder.prepare()[0], "test")
    # the index of the heatmaps, and so data/coco, has these sizes
    sizes = {tuple(size) for _, size, _ in heatmaps.sized(examples, 32).as_numpy_iterator()}
    assert sizes == {(HEIGHT, WIDTH)}


def test_each_annotation_file_may_have_its_folder(folder: Folder) -> None:
    (folder.path / "test").mkdir()
    for name in TEST:
        (folder.images / name).rename(folder.path / "test" / name)
    folder.options["images"] = {"train": str(folder.images), "test": str(folder.path / "test")}
    assert rows(folder)[2] == []


def test_a_second_run_reads_the_files_anew(folder: Folder) -> None:
    folder.prepare()
    folder.annotation("test", 3)["bbox"] = [0, 0, 40, 20]
    assert rows(folder)[0].loc[TEST[3], "boxes_yxyx"].tolist() == [0, 0, 1, 1]
