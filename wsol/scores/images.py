"""The images of a split that can be scored: those with a ground-truth box."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from wsol.boxes.geometry import area, padded_boxes
from wsol.errors import InputError


class Images(NamedTuple):
    """The images of a split that have a ground-truth box."""

    index: pd.DataFrame  # their rows of the index, with top1_right and top5_right; labelled by their row in the arrays
    ground_truth_yxyx: np.ndarray  # (images, most, 4) float64, fractions of the image; rows of zeros are none
    left_out: int  # images without a box

    @property
    def rows(self) -> np.ndarray:
        """Their rows in the arrays (images,)."""
        return self.index.index.to_numpy()

    @property
    def right(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether the true class is the first, and among the first five, predicted: (images,) bool each."""
        return self.index["top1_right"].to_numpy(), self.index["top5_right"].to_numpy()


def scored_images(index: pd.DataFrame, split: str) -> Images:
    """The images of a split that have a ground-truth box.

    Args:
        index: data/heatmaps/index.parquet.
        split: `holdout` or `test`.

    Raises:
        InputError: no image of the split has a box.
    """
    table = index[index["split"] == split]
    ground_truth_yxyx = padded_boxes(table["boxes_yxyx"])
    has_box = area(ground_truth_yxyx).any(axis=1)
    if not has_box.any():
        raise InputError(f"Expected ground-truth boxes, but no image of {split} has one: there is nothing to score.")
    table = table[has_box]
    in_top5 = (np.stack(table["top5"].tolist()) == table["label"].to_numpy()[:, None]).any(axis=1)
    table = table.assign(top1_right=table["predicted"] == table["label"], top5_right=in_top5)
    return Images(table, ground_truth_yxyx[has_box], int((~has_box).sum()))


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
