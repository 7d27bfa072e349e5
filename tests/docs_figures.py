"""The sentences and table rows of the documentation, written anew from docs/results and benchmarks/results."""

import functools
import json
import math
from typing import Any, NamedTuple

import pandas as pd
from clones import ROOT

from wsol.maps.titles import title as map_title
from wsol.scores.claims import markdown

LAYER = "conv3_block3_out"


class Results(NamedTuple):
    """One folder of docs/results."""

    headline: dict[str, Any]
    claims: list[dict[str, Any]]
    scores: pd.DataFrame
    comparisons: pd.DataFrame
    baselines: pd.DataFrame
    leaderboard: pd.DataFrame


@functools.cache
def results(name: str) -> Results:
    folder = ROOT / "docs/results" / name
    headline, claims = (json.loads((folder / f"{file}.json").read_text()) for file in ("localization", "claims"))
    tables = ("scores", "comparisons", "baselines", "leaderboard")
    return Results(headline, claims, *(pd.read_csv(folder / f"{table}.csv") for table in tables))


TOY, REAL, STUDYS = (results(name) for name in ("toy_dogs", "real_dogs", "real_dogs_papers_recipe"))


# ---------------------------------------------------------------- figures


def of(table: pd.DataFrame, **values: str) -> pd.Series:
    """The first row with these values."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table.iloc[0]


def cell(row: Any) -> str:
    mean = row["mean_iou"] if "mean_iou" in row else row["estimate"]
    return f"{mean:.4f} ({row['low']:.3f} to {row['high']:.3f})"


def chosen_cell(result: Results, map_name: str) -> str:
    chosen = result.headline["chosen_on_holdout"][map_name]
    if map_name == "cam":
        return f"{cell(of(result.scores, map='cam', score='mean_iou_chosen'))}, at {chosen['threshold']:.2f}"
    row = of(result.scores, map="grad_cam", layer=chosen["layer"], score="mean_iou_chosen")
    return f"{cell(row)}, `{chosen['layer']}` at {chosen['threshold']:.2f}"


def less_centre_box(result: Results, mean_iou: float) -> str:
    return f"{mean_iou - result.headline['baselines']['centre_box']['mean_iou']:.4f}"


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


def readme() -> list[str]:
    both = (REAL, TOY)

    def row(title: str, study: str, cells: list[str]) -> str:
        return f"| {title} | {study} | {' | '.join(cells)} |"

    def baseline(name: str) -> list[str]:
        return [cell(of(result.baselines, baseline=name, score="mean_iou")) for result in both]

    return [
        row("test images", "1", [str(result.headline["images"]) for result in both]),
        row("CAM", "0.4226", [cell(result.headline["cam"]) for result in both]),
        row(f"Grad-CAM at `{LAYER}`", "0.3708", [cell(result.headline["compared"]) for result in both]),
        row(
            "LayerCAM, mean of all layers",
            "not given",
            [cell(of(result.scores, map="layer_cam", layer="all", score="mean_iou")) for result in both],
        ),
        row("CAM minus Grad-CAM, paired", "0.0518", [cell(result.headline["cam_less_compared"]) for result in both]),
        row("CAM", "not given", [chosen_cell(result, "cam") for result in both]),
        row("Grad-CAM", "not given", [chosen_cell(result, "compared") for result in both]),
        row("LayerCAM, mean of all layers", "not given", [leader_cell(result, *FUSED) for result in both]),
        row("the same, refined by GrabCut", "not given", [leader_cell(result, *REFINED) for result in both]),
        row("full-image box", "not given", baseline("full_image")),
        row("centre box, its side chosen on holdout", "not given", baseline("centre_box")),
        row("top-1 accuracy", "not given", [f"{result.headline['classification']['top1']:.3f}" for result in both]),
        f"- **Real dogs.** {compared(REAL)} {count(REAL, 'mean_iou')} of {layers(REAL)} layers beat CAM at "
        f"threshold 0.1, and {count(REAL, 'mean_iou_chosen')} at thresholds chosen on holdout. "
        f"CAM minus the centre box is {less_centre_box(REAL, REAL.headline['cam']['mean_iou'])} at threshold 0.1.",
        f"- **`toy_dogs`.** {compared(TOY)} {count(TOY, 'mean_iou')} of {layers(TOY)} layers beat CAM at "
        f"threshold 0.1, and {count(TOY, 'mean_iou_chosen')} at thresholds chosen on holdout. "
        f"CAM minus the centre box is {less_centre_box(TOY, TOY.headline['cam']['mean_iou'])} at threshold 0.1, and "
        f"{less_centre_box(TOY, TOY.headline['chosen_on_holdout']['cam']['mean_iou'])} at the threshold chosen on "
        "holdout.",
    ]


FUSED, REFINED = ("layer_cam", "all", "none"), ("layer_cam", "all", "grabcut")


def leader(result: Results, map_name: str, layer: str, refinement: str) -> pd.Series:
    return of(result.leaderboard, map=map_name, layer=layer, refinement=refinement)


def leader_cell(result: Results, map_name: str, layer: str, refinement: str) -> str:
    row = leader(result, map_name, layer, refinement)
    at = "" if math.isnan(row["threshold"]) else f", at {row['threshold']:.2f}"
    return f"{row['mean_iou']:.4f} ({row['mean_iou_low']:.3f} to {row['mean_iou_high']:.3f}){at}"


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


def claims_of_both_recipes() -> str:
    lines = [
        "| claim | the study | default parameters | verdict | the study's recipe | verdict |",
        "|---|---|---|---|---|---|",
    ]
    for default, studys in zip(REAL.claims, STUDYS.claims, strict=True):
        cells = ["{estimate:.4f} ({low:.4f} to {high:.4f}) | {verdict}".format(**claim) for claim in (default, studys)]
        lines.append(f"| {default['claim']} | {default['paper']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def claims_with_the_same_verdict(verdict: str) -> str:
    everywhere = [
        rows[0]["claim"]
        for rows in zip(TOY.claims, REAL.claims, STUDYS.claims, strict=True)
        if {row["verdict"] for row in rows} == {verdict}
    ]
    return ", ".join(f'"{claim}"' for claim in everywhere)


def beat_cam(result: Results, title: str) -> str:
    fixed, chosen = "mean_iou", "mean_iou_chosen"
    return (
        f"On {title}, {count(result, fixed)} of {layers(result)} layers beat CAM at threshold 0.1 "
        f"({count_by_holm(result, fixed)} with Holm's correction), and {count(result, chosen)} at thresholds chosen on "
        f"holdout ({count_by_holm(result, chosen)} with Holm's correction)."
    )


def best_layer(result: Results, title: str) -> str:
    chosen = result.headline["chosen_on_holdout"]["compared"]
    return (
        f"On {title}, Grad-CAM's best layer on holdout is `{chosen['layer']}`, with a threshold of "
        f"{chosen['threshold']:.2f}. Its mean IoU is {chosen['mean_iou']:.4f}. "
        f"The oracle is {chosen['oracle']:.4f}, at `{chosen['oracle_layer']}`."
    )


def thresholds(result: Results, title: str) -> str:
    chosen = result.headline["chosen_on_holdout"]["cam"]
    return (
        f"On {title}, CAM's mean IoU is {result.headline['cam']['mean_iou']:.4f} at threshold 0.1. At the threshold "
        f"chosen on holdout, {chosen['threshold']:.2f}, it is {chosen['mean_iou']:.4f}. "
        f"The oracle is {chosen['oracle']:.4f}."
    )


def low_threshold() -> str:
    gain, at_01 = REAL.claims[4]["estimate"], REAL.headline["compared"]["mean_iou"]
    assert REAL.claims[4]["claim"] == f"a threshold of 0.005 inflates IoU: Grad-CAM at {LAYER}"
    return (
        f"On real dogs, Grad-CAM at `{LAYER}` has a mean IoU of {at_01:.4f} at threshold 0.1 and {at_01 + gain:.4f} at "
        f"0.005. The full-image box has {REAL.headline['baselines']['full_image']['mean_iou']:.4f}."
    )


def max_box_acc() -> str:
    oracles = REAL.scores.query(f"{GRAD_CAM_LAYERS} and score == 'max_box_acc'")["oracle"]
    full_image = of(REAL.baselines, baseline="full_image", score="gt_known_loc")["estimate"]
    near = oracles[(oracles - full_image).abs() < 0.02]
    return (
        f"On real dogs, the full-image box localizes {full_image:.3f} of the images. MaxBoxAcc of {len(near)} of the "
        f"{len(oracles)} layers lies between {near.min():.3f} and {near.max():.3f} (column `oracle`)."
    )


def findings() -> list[str]:
    holding = [sum(row["verdict"] == "holds" for row in result.claims) for result in (TOY, REAL, STUDYS)]
    return [
        markdown(TOY.claims),
        claims_of_both_recipes(),
        f"Of the {len(TOY.claims)} claims, {holding[0]} hold on `toy_dogs`, {holding[1]} on real dogs with the default "
        f"parameters, and {holding[2]} on real dogs with the study's recipe.",
        f"These claims hold in all three cases: {claims_with_the_same_verdict('holds')}.",
        f"These claims do not hold in any case: {claims_with_the_same_verdict('does not hold')}.",
        *(
            text(*case)
            for text in (beat_cam, best_layer, thresholds)
            for case in ((TOY, "`toy_dogs`"), (REAL, "real dogs"))
        ),
        *(first_of_leaderboard(*case) for case in ((TOY, "`toy_dogs`"), (REAL, "real dogs"))),
        *(leaderboard_table(result) for result in (TOY, REAL)),
        low_threshold(),
        f"On real dogs, CAM minus the centre box is {less_centre_box(REAL, REAL.headline['cam']['mean_iou'])} at "
        "threshold 0.1.",
        f"On `toy_dogs`, it is {less_centre_box(TOY, TOY.headline['cam']['mean_iou'])} at threshold 0.1, and "
        f"{less_centre_box(TOY, TOY.headline['chosen_on_holdout']['cam']['mean_iou'])} at the threshold chosen on "
        "holdout.",
        max_box_acc(),
        f"There are 700 training and {REAL.headline['images']} test images.",
    ]


def protocol() -> list[str]:
    names = ("max_box_acc", "max_box_acc_v2", "max_box_acc_v2_30", "max_box_acc_v2_50", "max_box_acc_v2_70")
    acc, v2, *parts = (f"{of(REAL.scores, map='cam', score=name)['oracle'] * 100:.3f}" for name in names)
    return [
        f"on the {REAL.headline['images']} real dogs",
        f"In per cent, CAM has a MaxBoxAcc of {acc}. Its MaxBoxAccV2 is {v2}, the mean of {parts[0]}, {parts[1]} and "
        f"{parts[2]}.",
        *(f"`{score}`" for score in TOY.scores["score"].unique()),
    ]


# ---------------------------------------------------------------- benchmarks


def benchmark(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / f"benchmarks/results/{name}.json").read_text())
    return content


def speed() -> list[str]:
    maps, boxes, changes = (benchmark(name)["ratios"] for name in ("maps", "boxes", "ingredients"))
    rows = [f"| {peer} | {row['median']} | {row['low']} to {row['high']} |" for peer, row in maps.items()]
    for case in dict.fromkeys(name.partition(", ")[2] for name in boxes):
        peers = [boxes[f"{peer}, {case}"]["median"] for peer in ("findContours", "wsolevaluation")]
        rows.append(f"| {case} | {peers[0]} | {peers[1]} |")
    rows += [f"| {change} | {row['median']} | {row['low']} to {row['high']} |" for change, row in changes.items()]
    runs = benchmark("full_scale")["runs"] | benchmark("memory")["runs"]
    # without the runs of the stage that `scores` and `report` have replaced
    runs = {name: run for name, run in runs.items() if "iou" not in name and "idle" not in name}
    return [*rows, *(f"| {name} | {run['seconds']} | {run['gib']} |" for name, run in runs.items())]
