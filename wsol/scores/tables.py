"""Tables of scores, one row a figure or an image; maps come in the network's order."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from wsol.boxes.geometry import area, iou
from wsol.scores import bootstrap
from wsol.scores.localization import Score

EDGES = ("ymin", "xmin", "ymax", "xmax")
Scores = dict[str, Score]
CAM_LESS = "CAM less Grad-CAM"


class ScoredMap(NamedTuple):
    """A map and its scores on the test images."""

    map: str
    layer: str
    file: str  # name of its arrays
    height: int
    width: int
    boxes_yxyx: np.ndarray  # (images, thresholds, 4) float, fractions of the image
    ious: np.ndarray  # (images, thresholds) float
    holdout_ious: np.ndarray  # (holdout images, thresholds) float
    box_accs: np.ndarray  # (LEVELS,) float, MaxBoxAcc's accuracy at each of its thresholds
    scores: Scores
    oracles: Scores  # the same, as thresholds chosen on the test images themselves would have it
    holdout: Scores  # the same, of the holdout images


def with_intervals(rows: list[dict], values: list[np.ndarray], counts: np.ndarray) -> pd.DataFrame:
    """Rows with `estimate`, `low` and `high` after what they say: the means of values (images,) and 95 % intervals."""
    estimate, low, high = bootstrap.interval(np.stack(values, axis=1), counts)
    return pd.DataFrame(rows).assign(estimate=estimate, low=low, high=high)


def scores(maps: list[ScoredMap], counts: np.ndarray) -> pd.DataFrame:
    """Every score of every map; beside those whose threshold is chosen on holdout, their oracle.

    Returns:
        Columns map, layer, score, threshold, estimate, low, high, oracle, oracle_threshold.
    """
    found = [(own, name, score) for own in maps for name, score in own.scores.items()]
    rows = [
        {"map": own.map, "layer": own.layer, "score": name, "threshold": score.threshold} for own, name, score in found
    ]
    table = with_intervals(rows, [score.values for *_, score in found], counts)
    oracles = [own.oracles.get(name, Score(np.array([np.nan]), np.nan)) for own, name, _ in found]
    return table.assign(
        oracle=[oracle.values.mean() for oracle in oracles], oracle_threshold=[oracle.threshold for oracle in oracles]
    )


def baselines(
    chosen: dict[str, np.ndarray],
    scored: dict[str, Scores],
    oracles: dict[str, Scores],
    counts: np.ndarray,
) -> pd.DataFrame:
    """Every score of every box that looks at nothing.

    Args:
        chosen: each baseline's box (1, 4), as `wsol.scores.baselines.boxes` chooses it on holdout.
        scored: each baseline's scores on test.
        oracles: the same of the boxes chosen on test itself.

    Returns:
        Columns baseline, ymin, xmin, ymax, xmax, score, oracle, estimate, low, high.
    """
    rows = [
        {"baseline": name, **dict(zip(EDGES, chosen[name][0], strict=True)), "score": score}
        | {"oracle": oracles[name][score].values.mean()}
        for name, own in scored.items()
        for score in own
    ]
    return with_intervals(rows, [score.values for own in scored.values() for score in own.values()], counts)


def comparisons(maps: list[ScoredMap], counts: np.ndarray) -> pd.DataFrame:
    """Paired differences of mean IoU: CAM less Grad-CAM at each layer, and each layer less the best.

    The best layer is chosen on holdout. p is of the Wilcoxon signed-rank test, p_holm adjusted by Holm within the
    rows of the same comparison and score.

    Returns:
        Columns comparison, score, map, layer, other_map, other_layer, estimate, low, high, p, p_holm.
    """
    cam, *grad_cams = maps
    tables = []
    for score in ("mean_iou", "mean_iou_chosen"):
        best = best_layer(grad_cams, score)
        others = [own for own in grad_cams if own is not best]
        tables += [
            _family(CAM_LESS, score, [(cam, own) for own in grad_cams], counts),
            _family("layer less best layer", score, [(own, best) for own in others], counts),
        ]
    return pd.concat([table for table in tables if len(table)], ignore_index=True)


def best_layer(grad_cams: list[ScoredMap], score: str) -> ScoredMap:
    """The one of the highest mean IoU on holdout (`mean_iou` or `mean_iou_chosen`); of equals the first."""
    return max(grad_cams, key=lambda own: own.holdout[score].values.mean())


def _family(comparison: str, score: str, pairs: list[tuple[ScoredMap, ScoredMap]], counts: np.ndarray) -> pd.DataFrame:
    if not pairs:
        return pd.DataFrame()
    rows = [
        {"comparison": comparison, "score": score, "map": one.map, "layer": one.layer}
        | {"other_map": other.map, "other_layer": other.layer}
        for one, other in pairs
    ]
    differences = [one.scores[score].values - other.scores[score].values for one, other in pairs]
    p = bootstrap.signed_rank_p(np.stack(differences, axis=1))
    return with_intervals(rows, differences, counts).assign(p=p, p_holm=bootstrap.holm(p))


def breakdown(maps: list[ScoredMap], groups: list[tuple[str, str, np.ndarray]], counts: np.ndarray) -> pd.DataFrame:
    """Mean IoU at the fixed threshold of each group of images.

    Args:
        groups: as `wsol.scores.groups.groups` gives them.

    Returns:
        Columns breakdown, group, images, map, layer, estimate, low, high.
    """
    tables = []
    for name, group, members in groups:
        rows = [
            {"breakdown": name, "group": group, "images": len(members), "map": own.map, "layer": own.layer}
            for own in maps
        ]
        values = [own.scores["mean_iou"].values[members] for own in maps]
        tables.append(with_intervals(rows, values, counts[:, members]))
    return pd.concat(tables, ignore_index=True)


def images(maps: list[ScoredMap], at: int, about: pd.DataFrame, ground_truth_yxyx: np.ndarray) -> pd.DataFrame:
    """One row for each image and map.

    Args:
        at: index of the fixed threshold.
        about: what is known of each image, a row an image.
        ground_truth_yxyx: (images, most, 4) float, fractions of the image; rows of zeros are none.

    Returns:
        The columns of `about`; map, layer; iou at the fixed threshold, and iou_chosen at the one chosen on holdout;
        the predicted box at the fixed threshold (ymin, xmin, ymax, xmax, fractions of the image; zeros where there
        is none) and its box_area; the area of the ground-truth box it overlaps most, ground_truth_area.
    """
    return pd.concat([_of_map(own, at, about, ground_truth_yxyx) for own in maps], ignore_index=True)


def _of_map(own: ScoredMap, at: int, about: pd.DataFrame, ground_truth_yxyx: np.ndarray) -> pd.DataFrame:
    boxes_yxyx = own.boxes_yxyx[:, at]
    overlaps = iou(boxes_yxyx[:, None], ground_truth_yxyx)  # (images, most)
    nearest = ground_truth_yxyx[np.arange(len(about)), overlaps.argmax(axis=1)]
    return about.assign(
        map=own.map,
        layer=own.layer,
        iou=own.scores["mean_iou"].values,
        iou_chosen=own.scores["mean_iou_chosen"].values,
        **dict(zip(EDGES, boxes_yxyx.T, strict=True)),
        box_area=area(boxes_yxyx),
        ground_truth_area=area(nearest),
    )


def headline(maps: list[ScoredMap], grad_cam: ScoredMap, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """The figures worth a line each: both maps at the fixed threshold, what is chosen on holdout, the baselines.

    Args:
        grad_cam: the Grad-CAM of the comparison.
        tables: `scores`, `comparisons` and `baselines`.
    """
    cam, *grad_cams = maps
    better = best_layer(grad_cams, "mean_iou_chosen")
    differences, boxes = tables["comparisons"], tables["baselines"]
    compared = (differences["comparison"] == CAM_LESS) & (differences["score"] == "mean_iou")
    difference = differences[compared & (differences["other_layer"] == grad_cam.layer)].iloc[0]
    return {
        "cam": _mean_iou(_row(tables["scores"], cam, "mean_iou")),
        "grad_cam": _mean_iou(_row(tables["scores"], grad_cam, "mean_iou")),
        "cam_less_grad_cam": _mean_iou(difference),
        "chosen_on_holdout": {
            "cam": _chosen(tables["scores"], cam),
            "grad_cam": {"layer": better.layer} | _chosen(tables["scores"], better) | _oracle(tables["scores"]),
        },
        "baselines": {
            row.baseline: {"mean_iou": row.estimate} for row in boxes[boxes["score"] == "mean_iou"].itertuples()
        },
    }


def _row(table: pd.DataFrame, own: ScoredMap, score: str) -> pd.Series:
    return table[(table["map"] == own.map) & (table["layer"] == own.layer) & (table["score"] == score)].iloc[0]


def _mean_iou(row: pd.Series) -> dict[str, float]:
    return {"mean_iou": row["estimate"], "low": row["low"], "high": row["high"]}


def _chosen(table: pd.DataFrame, own: ScoredMap) -> dict[str, float]:
    """Mean IoU at the threshold chosen on holdout, and at the best on test itself."""
    row = _row(table, own, "mean_iou_chosen")
    return {"threshold": row["threshold"], "mean_iou": row["estimate"], "oracle": row["oracle"]}


def _oracle(table: pd.DataFrame) -> dict[str, Any]:
    """Grad-CAM's best layer and threshold on test itself."""
    rows = table[(table["map"] == "grad_cam") & (table["score"] == "mean_iou_chosen")]
    best = rows.loc[rows["oracle"].idxmax()]
    return {"oracle": best["oracle"], "oracle_layer": best["layer"]}
