"""The images of a split that can be scored: those with a ground-truth box.

A split may have no such image. Without one in test, there is nothing to score. Without one in holdout, nothing can be
chosen: the fixed threshold stands for a chosen one.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from wsol.boxes.geometry import area, padded_boxes

NO_SCORES = "nothing to score: no test image has a ground-truth box"
NO_CHOICES = "nothing is chosen: no holdout image has a ground-truth box"


class Images(NamedTuple):
    """Images of a split: those that have a ground-truth box, or all."""

    index: pd.DataFrame  # their rows of the index, with top1_right and top5_right; labelled by their row in the arrays
    ground_truth_yxyx: np.ndarray  # (images, most, 4) float64, fractions of the image; rows of zeros are none
    left_out: int  # images of the split that are not among them

    @property
    def rows(self) -> np.ndarray:
        """Their rows in the arrays (images,)."""
        return self.index.index.to_numpy()

    @property
    def right(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether the true class is the first, and among the first five, predicted: (images,) bool each."""
        return self.index["top1_right"].to_numpy(), self.index["top5_right"].to_numpy()


def scored_images(index: pd.DataFrame, split: str) -> Images:
    """The images of a split that have a ground-truth box. There may be none.

    Args:
        index: data/heatmaps/index.parquet.
        split: `holdout` or `test`.
    """
    table = index[index["split"] == split]
    ground_truth_yxyx = padded_boxes(table["boxes_yxyx"])
    has_box = area(ground_truth_yxyx).any(axis=1)
    return _images(table[has_box], ground_truth_yxyx[has_box], int((~has_box).sum()))


def reported_images(index: pd.DataFrame, split: str) -> Images:
    """The images of a split whose boxes are written and drawn: those of `scored_images`, or all if it has none.

    Args:
        index: data/heatmaps/index.parquet.
        split: `holdout` or `test`.
    """
    scored = scored_images(index, split)
    if len(scored.index):
        return scored
    table = index[index["split"] == split]
    return _images(table, np.zeros((len(table), 0, 4)), 0)


def _images(table: pd.DataFrame, ground_truth_yxyx: np.ndarray, left_out: int) -> Images:
    in_top5 = [label in top5 for label, top5 in zip(table["label"], table["top5"], strict=True)]
    right = {"top1_right": table["predicted"] == table["label"], "top5_right": np.array(in_top5, bool)}
    return Images(table.assign(**right), ground_truth_yxyx, left_out)


def remarks(holdout: Images, test: Images) -> list[str]:
    """What cannot be done, as parts of a sentence: choose without images of holdout, score without images of test."""
    return [text for images, text in ((holdout, NO_CHOICES), (test, NO_SCORES)) if not len(images.index)]


def mean_of_images(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """The mean over the axis of the images; NaN where there is no image.

    Args:
        values: (..., images, ...) float or bool.
        axis: of the images.

    Example:
        >>> print(mean_of_images(np.array([[0.2, 0.4], [0.5, 0.5]])), mean_of_images(np.zeros((2, 0))))
        [0.3 0.5] [nan nan]
    """
    if values.shape[axis]:
        return values.mean(axis=axis)
    return np.full([side for number, side in enumerate(values.shape) if number != axis % values.ndim], np.nan)


def image_info(images: Images, classes: list[str]) -> pd.DataFrame:
    """What data/iou.parquet holds of each image besides its scores: a row an image, class names instead of numbers."""
    index, names = images.index.reset_index(drop=True), np.array(classes)
    return pd.DataFrame(
        {
            "image": index["image"],
            "image_id": index["image_id"],
            "label": names[index["label"]],
            "predicted": names[index["predicted"]],
            "top1_right": index["top1_right"],
            "top5_right": index["top5_right"],
            "probability": index["probability"],
            "ground_truth_boxes": (area(images.ground_truth_yxyx) > 0).sum(axis=1),
        }
    )
