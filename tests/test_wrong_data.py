"""Wrong input of data, by name: each is answered in one sentence, and no dataset is written."""

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
import tfds_builders as tiny
from coco_folders import TEST, TRAIN, Folder, png

from wsol.errors import InputError


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> Folder:
    return Folder(tmp_path)


def sentence(prepare: Callable[[], Any], path: pathlib.Path) -> str:
    """The sentence that a preparation ends with. It has written no dataset."""
    with pytest.raises(InputError) as error:
        prepare()
    text = str(error.value)
    assert text.startswith("Expected ")
    assert text.endswith(".")
    assert "\n" not in text
    assert not list(path.glob("work/m*/1.0.0"))
    return text


def set_in(row: int, **values: Any) -> Callable[[Folder], None]:
    """A change of an annotation of test."""
    return lambda folder: folder.annotation("test", row).update(values)


def image(row: int, **values: Any) -> Callable[[Folder], None]:
    """A change of an image of test."""
    return lambda folder: folder.test["images"][row].update(values)


def without(split: str, name: str) -> Callable[[Folder], None]:
    return lambda folder: getattr(folder, split).pop(name)


def boxes(split: str, bbox: list[float]) -> Callable[[Folder], Any]:
    """Two bad boxes of a split."""
    return lambda folder: [folder.annotation(split, row).update(bbox=bbox) for row in (0, 1)]


def normalised(split: str) -> Callable[[Folder], None]:
    """All boxes of a split as fractions of their images of 40 x 20 pixels."""

    def change(folder: Folder) -> None:
        for annotation in getattr(folder, split)["annotations"]:
            annotation["bbox"] = [0.25, 0.25, 0.5, 0.5]

    return change


def renamed(name: Any) -> Callable[[Folder], Any]:
    """The first category of both files under another name."""
    return lambda folder: [content["categories"][0].update(name=name) for content in (folder.train, folder.test)]


def files(split: str, content: bytes | None) -> Callable[[Folder], None]:
    """Two pictures of a split replaced or removed."""

    def change(folder: Folder) -> None:
        for name in {"train": TRAIN, "test": TEST}[split][:2]:
            (folder.images / name).unlink()
            if content is not None:
                (folder.images / name).write_bytes(content)

    return change


def same_files_for_both(folder: Folder) -> None:
    folder.test = folder.train


def swapped_ids(folder: Folder) -> None:
    """The test file gives the cat the id that a category of train alone has."""
    folder.train["categories"].append({"id": 8, "name": "hen"})
    folder.test["categories"][0]["id"] = 8
    for annotation in folder.test["annotations"][::2]:
        annotation["category_id"] = 8


CHANGES: dict[str, tuple[Callable[[Folder], Any], str]] = {
    "no such folder": (
        lambda folder: setattr(folder, "images", pathlib.Path("nowhere")),
        "download.coco.images to be a folder; there is no folder nowhere",
    ),
    "no list of images": (without("train", "images"), "to have a list 'images', as COCO's detection format"),
    "no list of annotations": (without("test", "annotations"), "to have a list 'annotations'"),
    "an image without a file name": (image(3, file_name=None), "to give each of its images 'file_name'; got"),
    "an image without an id": (image(3, id=None), "to give each of its images 'id'"),
    "an image of no size": (image(3, width=0), "a width and a height in pixels; got 0 and 20 for test3.png"),
    "an image with a size in words": (image(3, height="20 px"), "a height in pixels; got 40 and '20 px'"),
    "an id of two images": (image(3, id=500), "to use each id of its images once; got 500 twice"),
    "ids of two types": (image(3, id="x"), "to be all whole numbers or all text"),
    "a file outside the folder": (image(3, file_name="../secret.png"), "got ../secret.png"),
    "an absolute file name": (image(3, file_name="/etc/hosts"), "to name files inside download.coco.images"),
    "a file name that is a number": (image(3, file_name=5), "to give each image a file_name in text; got 5: correct"),
    "an id that is a list": (image(3, id=[503]), "to be all whole numbers or all text"),
    "an id that is true": (image(3, id=True), "to be all whole numbers or all text"),
    "an image_id that is a list": (set_in(3, image_id=[503]), "to give image_id as a whole number or text; got [503]"),
    "an image_id that is true": (set_in(3, image_id=True), "to give image_id as a whole number or text; got True"),
    "a category_id that is an object": (set_in(3, category_id={"id": 7}), "to give category_id as a whole number"),
    "a name that is a number": (renamed(5), "text, without spaces at its ends; got 5: correct it"),
    "a name of spaces": (renamed(" "), "text, without spaces at its ends; got ' '"),
    "a name with a space at its end": (renamed("cat "), "got 'cat '"),
    "a crowd of two": (set_in(3, iscrowd=2), "to give iscrowd as 0 or 1; got 2: correct it"),
    "a crowd in words": (set_in(3, iscrowd="no"), "to give iscrowd as 0 or 1; got 'no'"),
    "a crowd in a list": (set_in(3, iscrowd=[1]), "to give iscrowd as 0 or 1; got [1]"),
    "boxes that are fractions": (
        normalised("test"),
        "test.json to give boxes in pixels, but most have no number above 1, such as [0.25, 0.25, 0.5, 0.5]",
    ),
    "an annotation of no image": (set_in(3, image_id=1), "got image 1 and category 90"),
    "an annotation of no category": (set_in(3, category_id=1), "of an image and a category of its file; got image 503"),
    "an annotation without a category": (set_in(3, category_id=None), "its annotations 'category_id'"),
    "a category in test alone": (
        lambda folder: folder.test["categories"].append({"id": 1, "name": "hen"}),
        "but 'hen' is in the test file alone",
    ),
    "two categories of one name": (
        lambda folder: folder.train["categories"].append({"id": 1, "name": "cat"}),
        "names of categories to differ; got 'cat' twice",
    ),
    "two categories of one id": (
        lambda folder: folder.train["categories"].append({"id": 7, "name": "hen"}),
        "each id of its categories once; got 7 twice",
    ),
    "another id in each file": (
        swapped_ids,
        "a category to have the same id in both COCO files",
    ),
    "numbers in one file and text in the other": (
        lambda folder: [image.update(id=str(image["id"])) for image in folder.train["images"]],
        "Expected ids of images to be numbers, or text, in both COCO files",
    ),
    "a single category": (
        lambda folder: [
            (content["categories"].pop(), content.update(annotations=content["annotations"][::2]))
            for content in (folder.train, folder.test)
        ],
        "at least two classes to tell apart; got 1 (cat)",
    ),
    "an unknown class": (lambda folder: setattr(folder, "classes", ["cat", "dgo"]), "got 'dgo', nearest are dog"),
    "no annotations": (lambda folder: folder.test["annotations"].clear(), "but no annotation of download.coco.test"),
    "too many swapped corners": (
        boxes("test", [30, 5, -20, 10]),
        "nine of ten boxes of test to be usable, but 2 of 10",
    ),
    "too many boxes outside": (boxes("train", [90, 5, 20, 10]), "is outside the image of 40 x 20; "),
    "too many damaged pictures": (files("train", b"<html>"), "nine of ten pictures of train to be usable, but 2 of 12"),
    "too many missing pictures": (files("test", None), "the first test0.png: there is no such file in"),
    "too many pictures of another shape": (files("test", png(0, (30, 30))), "has 30 x 30 pixels, its annotation says"),
    "train and test are the same": (same_files_for_both, "the first train0.png: is in test too, with the same bytes"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_wrong_coco_folder(name: str, folder: Folder) -> None:
    change, expected = CHANGES[name]
    change(folder)
    assert expected in sentence(folder.prepare, folder.path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "a COCO annotation file; there is no file"),
        ("{", "but it is not JSON"),
        ("\xff", "but it is not JSON"),
        ("[1]", "an object; got a list"),
        (json.dumps({"images": {}}), "to have a list 'images'"),
    ],
    ids=["missing", "damaged", "not text", "a list", "a dict of images"],
)
def test_a_wrong_annotation_file(content: str | None, expected: str, folder: Folder) -> None:
    (folder.path / "test.json").write_text(json.dumps(folder.test))
    if content is not None:
        (folder.path / "train.json").write_bytes(content.encode("latin1"))
    assert expected in sentence(folder.prepare_as_it_is, folder.path)


TFDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "an unknown split": (
        "cars196",
        {"test": "tset"},
        "download.test to name a split of tiny (train, test); got 'tset'",
    ),
    "a box and a mask": ("caltech_birds2011", {}, "one of the features bbox, segmentation_mask; none is named"),
    "an unknown feature of boxes": ("cars196", {"boxes": "bboxes"}, "one of the features bbox; got 'bboxes'"),
    "boxes where there are none": ("imagenet", {"boxes": "bbox"}, "got 'bbox'"),
    "two classes": (
        "oxford_iiit_pet",
        {"boxes": "head_bbox"},
        "download.label to name one of the features label, species",
    ),
    "a mask without background": (
        "oxford_iiit_pet",
        {"label": "label", "boxes": "segmentation_mask"},
        "but a mask holds 1, 2, 3: name the object's values in download.object_values",
    ),
    "an unknown class": ("cars196", {"classes": ["ant", "be"]}, "got 'be', nearest are bee"),
}


@pytest.mark.parametrize("name", TFDS)
def test_a_wrong_recipe_of_a_tfds_dataset(name: str, tmp_path: pathlib.Path) -> None:
    spec, options, expected = TFDS[name]
    tiny.store(tmp_path, spec, tiny.examples(spec))
    assert expected in sentence(lambda: tiny.prepare(tmp_path, **options), tmp_path)


def test_a_dataset_that_tfds_does_not_have(tmp_path: pathlib.Path) -> None:
    text = sentence(lambda: tiny.prepare(tmp_path), tmp_path)
    assert "to name a dataset of TensorFlow Datasets; got 'tiny'" in text


def test_a_class_without_pictures_in_test(tmp_path: pathlib.Path) -> None:
    splits = tiny.examples("cars196")
    splits["test"] = splits["test"][:1]  # an ant
    tiny.store(tmp_path, "cars196", splits)
    text = sentence(lambda: tiny.prepare(tmp_path, classes=["bee", "cow"]), tmp_path)
    assert "Expected pictures of the chosen classes in test of tiny, but there is none" in text
