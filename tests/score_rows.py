"""The tidy table of scores of a few maps on two images, small enough to work out by hand."""

import numpy as np
import pandas as pd

COUNTS = np.array([[2, 0], [1, 1], [0, 2]], np.uint8)  # three draws of two images
KEYS = {
    "cam": ("cam", "last", "none"),
    "early": ("grad_cam", "early", "none"),
    "last": ("grad_cam", "last", "none"),
}
NAMES = list(KEYS)
# IoU of the two images at the fixed threshold 0.1 and at the chosen 0.2; of the one holdout image; and the oracle
FIXED = {"cam": [0.4, 0.2], "early": [0.1, 0.1], "last": [0.4, 0.2]}
CHOSEN = {"cam": [0.5, 0.3], "early": [0.6, 0.4], "last": [0.5, 0.3]}
HOLDOUT = {"cam": (0.1, 0.1), "early": (0.2, 0.9), "last": (0.3, 0.1)}
CENTRE_BOX = np.array([0.3, 0.3])  # its IoU of the two images
ORACLES = {"cam": 0.8, "early": 0.8, "last": 0.9}


def rows(names: list[str]) -> pd.DataFrame:
    """Both splits' rows of the named maps, in this order."""
    table = []
    for name in names:
        map_name, layer, refinement = KEYS[name]
        key = {"map": map_name, "layer": layer, "refinement": refinement}
        for score, threshold, test, holdout in (
            ("mean_iou", 0.1, FIXED[name], HOLDOUT[name][0]),
            ("mean_iou_chosen", 0.2, CHOSEN[name], HOLDOUT[name][1]),
        ):
            chosen = score == "mean_iou_chosen"
            oracle = {"oracle": ORACLES[name], "oracle_threshold": 0.3} if chosen else {}
            common = key | {"score": score, "threshold": threshold} | oracle
            table.append(common | {"split": "test", "values": np.array(test)})
            table.append(common | {"split": "holdout", "values": np.array([holdout])})
    return pd.DataFrame(table)


def split(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[table["split"] == name]
