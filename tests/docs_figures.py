"""The sentences and table rows of the documentation, written anew from docs/results and benchmarks/results."""

import docs_fine_tuned
import docs_trainings
import pandas as pd
from clones import ROOT
from docs_benchmarks import benchmark
from docs_compared import cam_less_grad_cam, chosen, chosen_cell, chosen_of_every_layer, fixed
from docs_results import (
    FUSED,
    GRAD_CAM_LAYERS,
    LARGER,
    LAYER,
    REAL,
    REFINED,
    STUDYS,
    TOY,
    Results,
    beat_the_centre_box,
    best_maps,
    cell,
    choices_with_k_boxes,
    compared,
    count,
    count_by_holm,
    enough_boxes,
    first_of_leaderboard,
    layers,
    leader,
    leader_cell,
    leaderboard_table,
    minus_centre_box,
    of,
    other_networks,
    without_boxes,
)

from wsol.maps.titles import method_title
from wsol.maps.titles import title as map_title

FUSED_TITLE = "LayerCAM, mean of all layers"


def readme() -> list[str]:
    """The table's rows, with real dogs of one training and toy_dogs of several, and the sentences below it."""

    def baseline(name: str) -> str:
        return cell(of(REAL.baselines, baseline=name, score="mean_iou"))

    rows = [
        ("CAM", "0.4226", cell(fixed(REAL, "cam"))),
        (f"Grad-CAM at `{LAYER}`", "0.3708", cell(fixed(REAL, "grad_cam"))),
        ("CAM minus Grad-CAM, paired", "0.0518", cell(cam_less_grad_cam(REAL))),
        (FUSED_TITLE, "not given", cell(of(REAL.scores, map="layer_cam", layer="all", score="mean_iou"))),
        ("CAM", "not given", chosen_cell(REAL, "cam")),
        ("Grad-CAM", "not given", chosen_cell(REAL, "grad_cam")),
        (FUSED_TITLE, "not given", leader_cell(REAL, *FUSED)),
        ("the same, refined by GrabCut", "not given", leader_cell(REAL, *REFINED)),
        ("full-image box", "not given", baseline("full_image")),
        ("centre box, its side chosen on holdout", "not given", baseline("centre_box")),
        *((title, "not given", text) for title, text in minus_centre_box(REAL).items()),
        ("top-1 accuracy", "not given", f"{REAL.headline['top1']:.3f}"),
    ]
    toy = [str(TOY.headline["images"]), *docs_trainings.readme_cells()]
    return [
        f"| {' | '.join([*row, text])} |"
        for row, text in zip([("test images", "1", str(REAL.headline["images"])), *rows], toy, strict=True)
    ] + [
        *(
            f"- **{title}.** {compared(result)} {count(result, 'mean_iou')} of {layers(result)} layers beat CAM at "
            f"threshold 0.1, and {count(result, 'mean_iou_chosen')} at thresholds chosen on holdout."
            for title, result in (("Real dogs", REAL), ("`toy_dogs`, seed 0", TOY))
        ),
        best_maps(),
    ]


def refined(result: Results, title: str) -> str:
    """What GrabCut changes, map by map."""
    rows = result.comparisons.query("comparison == 'refined less map' and score == 'mean_iou_chosen'")
    parts = []
    for row in rows.itertuples():
        before, after = (leader(result, row.map, row.layer, refinement) for refinement in ("none", "grabcut"))
        parts.append(
            f"that of {map_title(row.map, row.layer)} from {before['mean_iou']:.4f} to {after['mean_iou']:.4f} "
            f"(difference {row.estimate:.4f}, {row.low:.4f} to {row.high:.4f})"
        )
    return f"On {title}, GrabCut changes the mean IoU: {', and '.join(parts)}."


def larger_pictures() -> list[str]:
    """Rows of the same maps at both sizes of the pictures."""
    last = REAL.leaderboard.loc[REAL.leaderboard["map"] == "cam", "layer"].iloc[0]
    keys = [("cam", last, "none"), FUSED, ("cam", last, "grabcut"), REFINED]
    rows = [
        f"| {map_title(*key)} | {' | '.join(leader_cell(result, *key) for result in (REAL, LARGER))} |" for key in keys
    ]
    top1 = (f"{result.headline['top1']:.3f}" for result in (REAL, LARGER))
    at_448 = pd.read_csv(ROOT / "docs/results/real_dogs_448/refined_at_448.csv").iloc[0]
    return [
        *rows,
        f"| top-1 accuracy | {' | '.join(top1)} |",
        f"{map_title(at_448['map'], at_448['layer'])} then has {at_448['mean_iou']:.4f} "
        f"({at_448['mean_iou_low']:.3f} to {at_448['mean_iou_high']:.3f})",
    ]


def bfloat16() -> list[str]:
    """A row a method: its largest change at a layer, and that of its fusion."""
    both = pd.read_csv(ROOT / "docs/results/real_dogs_bfloat16.csv")
    both["change"] = both["bfloat16"] - both["float32"]
    rows = []
    for name, table in both.groupby("map", sort=True):
        layers_alone = table[table["layer"] != "all"]
        largest = layers_alone.loc[layers_alone["change"].abs().idxmax()]
        fused = table.loc[table["layer"] == "all", "change"]
        cells = [f"{largest['change']:+.4f} at `{largest['layer']}`", *(f"{change:+.4f}" for change in fused)]
        rows.append(f"| {method_title(str(name))} | {' | '.join(cells) if len(cells) == 2 else f'{cells[0]} | none'} |")
    return rows


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
    """The claims that have this verdict in every training on toy_dogs and in both recipes on real dogs."""
    on_toy = docs_trainings.claims_alike(TOY, verdict.replace(" ", "_"))
    alike = [
        rows[0]["claim"]
        for rows in zip(REAL.claims, STUDYS.claims, strict=True)
        if {row["verdict"] for row in rows} == {verdict} and rows[0]["claim"] in on_toy
    ]
    return ", ".join(f'"{claim}"' for claim in alike)


def beat_cam(result: Results, title: str) -> str:
    fixed, chosen = "mean_iou", "mean_iou_chosen"
    return (
        f"On {title}, {count(result, fixed)} of {layers(result)} layers beat CAM at threshold 0.1 "
        f"({count_by_holm(result, fixed)} with Holm's correction), and {count(result, chosen)} at thresholds chosen on "
        f"holdout ({count_by_holm(result, chosen)} with Holm's correction)."
    )


def best_layer(result: Results, title: str) -> str:
    best, rows = chosen(result, "grad_cam"), chosen_of_every_layer(result, "grad_cam")
    oracle = rows.loc[rows["oracle"].idxmax()]
    return (
        f"On {title}, Grad-CAM's best layer on holdout is `{best['layer']}`, with a threshold of "
        f"{best['threshold']:.2f}. Its mean IoU is {best['estimate']:.4f}. "
        f"The oracle is {oracle['oracle']:.4f}, at `{oracle['layer']}`."
    )


def thresholds(result: Results, title: str) -> str:
    at_chosen = chosen(result, "cam")
    return (
        f"On {title}, CAM's mean IoU is {result.headline['cam']:.4f} at threshold 0.1. At the threshold "
        f"chosen on holdout, {at_chosen['threshold']:.2f}, it is {at_chosen['estimate']:.4f}. "
        f"The oracle is {at_chosen['oracle']:.4f}."
    )


def low_threshold() -> str:
    gain, at_01 = REAL.claims[4]["estimate"], REAL.headline["compared"]
    assert REAL.claims[4]["claim"] == f"a threshold of 0.005 inflates IoU: Grad-CAM at {LAYER}"
    return (
        f"On real dogs, Grad-CAM at `{LAYER}` has a mean IoU of {at_01:.4f} at threshold 0.1 and {at_01 + gain:.4f} at "
        f"0.005. The full-image box has {of(REAL.baselines, score='mean_iou')['estimate']:.4f}."
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
    holding = [sum(row["verdict"] == "holds" for row in result.claims) for result in (REAL, STUDYS)]
    return [
        *docs_trainings.findings(),
        claims_of_both_recipes(),
        f"Of the {len(TOY.claims)} claims, {len(docs_trainings.claims_alike(TOY, 'holds'))} hold in every training on "
        f"`toy_dogs`, {holding[0]} on real dogs with the default parameters, and {holding[1]} on real dogs with the "
        "study's recipe.",
        f"These claims hold in all cases: {claims_with_the_same_verdict('holds')}.",
        f"These claims do not hold in any case: {claims_with_the_same_verdict('does not hold')}.",
        *(
            text(*case)
            for text in (beat_cam, best_layer, thresholds)
            for case in ((TOY, "`toy_dogs`"), (REAL, "real dogs"))
        ),
        *(first_of_leaderboard(*case) for case in ((TOY, "`toy_dogs`"), (REAL, "real dogs"))),
        *(leaderboard_table(result) for result in (TOY, REAL)),
        *(refined(*case) for case in ((TOY, "`toy_dogs`"), (REAL, "real dogs"))),
        *(choices_with_k_boxes(result) for result in (REAL, TOY)),
        *(text(*case) for text in (without_boxes, enough_boxes) for case in ((REAL, "real dogs"), (TOY, "`toy_dogs`"))),
        *larger_pictures(),
        *docs_fine_tuned.fine_tuned(),
        *bfloat16(),
        *other_networks(),
        low_threshold(),
        *(beat_the_centre_box(*case) for case in ((REAL, "real dogs"), (TOY, "`toy_dogs`"))),
        max_box_acc(),
        f"There are 700 training and {REAL.headline['images']} test images.",
    ]


def protocol() -> list[str]:
    names = ("max_box_acc", "max_box_acc_v2", "max_box_acc_v2_30", "max_box_acc_v2_50", "max_box_acc_v2_70")
    acc, v2, *parts = (f"{of(REAL.scores, map='cam', score=name)['oracle'] * 100:.3f}" for name in names)
    differences = benchmark("agreement")["differences"]
    defined_alike = max(value for name, value in differences.items() if "grad_cam_pp" not in name)
    return [
        f"The largest difference is {defined_alike:.1e} of the map's maximum. Grad-CAM++ differs by up to "
        f"{max(differences.values()):.2f} of it",
        f"on the {REAL.headline['images']} real dogs",
        f"In per cent, CAM has a MaxBoxAcc of {acc}. Its MaxBoxAccV2 is {v2}, the mean of {parts[0]}, {parts[1]} and "
        f"{parts[2]}.",
        *(f"`{score}`" for score in TOY.scores["score"].unique()),
    ]
