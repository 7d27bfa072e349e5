"""COCO files, by hand and read by pycocotools."""

import json
import pathlib

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from wsol.data import coco

SIZES = np.array([[100, 200], [50, 50], [100, 100], [100, 100]])
GROUND_TRUTH_YXYX = np.zeros((4, 2, 4))
GROUND_TRUTH_YXYX[:, 0] = np.array([[0, 0, 0.5, 0.5], [0, 0, 1, 1], [0, 0, 0.5, 0.5], [0.2, 0.2, 0.4, 0.4]])
GROUND_TRUTH_YXYX[1, 1] = [0, 0, 0.1, 0.1]
LABELS = np.zeros(4, int)
IDS = coco.Ids([1, 2, 3, 4], [1, 2])


def test_boxes_are_in_pixels_of_their_image() -> None:
    boxes_yxyx = np.array([[0.1, 0.2, 0.5, 0.6], [0.1, 0.2, 0.5, 0.6]])
    boxes_xywh = coco.boxes_xywh(boxes_yxyx, np.array([[100, 200], [10, 10]]))
    # x 0.2 * 200, y 0.1 * 100, width 0.4 * 200, height 0.4 * 100; second image: each fraction times 10
    assert boxes_xywh.tolist() == [[40, 10, 80, 40], [2, 1, 4, 4]]


def test_boxes_are_rounded_to_hundredths_of_a_pixel() -> None:
    boxes_xywh = coco.boxes_xywh(np.array([[0, 1 / 3, 2 / 3, 1]]), np.array([[100, 100]]))
    assert boxes_xywh.tolist() == [[33.33, 0, 66.67, 66.67]]


def test_no_boxes() -> None:
    assert coco.boxes_xywh(np.zeros((0, 4)), np.zeros((0, 2))).shape == (0, 4)


def test_empty_boxes_are_left_out() -> None:
    boxes_yxyx = np.array([[0, 0, 0, 0], [0, 0, 1, 1], [0.5, 0.5, 0.5, 0.9], [0, 0, 1, 1]])
    detections = coco.results(boxes_yxyx, SIZES, np.array([0, 1, 0, 0]), np.array([0.1, 0.2, 0.3, 0.4]), IDS)
    assert detections == [
        {"image_id": 2, "category_id": 2, "bbox": [0, 0, 50, 50], "score": 0.2},
        {"image_id": 4, "category_id": 1, "bbox": [0, 0, 100, 100], "score": 0.4},
    ]


def test_ground_truth_holds_every_box_and_every_class() -> None:
    labels = np.array([0, 1, 0, 0])
    content = coco.ground_truth(list("abcd"), SIZES, labels, GROUND_TRUTH_YXYX, ["beagle", "pug"], IDS)
    assert [annotation["image_id"] for annotation in content["annotations"]] == [1, 2, 2, 3, 4]
    # the second box of the second image: 0.1 * 50 = 5 pixels on each side
    expected = {"id": 3, "image_id": 2, "category_id": 2, "bbox": [0, 0, 5, 5], "area": 25, "iscrowd": 0}
    assert content["annotations"][2] == expected
    assert content["images"][0] == {"id": 1, "file_name": "a", "height": 100, "width": 200}
    assert content["categories"] == [{"id": 1, "name": "beagle"}, {"id": 2, "name": "pug"}]


def test_ids_are_those_of_the_source() -> None:
    ids = coco.Ids(["w", "x", "y", "z"], [40, 7])
    content = coco.ground_truth(list("abcd"), SIZES, np.array([0, 1, 0, 0]), GROUND_TRUTH_YXYX, ["beagle", "pug"], ids)
    assert [image["id"] for image in content["images"]] == ["w", "x", "y", "z"]
    assert content["categories"] == [{"id": 40, "name": "beagle"}, {"id": 7, "name": "pug"}]
    assert [row["image_id"] for row in content["annotations"]] == ["w", "x", "x", "y", "z"]
    assert [row["category_id"] for row in content["annotations"]] == [40, 7, 7, 40, 40]
    (detection,) = coco.results(np.array([[0, 0, 1, 1]]), SIZES[:1], np.array([1]), np.array([0.5]), ids)
    assert (detection["image_id"], detection["category_id"]) == ("w", 7)


def average_precision(folder: pathlib.Path, boxes_yxyx: np.ndarray, scores: np.ndarray) -> float:
    content = coco.ground_truth(list("abcd"), SIZES, LABELS, GROUND_TRUTH_YXYX, ["beagle"], coco.Ids([1, 2, 3, 4], [1]))
    (folder / "ground_truth.json").write_text(json.dumps(content))
    (folder / "results.json").write_text(json.dumps(coco.results(boxes_yxyx, SIZES, LABELS, scores, IDS)))
    ground_truth = COCO(str(folder / "ground_truth.json"))
    evaluation = COCOeval(ground_truth, ground_truth.loadRes(str(folder / "results.json")), "bbox")
    evaluation.params.iouThrs = np.array([0.5])
    evaluation.evaluate()
    evaluation.accumulate()
    return float(evaluation.eval["precision"][0, :, 0, 0, -1].mean())


# IoU with the ground truth: 1, 1, 1/3 (a third of the width), 1; one of the five boxes has no detection
DETECTIONS_YXYX = np.array([[0, 0, 0.5, 0.5], [0, 0, 1, 1], [0, 0, 0.5, 0.5 / 3], [0.2, 0.2, 0.4, 0.4]])


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # COCO averages over the recalls 0, 0.01 … 1 the best precision at that recall or above.
        # By falling score right, right, wrong, right: precision 1/1, 2/2, 2/3, 3/4 at recall 0.2, 0.4, 0.4, 0.6.
        # So 1 up to 0.4 (41 recalls), 3/4 up to 0.6 (20), 0 above (40).
        ([0.9, 0.8, 0.7, 0.6], (41 * 1 + 20 * 0.75) / 101),
        # wrong, right, right, right: precision 0, 1/2, 2/3, 3/4. So 3/4 up to 0.6 (61 recalls).
        ([0.8, 0.7, 0.9, 0.6], 61 * 0.75 / 101),
    ],
)
def test_average_precision_by_hand(scores: list[float], expected: float, tmp_path: pathlib.Path) -> None:
    precision = average_precision(tmp_path, DETECTIONS_YXYX, np.array(scores))
    assert precision == pytest.approx(expected, abs=1e-6)
