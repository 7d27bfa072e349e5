"""The committed results of docs/results, and how the documentation writes them."""

import functools
import json
import math
from typing import Any, NamedTuple

import pandas as pd
from clones import ROOT

from wsol.maps.titles import title as map_title

LAYER = "conv3_block3_out"
TABLES = ("scores", "comparisons", "baselines", "leaderboard", "boxes_needed", "trainings")


class Results(NamedTuple):
    """One folder of docs/results."""

    headline: dict[str, Any]
    claims: list[dict[str, Any]]
    scores: pd.DataFrame
    comparisons: pd.DataFrame
    baselines: pd.DataFrame
    leaderboard: pd.DataFrame
    boxes_needed: pd.DataFrame
    trainings: pd.DataFrame


@functools.cache
def results(name: str) -> Results:
    folder = ROOT / "docs/results" / name
    headline, claims = (json.loads((folder / f"{file}.json").read_text()) for file in ("localization", "claims"))
    paths = (folder / f"{table}.csv" for table in TABLES)
    # the run of the study's recipe has no leaderboard, and that of larger pictures no choices with k boxes
    return Results(headline, claims, *(pd.read_csv(path) if path.exists() else pd.DataFrame() for path in paths))


TOY, REAL, STUDYS = (results(name) for name in ("toy_dogs", "real_dogs", "real_dogs_papers_recipe"))
LARGER = results("real_dogs_448")


# ---------------------------------------------------------------- figures


def of(table: pd.DataFrame, **values: str) -> pd.Series:
    """The first row with these values."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table.iloc[0]


def cell(row: Any) -> str:
    mean = row["mean_iou"] if "mean_iou" in row else row["estimate"]
    return f"{mean:.4f} ({row['low']:.3f} to {row['high']:.3f})"


def over_centre_box(result: Results, key: tuple[str, str, str], score: str = "mean_iou_chosen") -> str:
    """The paired difference of a map to the centre box."""
    rows = result.comparisons.query("comparison == 'map less centre box'")
    return cell(of(rows, score=score, map=key[0], layer=key[1], refinement=key[2]))


def cam_key(result: Results) -> tuple[str, str, str]:
    return ("cam", of(result.scores, map="cam")["layer"], "none")


def minus_centre_box(result: Results) -> dict[str, str]:
    """The maps less the centre box, paired, by their title in the README."""
    cam, studys = cam_key(result), ("grad_cam", LAYER, "none")
    return {
        "CAM, at threshold 0.1": over_centre_box(result, cam, "mean_iou"),
        "Grad-CAM at the study's layer, at 0.1": over_centre_box(result, studys, "mean_iou"),
        "CAM, threshold chosen": over_centre_box(result, cam),
        "LayerCAM, mean of all layers, threshold chosen": over_centre_box(result, FUSED),
        "the same, refined by GrabCut": over_centre_box(result, REFINED),
    }


def beat_the_centre_box(result: Results, title: str) -> str:
    """How many maps are better than the centre box, and worse, by their intervals."""
    rows = result.comparisons.query("comparison == 'map less centre box' and refinement == 'none'")
    fixed, chosen = (rows[rows["score"] == score] for score in ("mean_iou", "mean_iou_chosen"))
    return (
        f"On {title}, {(fixed['low'] > 0).sum()} of {len(fixed)} unrefined maps beat the centre box at threshold 0.1, "
        f"and {(chosen['low'] > 0).sum()} at thresholds chosen on holdout. "
        f"The box beats {(fixed['high'] < 0).sum()} and {(chosen['high'] < 0).sum()} of them."
    )


def layers_that_beat_cam(result: Results, score: str) -> pd.DataFrame:
    """The comparisons of CAM with Grad-CAM at a layer in which the layer is better, their interval below 0."""
    rows = result.comparisons.query("comparison == 'CAM less map' and score == @score and refinement == 'none'")
    return rows.query("other_map == 'grad_cam' and other_layer != 'all' and high < 0")


def count(result: Results, score: str) -> int:
    return len(layers_that_beat_cam(result, score))


def count_by_holm(result: Results, score: str) -> int:
    return int((layers_that_beat_cam(result, score)["p_holm"] < 0.05).sum())


GRAD_CAM_LAYERS = "map == 'grad_cam' and layer != 'all' and refinement == 'none'"


def layers(result: Results) -> int:
    return len(result.scores.query(f"{GRAD_CAM_LAYERS} and score == 'mean_iou'"))


def compared(result: Results) -> str:
    """CAM and Grad-CAM at the study's layer, by the first claim."""
    words = {"holds": "better than", "does not hold": "worse than", "undecided": "not distinguishable from"}
    return f"CAM is {words[result.claims[0]['verdict']]} Grad-CAM at the study's layer."


FUSED, REFINED = ("layer_cam", "all", "none"), ("layer_cam", "all", "grabcut")


def leader(result: Results, map_name: str, layer: str, refinement: str) -> pd.Series:
    return of(result.leaderboard, map=map_name, layer=layer, refinement=refinement)


def leader_cell(result: Results, map_name: str, layer: str, refinement: str) -> str:
    row = leader(result, map_name, layer, refinement)
    at = "" if math.isnan(row["threshold"]) else f", at {row['threshold']:.2f}"
    return f"{row['mean_iou']:.4f} ({row['mean_iou_low']:.3f} to {row['mean_iou_high']:.3f}){at}"


def best_maps() -> str:
    names = [map_title(*result.leaderboard.iloc[0][["map", "layer", "refinement"]]) for result in (REAL, TOY)]
    counts = [len(result.leaderboard) for result in (REAL, TOY)]
    return (
        f"**The best map on holdout**, of {counts[0]} on real dogs and of {counts[1]} on `toy_dogs`, is "
        f"{' and '.join(dict.fromkeys(names))}."
    )


def first_of_leaderboard(result: Results, title: str) -> str:
    row = result.leaderboard.iloc[0]
    name = map_title(row["map"], row["layer"], row["refinement"])
    return (
        f"On {title}, the best of {len(result.leaderboard)} maps on holdout is {name}. On test its mean IoU is "
        f"{row['mean_iou']:.4f}: {difference(row, 'less_centre_box')} more than the centre box, and "
        f"{difference(row, 'less_cam')} more than CAM."
    )


def difference(row: pd.Series, name: str) -> str:
    return f"{row[name]:.4f} ({row[f'{name}_low']:.4f} to {row[f'{name}_high']:.4f})"


def leaderboard_table(result: Results) -> str:
    lines = [
        "| | map | threshold | mean IoU | GT-known Loc | MaxBoxAccV2 | minus centre box | minus CAM |",
        "|---|---|---|---|---|---|---|---|",
    ]
    scores = ("mean_iou", "gt_known_loc", "max_box_acc_v2", "less_centre_box", "less_cam")
    for number, row in result.leaderboard.iterrows():
        name = map_title(row["map"], row["layer"], row["refinement"])
        threshold = "" if math.isnan(row["threshold"]) else f"{row['threshold']:g}"
        cells = [f"{row[s]:.3f} ({row[f'{s}_low']:.3f} to {row[f'{s}_high']:.3f})" for s in scores]
        lines.append(f"| {number + 1} | {name} | {threshold} | {' | '.join(cells)} |")
    return "\n".join(lines)


CANDIDATES = ("all maps", "all maps and refined maps", "LayerCAM, any layer", "LayerCAM, all layers")


def choices_with_k_boxes(result: Results) -> str:
    """A row a number of images: the mean IoU of the choice, and its 5th and 95th percentile."""
    lines = [f"| k | {' | '.join(CANDIDATES)} |", "|---|---|---|---|---|"]
    for k, rows in result.boxes_needed.groupby("k"):
        chosen = (of(rows, candidates=name) for name in CANDIDATES)
        cells = [f"{row['mean_iou']:.3f} ({row['low']:.3f} to {row['high']:.3f})" for row in chosen]
        lines.append(f"| {k} | {' | '.join(cells)} |")
    return "\n".join(lines)


def enough_boxes(result: Results, title: str) -> str:
    """From which number of images on the choice beats the centre box."""
    centre_box = result.headline["centre_box"]
    counts = {
        column: [first_above(of_set[column], of_set["k"], centre_box) for of_set in sets_of_candidates(result)]
        for column in ("mean_iou", "low")
    }
    return (
        f"On {title}, the mean of the draws is above the centre box from k = {', '.join(counts['mean_iou'])} on, in "
        f"the order of the columns, and the 5th percentile from k = {', '.join(counts['low'])} on."
    )


def sets_of_candidates(result: Results) -> list[pd.DataFrame]:
    return [result.boxes_needed[result.boxes_needed["candidates"] == name] for name in CANDIDATES]


def first_above(values: pd.Series, k: pd.Series, level: float) -> str:
    """The k from which on all values are above a level, or `none`."""
    below = k[values <= level]
    above = k[k > below.max()] if len(below) else k
    return str(above.iloc[0]) if len(above) else "none"


def without_boxes(result: Results, title: str) -> str:
    """What the choices with k boxes are compared with."""
    chosen = result.scores.query("score == 'mean_iou_chosen'")
    highest = chosen["oracle"].fillna(chosen["estimate"])  # a refined map has one box, and no oracle
    best = chosen.loc[highest.idxmax()]
    name = map_title(best["map"], best["layer"], best["refinement"])
    fixed = of(result.scores, map="layer_cam", layer="all", refinement="none", score="mean_iou")["estimate"]
    return (
        f"On {title}, LayerCAM of all layers at threshold 0.1 has {fixed:.3f}, the centre box "
        f"{result.headline['centre_box']:.3f}, and the best candidate in hindsight, {name}, "
        f"{highest.max():.3f}."
    )


def other_networks() -> list[str]:
    """A row a network of keras.applications on toy_dogs."""
    rows = []
    for _, row in pd.read_csv(ROOT / "docs/results/toy_dogs_networks.csv").iterrows():
        means = [
            f"{row[name]:.3f} ({row[f'{name}_low']:.3f} to {row[f'{name}_high']:.3f})"
            for name in ("cam", "grad_cam", "layer_cam", "refined")
        ]
        training = f"{row['blocks']} | {row['epochs']} | {row['minutes']} | {row['top1']:.3f}"
        rows.append(f"| {row['network']} | {training} | {' | '.join(means)} |")
    return rows
