"""Datasets with the features of well-known ones, through the code of the stage `download`."""

import pathlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow_datasets as tfds
import tfds_builders as tiny
from tfds_builders import BOX, NAMES, SPECS, example, examples, prepare, store

from wsol.data import annotations, datasets, prepared

SAME_BOX = [0.25, 0.25, 0.75, 0.75]


def table_of(folder: pathlib.Path, **options: Any) -> pd.DataFrame:
    return datasets.table(prepare(folder, **options)[0], 0.5, 0)


@pytest.mark.parametrize(
    ("spec", "shape", "options"),
    [
        ("stanford_dogs", "boxes", {}),
        ("caltech_birds2011", "box", {"boxes": "bbox"}),
        ("caltech_birds2011", "mask", {"boxes": "segmentation_mask"}),
        ("cars196", "box", {}),
        (
            "oxford_iiit_pet",
            "mask",
            {"label": "label", "boxes": "segmentation_mask", "object_values": [1]},
        ),
        ("voc", "labelled boxes", {}),
        ("coco", "labelled boxes", {}),
        ("imagenet", "none", {}),
        ("boxes", "boxes", {}),
    ],
)
def test_the_shape_of_the_annotation_follows_from_the_features_types(
    spec: str, shape: str, options: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    named = {name: value for name, value in options.items() if name != "object_values"}
    assert annotations.annotation(SPECS[spec], **named).shape == shape
    source = store(tmp_path, spec, examples(spec))
    table = table_of(tmp_path, **options)
    labels = [
        int(row["label"] if "label" in row else row["objects"]["label"][0])
        for split in ("train", "test")
        for row in source.as_dataset(split=split).as_numpy_iterator()
    ]
    assert table["label"].tolist() == labels  # in the order of the source
    assert table["split"].value_counts().to_dict() == {"fit": 3, "holdout": 3, "test": 3}
    expected = {"none": [], "boxes": [*SAME_BOX, 0, 0, 0.25, 0.25]} if spec in ("imagenet", "boxes") else {}
    assert {tuple(boxes) for boxes in table["boxes_yxyx"]} == {tuple(expected.get(shape, SAME_BOX))}


def test_a_dataset_with_the_right_features_is_taken_as_it_is(tmp_path: pathlib.Path) -> None:
    source = store(tmp_path, "stanford_dogs", examples("stanford_dogs"))
    builder, remarks = prepare(tmp_path)
    assert prepared.is_uniform(source)
    assert remarks == []
    files = [{path.name: path.read_bytes() for path in folder.data_path.iterdir()} for folder in (source, builder)]
    assert files[0] == files[1]


@pytest.mark.parametrize("spec", ["caltech_birds2011", "cars196", "voc", "coco", "imagenet"])
def test_other_features_are_not_taken_as_they_are(spec: str, tmp_path: pathlib.Path) -> None:
    assert not prepared.is_uniform(store(tmp_path, spec, examples(spec)))


def test_file_names_and_ids(tmp_path: pathlib.Path) -> None:
    store(tmp_path, "coco", examples("coco"))
    builder, _ = prepare(tmp_path)
    table = datasets.table(builder, 0.5, 0)
    assert sorted(zip(table["image"], table["image_id"], strict=True)) == [(f"p{n}.png", 70 + n) for n in range(9)]
    assert datasets.category_ids(builder) == [1, 2, 3]


def test_a_dataset_without_file_names(tmp_path: pathlib.Path) -> None:
    store(tmp_path, "boxes", examples("boxes"))
    assert table_of(tmp_path)["image"].tolist()[:2] == ["train/000000", "train/000001"]


def test_a_repeated_file_name_is_replaced(tmp_path: pathlib.Path) -> None:
    splits = examples("coco")
    for row in splits["test"]:
        row["image/filename"] = "1.png"  # as of pictures in the folders of their classes
    store(tmp_path, "coco", splits)
    table = table_of(tmp_path)
    assert table.loc[table["split"] == "test", "image"].tolist() == ["1.png", "test/000001", "test/000002"]


def test_boxes_of_groups_do_not_count(tmp_path: pathlib.Path) -> None:
    crowd = {"id": 0, "bbox": BOX, "label": 2, "is_crowd": True}
    dog = {"id": 1, "bbox": tiny.SMALL, "label": 1, "is_crowd": False}
    splits = examples("coco")
    splits["test"][0]["objects"] = [crowd, dog]
    splits["test"][1]["objects"] = [crowd]
    store(tmp_path, "coco", splits)
    table = table_of(tmp_path).set_index("image")
    assert table.loc["p6.png", "label"] == 1
    assert table.loc["p6.png", "boxes_yxyx"].tolist() == [0, 0, 0.25, 0.25]
    assert table.loc["p7.png", "label"] == 2  # the crowd still gives the class
    assert len(table.loc["p7.png", "boxes_yxyx"]) == 0


def test_of_several_classes_the_one_of_the_largest_area(tmp_path: pathlib.Path) -> None:
    splits = examples("voc")
    more = {"bbox": tiny.SMALL, "label": 2, "pose": 0, "is_difficult": False}
    splits["train"][0]["objects"] = [more, *splits["train"][0]["objects"]]
    splits["train"][1]["objects"] = []
    store(tmp_path, "voc", splits)
    builder, remarks = prepare(tmp_path)
    table = datasets.table(builder, 0.5, 0).set_index("image")
    assert table.loc["p0.png", "label"] == 0
    assert remarks == [
        "left out 1 pictures without an annotation of the classes",
        "1 pictures have several classes: the label is the one of the largest area",
    ]


def test_some_classes(tmp_path: pathlib.Path) -> None:
    store(tmp_path, "cars196", examples("cars196"))
    builder, remarks = prepare(tmp_path, classes=["cow", "bee"])
    assert builder.info.features["label"].names == ["bee", "cow"]
    assert datasets.table(builder, 0.5, 0)["label"].value_counts().to_dict() == {0: 3, 1: 3}
    assert remarks == ["left out 3 pictures without an annotation of the classes"]


def test_splits_may_have_other_names(tmp_path: pathlib.Path) -> None:
    splits = examples("cars196")
    store(tmp_path, "cars196", {"train": splits["train"], "validation": splits["test"]})
    assert (table_of(tmp_path)["split"] == "test").sum() == 3  # validation, where there is no test
    table = table_of(tmp_path, train="train[:4]", test="train[4:]")
    assert (table["split"] == "test").sum() == 2


def test_an_empty_mask_is_no_box(tmp_path: pathlib.Path) -> None:
    splits = examples("caltech_birds2011")
    splits["test"][0]["segmentation_mask"] = np.zeros_like(tiny.MASK)
    store(tmp_path, "caltech_birds2011", splits)
    boxes = table_of(tmp_path, boxes="segmentation_mask").set_index("image")["boxes_yxyx"]
    assert len(boxes["p6.png"]) == 0


def test_pictures_that_tensorflow_cannot_show_are_left_out(tmp_path: pathlib.Path) -> None:
    splits = examples("imagenet")
    splits["train"] = [example("imagenet", number) for number in range(12)]
    splits["train"][5]["image"] = b"no picture"
    store(tmp_path, "imagenet", splits)
    builder, remarks = prepare(tmp_path)
    left_out = pd.read_csv(builder.data_path / "left_out.csv").to_numpy().tolist()
    assert left_out == [["train", "p5.png", "cannot be read as a picture (UnidentifiedImageError)"]]
    assert remarks == ["left out 1 pictures that cannot be used, listed in data/mine/left_out.csv"]


def test_a_class_of_the_picture_comes_before_one_of_its_objects() -> None:
    spec = {"image": tfds.features.Image(), "scene": tfds.features.ClassLabel(names=NAMES)}
    spec["objects"] = SPECS["voc"]["objects"]
    where = annotations.annotation(tfds.features.FeaturesDict(spec))
    assert (where.label, where.boxes, where.shape) == (("scene",), ("objects", "bbox"), "boxes")
