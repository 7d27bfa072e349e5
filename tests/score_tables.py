"""Small tables of heatmaps and scores: what `dvc repro` writes, for three scored images."""

import numpy as np
import pandas as pd

from wsol.maps.keys import KEY

# two methods at the same layer, a fusion, a refined map; CAM is not the first row
MAPS = pd.DataFrame(
    [
        ("grad_cam", "conv4", "none"),
        ("layer_cam", "conv4", "none"),
        ("cam", "conv5", "grabcut"),
        ("cam", "conv5", "none"),
        ("grad_cam", "conv5", "none"),
        ("grad_cam", "all", "none"),
        ("grad_cam", "conv4", "grabcut"),
    ],
    columns=KEY,
)
NAMES = ["test/a.png", "test/b.png", "test/c.png"]
# IoUs of images a, b, c. `differ most` is not reached: each of the three images is in one of the first groups
IOUS = {
    ("cam", "conv5", "none"): [0.2, 0.9, 0.4],
    ("grad_cam", "conv4", "none"): [0.2, 0.7, 0.4],
    ("grad_cam", "conv5", "none"): [0.3, 0.6, 0.4],
    ("grad_cam", "all", "none"): [0.0, 0.0, 0.9],
    ("layer_cam", "conv4", "none"): [0.9, 0.1, 0.5],
    ("grad_cam", "conv4", "grabcut"): [0.1, 0.8, 0.6],
}
# thresholds chosen on holdout, the best map first
THRESHOLDS = {
    ("grad_cam", "conv4", "grabcut"): np.nan,
    ("layer_cam", "conv4", "none"): 0.2,
    ("cam", "conv5", "none"): 0.49,
    ("grad_cam", "conv5", "none"): 0.41,
    ("grad_cam", "conv4", "none"): 0.105,
    ("grad_cam", "all", "none"): 0.3,
}


def scores(seed: int) -> pd.DataFrame:
    """data/iou.parquet of these IoUs, its rows shuffled; the box's ymin is a tenth of the IoU.

    These are the IoUs and boxes at the chosen thresholds. At the fixed threshold all IoUs are 0 and there is no box.
    """
    rows = [
        {"image": name, "label": "n01-a_b", "predicted": "pug", "top1_right": name != NAMES[0]}
        | {"ground_truth_boxes": 1, "iou": 0.0, "ymin": 0.0, "xmin": 0.0, "ymax": 0.0, "xmax": 0.0}
        | {"iou_chosen": iou, "chosen_ymin": iou / 10, "chosen_xmin": 0.1, "chosen_ymax": 0.8, "chosen_xmax": 0.9}
        | dict(zip(KEY, key, strict=True))
        for key, ious in IOUS.items()
        for name, iou in zip(NAMES, ious, strict=True)
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=seed, ignore_index=True)


def leaderboard() -> pd.DataFrame:
    """tables/leaderboard.csv, without its scores."""
    table = pd.DataFrame(list(THRESHOLDS), columns=KEY)
    return table.assign(threshold=list(THRESHOLDS.values()), holdout=0.5)


def index() -> pd.DataFrame:
    """data/heatmaps/index.parquet: an image of holdout, and of test one without ground truth and the three scored."""
    boxes = [np.array([0.0, 0.0, 1.0, 1.0]), np.array([]), *(np.array([0.1, 0.2, 0.3, 0.4]) for _ in NAMES)]
    names = ["train/x.png", "test/none.png", *NAMES]
    return pd.DataFrame({"split": ["holdout"] + ["test"] * 4, "image": names, "boxes_yxyx": boxes})
