"""What is written for COCO, read back by pycocotools."""

import json
import pathlib

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from wsol.data import coco

SIZES = np.array([[100, 200], [50, 50], [100, 100], [100, 100]])
TRUTH = np.zeros((4, 2, 4))
TRUTH[:, 0] = np.array([[0, 0, 0.5, 0.5], [0, 0, 1, 1], [0, 0, 0.5, 0.5], [0.2, 0.2, 0.4, 0.4]])
TRUTH[1, 1] = [0, 0, 0.1, 0.1]
LABELS = np.zeros(4, int)


def test_boxes_are_pixels_of_their_own_image() -> None:
    boxes = coco.boxes_xywh(np.array([[0.1, 0.2, 0.5, 0.6]]), np.array([[100, 200]]))
    assert boxes.tolist() == [[40, 10, 80, 40]]  # x .2 * 200, y .1 * 100, width .4 * 200, height .4 * 100


def test_empty_boxes_are_left_out() -> None:
    boxes = np.array([[0, 0, 0, 0], [0, 0, 1, 1], [0.5, 0.5, 0.5, 0.9], [0, 0, 1, 1]])
    found = coco.results(boxes, SIZES, LABELS, np.ones(4))
    assert [row["image_id"] for row in found] == [2, 4]


def test_ground_truth_keeps_every_dog_and_every_class() -> None:
    truth = coco.ground_truth(list("abcd"), SIZES, LABELS, TRUTH, ["beagle", "pug"])
    assert [row["image_id"] for row in truth["annotations"]] == [1, 2, 2, 3, 4]
    assert truth["annotations"][2]["bbox"] == [0, 0, 5, 5]
    assert truth["annotations"][2]["area"] == 25
    assert truth["images"][0] == {"id": 1, "file_name": "a", "height": 100, "width": 200}
    assert [row["name"] for row in truth["categories"]] == ["beagle", "pug"]


def average_precision(folder: pathlib.Path, boxes_yxyx: np.ndarray, scores: np.ndarray) -> float:
    truth = coco.ground_truth(list("abcd"), SIZES, LABELS, TRUTH, ["beagle"])
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "found.json").write_text(json.dumps(coco.results(boxes_yxyx, SIZES, LABELS, scores)))
    known = COCO(str(folder / "truth.json"))
    evaluation = COCOeval(known, known.loadRes(str(folder / "found.json")), "bbox")
    evaluation.params.iouThrs = np.array([0.5])
    evaluation.evaluate()
    evaluation.accumulate()
    return float(evaluation.eval["precision"][0, :, 0, 0, -1].mean())


def test_average_precision_by_hand(tmp_path: pathlib.Path) -> None:
    # by falling score: image 1 right, 2 right, 3 at an IoU of 1/3 wrong, 4 right; five dogs to find.
    # precision after each: 1/1 at a recall of .2, 2/2 at .4, 2/3, 3/4 at .6. COCO reads off the best precision at no
    # less recall at 0, .01 … 1: 1 up to .4 (41 points), 3/4 up to .6 (20 points), 0 beyond (40)
    boxes = np.array([[0, 0, 0.5, 0.5], [0, 0, 1, 1], [0, 0, 0.5, 0.5 / 3], [0.2, 0.2, 0.4, 0.4]])
    found = average_precision(tmp_path, boxes, np.array([0.9, 0.8, 0.7, 0.6]))
    assert found == pytest.approx((41 * 1 + 20 * 0.75) / 101, abs=1e-6)


def test_the_order_of_the_scores_counts(tmp_path: pathlib.Path) -> None:
    # the wrong one first: precision 0, 1/2, 2/3, 3/4, so 3/4 up to a recall of .6 (61 points)
    boxes = np.array([[0, 0, 0.5, 0.5], [0, 0, 1, 1], [0, 0, 0.5, 0.5 / 3], [0.2, 0.2, 0.4, 0.4]])
    found = average_precision(tmp_path, boxes, np.array([0.8, 0.7, 0.9, 0.6]))
    assert found == pytest.approx(61 * 0.75 / 101, abs=1e-6)
