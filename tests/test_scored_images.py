"""The images that can be scored, from an index of six."""

import numpy as np
import pandas as pd
import pytest

from wsol.scores.images import (
    NO_CHOICES,
    NO_SCORES,
    image_info,
    mean_of_images,
    remarks,
    reported_images,
    scored_images,
)

FULL, HALF, EMPTY = [0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.5, 1.0], [0.2, 0.2, 0.2, 0.9]
CLASSES = ["beagle", "pug", "whippet"]
INDEX = pd.DataFrame(
    {
        "split": ["holdout", "test", "test", "test", "holdout", "test"],
        "image": [f"{name}.jpg" for name in "abcdef"],
        "image_id": [11, 12, 13, 14, 15, 16],
        "label": [0, 1, 1, 2, 0, 0],
        "predicted": [0, 1, 0, 2, 1, 2],
        "top5": [np.array(top) for top in ([0, 1], [1, 0], [0, 1], [2, 1], [1, 2], [2, 1])],
        "probability": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
        # b has no box, d an empty one; c has two boxes and an empty one between them
        "boxes_yxyx": [np.array(boxes) for boxes in (FULL, [], [*FULL, *EMPTY, *HALF], EMPTY, HALF, HALF)],
    }
)


def test_images_without_a_box_are_left_out_and_counted() -> None:
    images = scored_images(INDEX, "test")
    assert images.rows.tolist() == [2, 5]  # c and f, in the arrays of all six images
    assert images.left_out == 2
    assert images.ground_truth_yxyx.tolist() == [[FULL, HALF], [HALF, [0, 0, 0, 0]]]


def test_the_other_split_adds_no_boxes() -> None:
    images = scored_images(INDEX, "holdout")
    assert images.rows.tolist() == [0, 4]
    assert images.left_out == 0
    assert images.ground_truth_yxyx.shape == (2, 1, 4)


def test_right_predictions() -> None:
    # test: c is predicted as a beagle, and a pug second; f is a beagle, which is not among the first two
    # holdout: a is right; e's class is not among the first two
    right = {split: [flags.tolist() for flags in scored_images(INDEX, split).right] for split in ("test", "holdout")}
    assert right == {"test": [[False, False], [True, False]], "holdout": [[True, False], [True, False]]}


@pytest.mark.parametrize("boxes", [[], EMPTY], ids=["none", "empty"])
def test_a_split_without_boxes_has_no_scored_images(boxes: list[float]) -> None:
    index = INDEX.assign(boxes_yxyx=[np.array(boxes)] * 4 + [np.array(FULL), np.array(boxes)])
    assert scored_images(index, "holdout").left_out == 1
    images = scored_images(index, "test")
    assert (len(images.index), images.left_out) == (0, 4)
    assert images.ground_truth_yxyx.shape[0] == 0
    assert images.rows.tolist() == images.right[0].tolist() == []
    assert image_info(images, CLASSES).empty
    assert remarks(scored_images(index, "holdout"), images) == [NO_SCORES]
    assert remarks(images, scored_images(index, "holdout")) == [NO_CHOICES]


def test_all_images_are_reported_where_none_is_scored() -> None:
    assert reported_images(INDEX, "test").rows.tolist() == [2, 5]  # those with a box
    images = reported_images(INDEX.assign(boxes_yxyx=[np.array([])] * 6), "test")
    assert images.rows.tolist() == [1, 2, 3, 5]
    assert images.ground_truth_yxyx.shape == (4, 0, 4)
    # b and d are predicted as what they are
    assert images.right[0].tolist() == [True, False, True, False]
    assert image_info(images, CLASSES)["ground_truth_boxes"].tolist() == [0] * 4


def test_the_mean_of_no_images_is_nan() -> None:
    hits = np.array([[[True, False], [True, True]]])  # (levels, images, columns)
    assert mean_of_images(hits, axis=1).tolist() == [[1, 0.5]]
    assert mean_of_images(hits[:, :0], axis=1).shape == (1, 2)
    assert np.isnan(mean_of_images(hits[:, :0], axis=1)).all()
    assert np.isnan(mean_of_images(np.zeros(0)))


def test_image_info_has_names_instead_of_numbers() -> None:
    table = image_info(scored_images(INDEX, "test"), CLASSES)
    assert table.index.tolist() == [0, 1]
    assert table.to_dict("list") == {
        "image": ["c.jpg", "f.jpg"],
        "image_id": [13, 16],
        "label": ["pug", "beagle"],
        "predicted": ["beagle", "whippet"],
        "top1_right": [False, False],
        "top5_right": [True, False],
        "probability": [0.7, 0.4],
        "ground_truth_boxes": [2, 1],
    }
