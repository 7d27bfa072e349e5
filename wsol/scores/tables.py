"""Tables of scores with intervals, from the tidy table of `wsol.scores.localization`."""

from typing import Any

import numpy as np
import pandas as pd

from wsol.boxes.geometry import area, iou
from wsol.maps.keys import CAM, KEY, NO_LAYER, UNREFINED, Key
from wsol.scores import bootstrap
from wsol.scores.baselines import CENTRE_BOX, EDGES
from wsol.scores.images import mean_of_images

CAM_LESS_MAP, LAYER_LESS_BEST, REFINED_LESS_MAP = "CAM less map", "layer less best layer", "refined less map"
MAP_LESS_CENTRE_BOX = "map less centre box"
OTHER = [f"other_{name}" for name in KEY]
ENDS = ["estimate", "low", "high"]
COLUMNS = {
    "scores": [*KEY, "score", "threshold", *ENDS, "holdout", "oracle", "oracle_threshold"],
    "baselines": ["baseline", *EDGES, "score", "oracle", *ENDS],
    "comparisons": ["comparison", "score", *KEY, *OTHER, *ENDS, "p", "p_holm"],
    "breakdown": ["breakdown", "group", "images", *KEY, "score", "threshold", *ENDS],
}


def with_intervals(table: pd.DataFrame, counts: np.ndarray) -> pd.DataFrame:
    """Replaces `values`, arrays (images,), by `estimate`, `low` and `high`: their means and 95 % intervals.

    Args:
        table: any rows with the column `values`.
        counts: (draws, images), as `wsol.scores.bootstrap.resampled` gives it.

    Example:
        >>> table = pd.DataFrame({"map": ["cam"], "values": [np.array([0.4, 0.2])]})
        >>> with_intervals(table, counts=np.array([[2, 0], [1, 1], [0, 2]]))
           map  estimate    low   high
        0  cam       0.3  0.205  0.395
    """
    values = table["values"].tolist()
    ends = [
        np.stack(bootstrap.interval(np.stack(values[columns], axis=1), counts))
        for columns in bootstrap.column_slices(len(values))
    ]
    estimate, low, high = np.concatenate(ends, axis=1)
    return table.drop(columns="values").assign(estimate=estimate, low=low, high=high)


def scores(test: pd.DataFrame, holdout: pd.DataFrame, counts: np.ndarray) -> pd.DataFrame:
    """Every score of every map on the test images, with its interval.

    Args:
        test, holdout: rows of the tidy table, of the same maps and scores.
        counts: (draws, test images).

    Returns:
        Columns map, layer, refinement, score, threshold, estimate, low, high, holdout, oracle, oracle_threshold.
        `holdout` is the same score on the holdout images, by which maps are chosen; NaN if there is no such
        image. `oracle` is the same score with the threshold selected on the test set; optimistic, for comparison only.
    """
    on_holdout = _means(holdout)[[*KEY, "score", "holdout"]]
    table = with_intervals(test, counts).merge(on_holdout, on=[*KEY, "score"], how="left", validate="one_to_one")
    return table[COLUMNS["scores"]]


def comparisons(
    test: pd.DataFrame, holdout: pd.DataFrame, centre_box: np.ndarray, counts: np.ndarray, seed: int
) -> pd.DataFrame:
    """Paired differences of mean IoU.

    These are CAM less every other map of its refinement, each layer less the best layer of its map, each refined map
    less the map that it refines, and every map less the centre box. The fusion `all` counts as a layer. The best layer
    is chosen on holdout. p is of the sign-flip test of the mean difference, with as many draws as `counts` has; p_holm
    is adjusted by Holm within the rows of the same comparison and score.

    Args:
        test, holdout: rows of the tidy table with the scores mean_iou and mean_iou_chosen.
        centre_box: (test images,) float, IoU of the centre box.
        counts: (draws, test images).
        seed: of the random signs.

    Returns:
        Columns comparison, score, map, layer, refinement, other_map, other_layer, other_refinement, estimate, low,
        high, p, p_holm.
    """
    families = []
    for score in ("mean_iou", "mean_iou_chosen"):
        rows = test[test["score"] == score]
        for comparison, pairs in (
            (CAM_LESS_MAP, _cam_and_maps(rows)),
            (LAYER_LESS_BEST, _layers_and_best(rows, holdout[holdout["score"] == score])),
            (REFINED_LESS_MAP, _refined_and_maps(rows)),
            (MAP_LESS_CENTRE_BOX, _maps_and_box(rows, centre_box)),
        ):
            families.append(_family(comparison, score, pairs, counts, seed))
    drawn = [family for family in families if len(family)]
    return pd.concat(drawn, ignore_index=True) if drawn else pd.DataFrame(columns=COLUMNS["comparisons"])


def best_layers(holdout: pd.DataFrame) -> pd.DataFrame:
    """The row with the highest mean of each (map, refinement); of equals, the first. None without holdout images.

    Args:
        holdout: rows of the tidy table with one score on the holdout images.

    Example:
        >>> table = pd.DataFrame({"map": "grad_cam", "layer": ["conv4", "conv5"], "refinement": "none"})
        >>> best_layers(table.assign(values=[np.array([0.2, 0.4]), np.array([0.3, 0.5])]))["layer"].tolist()
        ['conv5']
    """
    means = _means(holdout).dropna(subset="holdout").reset_index(drop=True)
    return means.loc[means.groupby(["map", "refinement"], sort=False)["holdout"].idxmax()]


def _means(holdout: pd.DataFrame) -> pd.DataFrame:
    return holdout.assign(holdout=[float(mean_of_images(values)) for values in holdout["values"]])


def _cam_and_maps(rows: pd.DataFrame) -> pd.DataFrame:
    """CAM beside every other map of the same refinement, as one row each."""
    cam, maps = rows[rows["map"] == CAM], rows[rows["map"] != CAM]
    return _pairs(cam, maps, ["refinement"])


def _layers_and_best(rows: pd.DataFrame, holdout: pd.DataFrame) -> pd.DataFrame:
    """Every layer of a map beside the map's best layer, as one row each."""
    maps = rows[rows["map"] != CAM]
    best = maps.merge(best_layers(holdout)[KEY], on=KEY)
    pairs = _pairs(maps, best, ["map", "refinement"])
    return pairs[pairs["layer"] != pairs["other_layer"]]


def _refined_and_maps(rows: pd.DataFrame) -> pd.DataFrame:
    """Every refined map beside the map that it refines, as one row each."""
    refined = rows["refinement"] != UNREFINED
    return _pairs(rows[refined], rows[~refined], ["map", "layer"])


def _maps_and_box(rows: pd.DataFrame, centre_box: np.ndarray) -> pd.DataFrame:
    """Every map beside the centre box, as one row each."""
    columns = dict(zip(OTHER, (CENTRE_BOX, NO_LAYER, UNREFINED), strict=True))
    return rows[[*KEY, "values"]].assign(**columns, other_values=[centre_box] * len(rows))


def _pairs(first: pd.DataFrame, second: pd.DataFrame, same: list[str]) -> pd.DataFrame:
    """All pairs of rows that agree in the columns `same`."""
    columns = [*KEY, "values"]
    renamed = second[columns].rename(columns={name: f"other_{name}" for name in columns})
    left, right = same, [f"other_{name}" for name in same]
    return first[columns].merge(renamed, left_on=left, right_on=right)


def _family(comparison: str, score: str, pairs: pd.DataFrame, counts: np.ndarray, seed: int) -> pd.DataFrame:
    if pairs.empty:
        return pairs
    differences = [row.values - row.other_values for row in pairs.itertuples()]
    p = bootstrap.sign_flip_p(np.stack(differences, axis=1), len(counts), seed)
    table = pairs[[*KEY, *OTHER]].assign(values=differences)
    table.insert(0, "comparison", comparison)
    table.insert(1, "score", score)
    return with_intervals(table, counts).assign(p=p, p_holm=bootstrap.holm(p))


def breakdown(test: pd.DataFrame, groups: list[tuple[str, str, np.ndarray]], counts: np.ndarray) -> pd.DataFrame:
    """Every given score in each group of images.

    Args:
        test: rows of the tidy table.
        groups: as `wsol.scores.groups.groups` gives them.
        counts: (draws, test images).

    Returns:
        Columns breakdown, group, images, map, layer, refinement, score, threshold, estimate, low, high.

    Example:
        >>> test = pd.DataFrame({"map": ["cam"], "layer": "conv5", "refinement": "none", "score": "mean_iou"})
        >>> test = test.assign(threshold=0.1, values=[np.array([0.4, 0.2])])
        >>> breakdown(test, [("class", "pug", np.array([1]))], counts=np.array([[2, 0], [1, 1]])).iloc[0].to_dict()
        {'breakdown': 'class', 'group': 'pug', 'images': 1, 'map': 'cam', 'layer': 'conv5', 'refinement': 'none',
        'score': 'mean_iou', 'threshold': 0.1, 'estimate': 0.2, 'low': 0.2, 'high': 0.2}
    """
    tables = []
    for name, group, members in groups:
        table = test[[*KEY, "score", "threshold"]].assign(values=[values[members] for values in test["values"]])
        for place, (column, value) in enumerate((("breakdown", name), ("group", group), ("images", len(members)))):
            table.insert(place, column, value)
        tables.append(with_intervals(table, counts[:, members]))
    return pd.concat(tables, ignore_index=True)


def images_of_map(
    image_info: pd.DataFrame,
    key: Key,
    ious: np.ndarray,
    ious_chosen: np.ndarray,
    boxes_yxyx: np.ndarray,
    chosen_boxes_yxyx: np.ndarray,
    ground_truth_yxyx: np.ndarray,
) -> pd.DataFrame:
    """One row an image, for one map.

    Args:
        image_info: a row an image.
        key: (map, layer, refinement).
        ious: (images,) at the fixed threshold; ious_chosen: at the one chosen on holdout.
        boxes_yxyx: (images, 4) float at the fixed threshold, fractions of the image; zeros where there is none.
        chosen_boxes_yxyx: the same at the threshold chosen on holdout.
        ground_truth_yxyx: (images, most, 4) float, fractions of the image; rows of zeros are none.

    Returns:
        The columns of `image_info`; map, layer, refinement; iou and iou_chosen; the box (ymin, xmin, ymax, xmax) and
        its box_area; the box at the chosen threshold (chosen_ymin, ...); ground_truth_area, of the ground-truth box
        with the highest IoU.
    """
    columns: dict[str, Any] = dict(zip(KEY, key, strict=True)) | {"iou": ious, "iou_chosen": ious_chosen}
    columns |= dict(zip(EDGES, boxes_yxyx.T, strict=True))
    columns |= {"box_area": area(boxes_yxyx), "ground_truth_area": area(_nearest(boxes_yxyx, ground_truth_yxyx))}
    columns |= {f"chosen_{edge}": values for edge, values in zip(EDGES, chosen_boxes_yxyx.T, strict=True)}
    return image_info.assign(**columns)


def _nearest(boxes_yxyx: np.ndarray, ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """The ground-truth box (images, 4) with the highest IoU; zeros where there is no ground truth."""
    if not ground_truth_yxyx.shape[1]:
        return np.zeros_like(boxes_yxyx)
    overlaps = iou(boxes_yxyx[:, None], ground_truth_yxyx)  # (images, most)
    return ground_truth_yxyx[np.arange(len(boxes_yxyx)), overlaps.argmax(axis=1)]
