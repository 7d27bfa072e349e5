"""Small tables of heatmaps and scores: what `dvc repro` writes, for three scored images."""

import numpy as np
import pandas as pd

from wsol.pictures import examples

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
    columns=examples.MAP_KEY,
)
NAMES = ["test/a.png", "test/b.png", "test/c.png"]
# IoUs of images a, b, c. `differ most` is not reached: each of the three images is in one of the first groups
IOUS = {
    ("cam", "conv5", "none"): [0.2, 0.9, 0.4],
    ("grad_cam", "conv4", "none"): [0.2, 0.7, 0.4],
    ("grad_cam", "conv5", "none"): [0.3, 0.6, 0.4],
    ("grad_cam", "all", "none"): [0.0, 0.0, 0.9],
    ("layer_cam", "conv4", "none"): [0.9, 0.1, 0.5],
}


def scores(seed: int) -> pd.DataFrame:
    """data/iou.parquet of these IoUs, its rows shuffled; the box's ymin is a tenth of the IoU."""
    rows = [
        {"image": name, "label": "n01-a_b", "predicted": "pug", "top1_right": name != NAMES[0]}
        | {"ground_truth_boxes": 1, "iou": iou, "ymin": iou / 10, "xmin": 0.1, "ymax": 0.8, "xmax": 0.9}
        | dict(zip(examples.MAP_KEY, key, strict=True))
        for key, ious in IOUS.items()
        for name, iou in zip(NAMES, ious, strict=True)
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=seed, ignore_index=True)


def index() -> pd.DataFrame:
    """data/heatmaps/index.parquet: an image of holdout, and of test one without ground truth and the three scored."""
    boxes = [np.array([0.0, 0.0, 1.0, 1.0]), np.array([]), *(np.array([0.1, 0.2, 0.3, 0.4]) for _ in NAMES)]
    names = ["train/x.png", "test/none.png", *NAMES]
    return pd.DataFrame({"split": ["holdout"] + ["test"] * 4, "image": names, "boxes_yxyx": boxes})
