import numpy as np
import pytest

from wsol.scores import baselines

# two images, the second with two dogs; no box is at the centre
TRUTH = np.array([[[0, 0, 0.5, 1], [0, 0, 0, 0]], [[0.5, 0.5, 1, 1], [0.2, 0.4, 0.4, 0.6]]], float)


def test_the_full_image_has_the_boxes_area_as_iou() -> None:
    assert baselines.ious(baselines.FULL_IMAGE_YXYX[None], TRUTH, "first")[0].tolist() == [0.5, 0.25]


def test_centre_boxes() -> None:
    boxes = baselines.centre_boxes()
    assert boxes.shape == (100, 4)
    assert boxes[49] == pytest.approx([0.25, 0.25, 0.75, 0.75])
    assert boxes[-1] == pytest.approx([0, 0, 1, 1])


def test_mean_box_counts_every_dog_and_no_filling() -> None:
    # ymin (0 + .5 + .2) / 3, xmin (0 + .5 + .4) / 3, ymax (.5 + 1 + .4) / 3, xmax (1 + 1 + .6) / 3
    assert baselines.mean_box(TRUTH) == pytest.approx([0.7 / 3, 0.3, 1.9 / 3, 2.6 / 3])


def test_the_centre_box_is_chosen_by_its_mean_iou() -> None:
    truth = np.array([[[0.25, 0.25, 0.75, 0.75]], [[0.26, 0.25, 0.75, 0.75]]])
    assert baselines.chosen_boxes(truth, "best")["centre_box"] == pytest.approx([0.25, 0.25, 0.75, 0.75])


def test_the_rule_decides_which_dog_counts() -> None:
    # the box is the second dog of image 2
    box = np.array([[0.2, 0.4, 0.4, 0.6]])
    assert baselines.ious(box, TRUTH, "best")[0, 1] == pytest.approx(1)
    assert baselines.ious(box, TRUTH, "first")[0, 1] == 0


def test_scores_of_the_boxes() -> None:
    right = np.array([True, False])
    boxes = {"full_image": baselines.FULL_IMAGE_YXYX}
    table = baselines.scores(boxes, TRUTH, "first", right, right).set_index("score")
    assert table.loc["mean_iou", "values"].tolist() == [0.5, 0.25]
    assert table.loc["top1_loc", "values"].tolist() == [1, 0]
    assert table.loc["mean_iou", ["baseline", "ymin", "xmin", "ymax", "xmax"]].tolist() == ["full_image", 0, 0, 1, 1]


def test_a_box_has_every_score_of_a_map() -> None:
    # IoUs .5 and .25: the first image is localized at .3 and .5, the second nowhere
    right = np.array([True, False])
    table = baselines.scores({"full_image": baselines.FULL_IMAGE_YXYX}, TRUTH, "first", right, right)
    values = table.set_index("score")["values"].map(list).to_dict()
    localized = {f"{name}{end}" for name in ("gt_known_loc", "top1_loc", "top5_loc") for end in ("", "_chosen")}
    assert {name for name, value in values.items() if value == [0.5, 0.25]} == {"mean_iou", "mean_iou_chosen"}
    expected = {*localized, "max_box_acc", "max_box_acc_v2_30", "max_box_acc_v2_50"}
    assert {name for name, value in values.items() if value == [1, 0]} == expected
    assert values["max_box_acc_v2_70"] == [0, 0]
    assert values["max_box_acc_v2"] == pytest.approx([2 / 3, 0])


def test_of_identical_boxes_the_mean_is_the_box() -> None:
    box_yxyx = np.array([0.125, 0.25, 0.5, 0.875])
    truth = np.tile(box_yxyx, (3, 1, 1))
    mean = baselines.chosen_boxes(truth, "first")["mean_box"]
    assert mean.tolist() == box_yxyx.tolist()
    assert baselines.ious(mean[None], truth, "first").tolist() == [[1, 1, 1]]


def test_the_centre_box_of_a_corner_is_the_full_image() -> None:
    # centre boxes with sides above .8 reach the corner; IoU .01 for the full image, .0025 / .8175 at a side of .9
    assert baselines.chosen_boxes(np.array([[[0, 0, 0.1, 0.1]]]), "best")["centre_box"].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("most", [0, 1])
def test_without_ground_truth_the_centre_box_has_half_of_the_area(most: int) -> None:
    # (1 - .71) / 2 is .145; .71 squared is .5041. There is no mean box
    boxes = baselines.chosen_boxes(np.zeros((3, most, 4)), "best")
    assert list(boxes) == ["full_image", "centre_box"]
    assert boxes["centre_box"] == pytest.approx([0.145, 0.145, 0.855, 0.855])
    assert list(baselines.chosen_boxes(np.zeros((0, most, 4)), "best")) == list(boxes)
