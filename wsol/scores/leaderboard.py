"""All maps in one table, each at its threshold chosen on holdout, the best on holdout first."""

import numpy as np
import pandas as pd

from wsol.maps.keys import CAM, KEY, UNREFINED
from wsol.scores.images import mean_of_images
from wsol.scores.tables import with_intervals

MEAN_IOU = "mean_iou_chosen"
# score of the tidy table -> its column
SCORES = {MEAN_IOU: "mean_iou", "gt_known_loc_chosen": "gt_known_loc", "max_box_acc_v2": "max_box_acc_v2"}
ENDS = ("", "_low", "_high")  # of the name of a column with an interval
COLUMNS = [
    *(*KEY, "threshold", "holdout"),
    *(f"{name}{end}" for name in (*SCORES.values(), "less_centre_box", "less_cam") for end in ENDS),
]


def leaderboard(test: pd.DataFrame, holdout: pd.DataFrame, centre_box: np.ndarray, counts: np.ndarray) -> pd.DataFrame:
    """Every map with its scores and its paired differences to the centre box and to CAM.

    The order is by the mean IoU on holdout, so the order itself was not chosen on test. Of equals, the first map of the
    table comes first. Without holdout images, the order is the table's. CAM is the unrefined one, at its chosen
    threshold. Where it was not drawn, less_cam is NaN.

    Args:
        test, holdout: rows of the tidy table (see `wsol.scores.localization`).
        centre_box: (test images,) float, IoU of the centre box.
        counts: (draws, test images), as `wsol.scores.bootstrap.resampled` gives it.

    Returns:
        Columns map, layer, refinement, threshold, holdout (mean IoU there); mean_iou, gt_known_loc, max_box_acc_v2,
        less_centre_box and less_cam (both of the mean IoU) on test, each followed by its 95 % interval, such as
        mean_iou_low and mean_iou_high.
    """
    means = (
        holdout[holdout["score"] == MEAN_IOU].set_index(KEY)["values"].map(lambda values: float(mean_of_images(values)))
    )
    rows = test[test["score"] == MEAN_IOU]
    table = rows[[*KEY, "threshold"]].reset_index(drop=True)
    table["holdout"] = means.loc[list(table[KEY].itertuples(index=False, name=None))].to_numpy()
    for name, values in _columns(test, centre_box).items():
        ends = with_intervals(pd.DataFrame({"values": list(values)}), counts)
        table[[f"{name}{end}" for end in ENDS]] = ends[["estimate", "low", "high"]].to_numpy()
    return table.sort_values("holdout", ascending=False, kind="stable", ignore_index=True)


def _columns(test: pd.DataFrame, centre_box: np.ndarray) -> dict[str, np.ndarray]:
    """Values (maps, images) of each column that has an interval."""
    values = {name: np.stack(test.loc[test["score"] == score, "values"].tolist()) for score, name in SCORES.items()}
    rows = test[test["score"] == MEAN_IOU]
    is_cam = (rows[["map", "refinement"]] == [CAM, UNREFINED]).all(axis=1).to_numpy()
    cam = values["mean_iou"][is_cam][0] if is_cam.any() else np.nan
    return values | {"less_centre_box": values["mean_iou"] - centre_box, "less_cam": values["mean_iou"] - cam}
