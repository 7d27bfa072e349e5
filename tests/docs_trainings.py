"""What the documentation says of several trainings, written anew from docs/results."""

import pandas as pd
from docs_compared import fixed
from docs_results import LAYER, REAL, TOY, Results, of

from wsol.scores.trainings import LESS, SCORES

HOLD, NOT, OPEN = "holds", "does_not_hold", "undecided"
CENTRE = f"{LESS}centre box"


def seeds(result: Results) -> list[str]:
    """The columns with each training's estimate."""
    return [name for name in result.trainings if name.startswith("seed_")]


def cell(figure: str, score: str = "mean_iou") -> str:
    """The mean of the trainings on toy_dogs, with its interval."""
    row = of(TOY.trainings, figure=figure, score=score)
    return f"{row['mean']:.4f} ({row['low']:.3f} to {row['high']:.3f})"


def readme_cells() -> list[str]:
    """The column of toy_dogs in the README's table, from top to bottom, without the number of images."""
    chosen, layer, fused = "mean_iou_chosen", f"Grad-CAM at {LAYER}", "LayerCAM, all layers"
    return [
        *(cell("CAM"), cell(layer), cell(f"CAM{LESS}{layer}"), cell(fused)),
        *(cell("CAM", chosen), cell("Grad-CAM, best layer on holdout", chosen), cell(fused, chosen)),
        *(cell(f"{fused}, refined by GrabCut", chosen), cell("full image"), cell("centre box")),
        *(cell(f"CAM{CENTRE}"), cell(f"{layer}{CENTRE}"), cell(f"CAM{CENTRE}", chosen)),
        *(cell(f"{fused}{CENTRE}", chosen), cell(f"{fused}, refined by GrabCut{CENTRE}", chosen)),
        f"{of(TOY.trainings, score='top1')['mean']:.3f}",
    ]


def claims(result: Results) -> pd.DataFrame:
    return result.trainings[result.trainings["score"] == "claim"]


def verdict(row: pd.Series) -> str:
    """How many trainings have each verdict, the most frequent first."""
    counts = {name.replace("_", " "): int(row[name]) for name in (HOLD, NOT, OPEN) if row[name]}
    total, ordered = sum(counts.values()), sorted(counts, key=lambda name: -counts[name])
    return ", ".join(f"{name} in {counts[name]}{f' of {total}' if name == ordered[0] else ''}" for name in ordered)


def claims_of_trainings(result: Results) -> str:
    """The claims with their mean over the trainings and the number of verdicts, as a Markdown table."""
    papers = {row["claim"]: row["paper"] for row in result.claims}
    lines = ["| claim | the paper | mean of the trainings | 95 % interval | verdicts |", "|---|---|---|---|---|"]
    for _, row in claims(result).iterrows():
        figures = f"{row['mean']:.4f} | {row['low']:.4f} to {row['high']:.4f}"
        lines.append(f"| {row['figure']} | {papers[row['figure']]} | {figures} | {verdict(row)} |")
    return "\n".join(lines)


def claims_alike(result: Results, name: str) -> set[str]:
    """The claims that have the same verdict in every training."""
    rows = claims(result)
    return set(rows.loc[rows[name] == len(seeds(result)), "figure"])


def spread(result: Results) -> str:
    """Mean, standard deviation and range of the trainings, as a Markdown table."""
    lines = ["| figure | threshold | mean | standard deviation | smallest to largest |", "|---|---|---|---|---|"]
    rows = result.trainings[result.trainings["score"].isin([*SCORES, "top1"])]
    for _, row in rows[~rows["figure"].isin(["full image", "centre box", "mean box"])].iterrows():
        threshold = {"mean_iou": "0.1", "mean_iou_chosen": "chosen"}.get(row["score"], "")
        ends = f"{row[seeds(result)].min():.3f} to {row[seeds(result)].max():.3f}"
        lines.append(f"| {row['figure']} | {threshold} | {row['mean']:.4f} | {row['sd']:.4f} | {ends} |")
    return "\n".join(lines)


def both_intervals(result: Results, title: str) -> str:
    """The compared map's interval of one training beside that of all."""
    figure = f"Grad-CAM at {LAYER}"
    one, row = fixed(result, "grad_cam"), of(result.trainings, figure=figure, score="mean_iou")
    return (
        f"On {title}, {figure} has a mean IoU of {one['estimate']:.4f} ({one['low']:.3f} to {one['high']:.3f}) in the "
        f"committed training, and of {row['mean']:.4f} ({row['low']:.3f} to {row['high']:.3f}) over "
        f"{len(seeds(result))} trainings. The standard deviation of the trainings is {row['sd']:.4f}."
    )


def same_verdicts(result: Results, title: str) -> str:
    """How many claims have the same verdict in every training."""
    alike = sum(len(claims_alike(result, name)) for name in (HOLD, NOT, OPEN))
    return (
        f"On {title}, {alike} of the {len(claims(result))} claims have the same verdict in all {len(seeds(result))} "
        "trainings."
    )


def findings() -> list[str]:
    return [
        text(*case) for text in (both_intervals, same_verdicts) for case in ((TOY, "`toy_dogs`"), (REAL, "real dogs"))
    ] + [table(result) for table in (claims_of_trainings, spread) for result in (TOY, REAL)]
