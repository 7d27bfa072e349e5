"""Scores of several trainings that differ in their seed: mean, spread, and intervals over trainings and images."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.stats

from wsol.maps.keys import CAM, FUSION, KEY, UNREFINED, Key
from wsol.maps.titles import method_title, title
from wsol.scores.bootstrap import PERCENTILES, resampled

SCORES = {"mean_iou": "iou", "mean_iou_chosen": "iou_chosen"}  # columns of data/iou.parquet
TOP1, CLAIM = "top1", "claim"
BASELINES = ("full_image", "centre_box", "mean_box")  # maps of data/iou.parquet
GROUPS = {"mean_iou": "at the fixed threshold", "mean_iou_chosen": "choices made on holdout"}
LESS = " less "  # in the names of differences
VERDICTS = ("holds", "does not hold", "undecided")

Figures = dict[tuple[str, str], np.ndarray]  # (figure, score) -> (images,), whose mean is the figure


class Training(NamedTuple):
    """What the pipeline has written about one training."""

    images: pd.DataFrame  # data/iou.parquet
    scores: pd.DataFrame  # tables/scores.csv
    claimed: pd.DataFrame  # data/claims.parquet
    verdicts: dict[str, str]  # of metrics/claims.json, by claim


def figures(training: Training, compared: Key) -> Figures:
    """The figures of a training by image.

    These are the IoU of CAM, of the compared map, of each fusion, of each refined map and of the baselines; the same
    less the centre box's; CAM less the compared map; top-1 accuracy; and the claims.

    Args:
        training: see `Training`.
        compared: (map, layer, refinement) of the map that is compared with CAM.
    """
    tables = {key: rows for key, rows in training.images.groupby(KEY, sort=False)}
    made: Figures = {}
    for score, column in _columns(training.scores).items():
        named = _named_keys(tables, training.scores, compared, score)
        values = {name: tables[key][column].to_numpy() for name, key in named.items()}
        values |= _differences(values, title(*compared))
        made |= {(name, score): by_image for name, by_image in values.items()}
    made["top-1 accuracy", TOP1] = tables[compared]["top1_right"].to_numpy(float)
    claims = training.claimed.drop(columns="image")
    return made | {(claim, CLAIM): claims[claim].to_numpy() for claim in claims}


def _columns(scores: pd.DataFrame) -> dict[str, str]:
    """SCORES; only that at the fixed threshold where no image of holdout has ground truth."""
    can_choose = scores["holdout"].notna().any()
    return {score: column for score, column in SCORES.items() if can_choose or score == "mean_iou"}


def _named_keys(tables: dict[Key, pd.DataFrame], scores: pd.DataFrame, compared: Key, score: str) -> dict[str, Key]:
    """The keys of the figures by their names."""
    baselines = {key[0].replace("_", " "): key for key in tables if key[0] in BASELINES}
    maps = [key for key in tables if key[0] not in BASELINES]
    shown = [key for key in maps if key[0] == CAM or key[1] == FUSION or key[2] != UNREFINED or key == compared]
    best = _best_layer(scores, compared) if score == "mean_iou_chosen" else {}
    return {title(*key): key for key in shown} | best | baselines


def _best_layer(scores: pd.DataFrame, compared: Key) -> dict[str, Key]:
    """The layer of the compared method with the highest mean IoU on holdout."""
    rows = scores[(scores["score"] == "mean_iou_chosen") & (scores["map"] == compared[0])]
    rows = rows[rows["refinement"] == compared[2]]
    layer = rows.loc[rows["holdout"].idxmax(), "layer"]
    return {f"{method_title(compared[0])}, best layer on holdout": (compared[0], layer, compared[2])}


def _differences(values: dict[str, np.ndarray], compared: str) -> dict[str, np.ndarray]:
    """Paired differences of the figures by name."""
    centre_box, baselines = values["centre box"], [name.replace("_", " ") for name in BASELINES]
    less = {f"{name}{LESS}centre box": ious - centre_box for name, ious in values.items() if name not in baselines}
    cam = method_title(CAM)
    return ({f"{cam}{LESS}{compared}": values[cam] - values[compared]} if cam in values else {}) | less


def interval_of_both(values: np.ndarray, of_trainings: np.ndarray, of_images: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval of the mean: each draw resamples the trainings, and the images of all of them.

    A few resampled trainings vary too little. Their differences are therefore enlarged, so that the interval of many
    images is as wide as Student's: T. Hesterberg, What Teachers Should Know About the Bootstrap, 2015.

    Args:
        values: (trainings, images) float.
        of_trainings: (draws, trainings), how often each draw contains each training.
        of_images: (draws, images).

    >>> draws = np.array([[2, 0], [1, 1], [0, 2]])
    >>> low, high = interval_of_both(np.array([[0.0, 0.0], [1.0, 1.0]]), draws, draws)
    >>> round(low, 3), round(high, 3)  # the draws' means are 0.5 - 4.584, 0.5 and 0.5 + 4.584
    (-3.855, 4.855)
    """
    means = values.mean(axis=1)
    enlarged = values + ((_enlargement(len(values)) - 1) * (means - means.mean()))[:, None]
    means = (of_trainings @ enlarged * of_images).sum(axis=1) / values.size
    low, high = np.percentile(means, PERCENTILES)
    return float(low), float(high)


def _enlargement(trainings: int) -> float:
    """How many times as wide Student's 95 % interval of a mean is as that of a bootstrap."""
    if trainings == 1:
        return 1
    return (
        math.sqrt(trainings / (trainings - 1)) * scipy.stats.t.ppf(0.975, trainings - 1) / scipy.stats.norm.ppf(0.975)
    )


def table(trainings: dict[int, Training], compared: Key, draws: int, seed: int) -> pd.DataFrame:
    """One row a figure that every training has.

    Args:
        trainings: by seed; the same test images in the same order.
        compared: (map, layer, refinement) of the map that is compared with CAM.
        draws: of the intervals.
        seed: of the intervals.

    Returns:
        Columns figure, score (mean_iou, mean_iou_chosen, top1 or claim), mean, sd (of trainings; NaN for one), low,
        high, holds, does_not_hold, undecided (numbers of trainings; empty unless a claim), and seed_N, the estimate
        of each training.
    """
    by_seed = {number: figures(training, compared) for number, training in trainings.items()}
    first, *others = by_seed.values()
    shared = [key for key in first if all(key in made for made in others)]
    counts = resampled(len(by_seed), draws, seed), resampled(len(first[shared[0]]), draws, seed)
    table = pd.DataFrame([_row(key, by_seed, trainings, *counts) for key in shared])
    verdicts = [verdict.replace(" ", "_") for verdict in VERDICTS]
    return table.astype(dict.fromkeys(verdicts, "Int64"))  # Int64 has empty values


def _row(
    key: tuple[str, str],
    by_seed: dict[int, Figures],
    trainings: dict[int, Training],
    of_trainings: np.ndarray,
    of_images: np.ndarray,
) -> dict[str, object]:
    values = np.stack([made[key] for made in by_seed.values()])
    means, (low, high) = values.mean(axis=1), interval_of_both(values, of_trainings, of_images)
    sd = means.std(ddof=1) if len(means) > 1 else np.nan
    judged = [training.verdicts.get(key[0]) for training in trainings.values()] if key[1] == CLAIM else []
    counts = {verdict.replace(" ", "_"): judged.count(verdict) if judged else None for verdict in VERDICTS}
    estimates = {f"seed_{number}": mean for number, mean in zip(by_seed, means, strict=True)}
    ends = {"mean": means.mean(), "sd": sd, "low": low, "high": high}
    return {"figure": key[0], "score": key[1], **ends, **counts, **estimates}


def points(table: pd.DataFrame) -> pd.DataFrame:
    """One row a training of each IoU and difference of the table, for a figure.

    Returns:
        Columns group, figure, seed, estimate, mean, low, high.
    """
    seeds = [name for name in table if name.startswith("seed_")]
    shown = table[table["score"].isin(SCORES)]
    what = shown["figure"].str.contains(LESS).map({True: "difference of mean IoU", False: "mean IoU"})
    shown = shown.assign(group=what + ", " + shown["score"].map(GROUPS))
    rows = shown.melt(["group", "figure", "mean", "low", "high"], seeds, "seed", "estimate")
    return rows.assign(seed=rows["seed"].str.removeprefix("seed_"))
