"""What the documentation says of a fine-tuned network beside a frozen one, written anew from docs/results."""

import pandas as pd
from docs_compared import chosen_cell, fixed
from docs_results import FUSED, LAYER, REAL, REFINED, cell, leader_cell, of, results

from wsol.maps.keys import KEY
from wsol.maps.titles import title as map_title

TUNED = results("real_dogs_fine_tuned")
BOTH = (REAL, TUNED)
FIRST = 10  # rows of the leaderboards


def figures() -> str:
    """The table of the README's figures, for the frozen and for the fine-tuned network."""
    titles = (
        "CAM, at 0.1",
        f"Grad-CAM at `{LAYER}`, at 0.1",
        "CAM",
        "Grad-CAM",
        "LayerCAM, all layers",
        "the same, refined",
    )
    cells = [
        (
            cell(fixed(result, "cam")),
            cell(fixed(result, "grad_cam")),
            chosen_cell(result, "cam"),
            chosen_cell(result, "grad_cam"),
            leader_cell(result, *FUSED),
            leader_cell(result, *REFINED),
        )
        for result in BOTH
    ]
    rows = [f"| {title} | {' | '.join(pair)} |" for title, pair in zip(titles, zip(*cells, strict=True), strict=True)]
    centre = (cell(of(result.baselines, baseline="centre_box", score="mean_iou")) for result in BOTH)
    top1 = (f"{result.headline['top1']:.3f}" for result in BOTH)
    return "\n".join([*rows, f"| centre box | {' | '.join(centre)} |", f"| top-1 accuracy | {' | '.join(top1)} |"])


def claims() -> str:
    """The claims' estimates and verdicts, for the frozen and for the fine-tuned network."""

    def cells(row: dict) -> str:
        return f"{row['estimate']:.4f} ({row['low']:.4f} to {row['high']:.4f}) | {row['verdict']}"

    pairs = zip(REAL.claims, TUNED.claims, strict=True)
    return "\n".join(f"| {frozen['claim']} | {cells(frozen)} | {cells(tuned)} |" for frozen, tuned in pairs)


def common() -> pd.DataFrame:
    """The leaderboards' rows of the maps that both networks have, with suffixes _frozen and _tuned."""
    tables = (result.leaderboard for result in BOTH)
    return pd.merge(*tables, on=KEY, suffixes=("_frozen", "_tuned"))


def leaderboards() -> str:
    """The first rows by holdout of the fine-tuned network, with the frozen one's mean IoU."""
    rows = common().sort_values("holdout_tuned", ascending=False, kind="stable").head(FIRST)
    return "\n".join(
        f"| {map_title(row.map, row.layer, row.refinement)} | {row.mean_iou_tuned:.4f} "
        f"({row.mean_iou_low_tuned:.3f} to {row.mean_iou_high_tuned:.3f}) | {row.mean_iou_frozen:.4f} |"
        for row in rows.itertuples()
    )


def order() -> str:
    """How alike both networks order the maps."""
    table = common()
    correlation = table["mean_iou_frozen"].corr(table["mean_iou_tuned"], method="spearman")
    better = (table["mean_iou_tuned"] > table["mean_iou_frozen"]).sum()
    return (
        f"The rank correlation of the {len(table)} maps' mean IoUs is {correlation:.2f}. Fine-tuning raises the mean "
        f"IoU of {better} of them."
    )


def verdicts() -> str:
    """How many claims both networks judge alike."""
    pairs = list(zip(REAL.claims, TUNED.claims, strict=True))
    alike = sum(frozen["verdict"] == tuned["verdict"] for frozen, tuned in pairs)
    return f"{alike} of the {len(pairs)} claims have the same verdict."


def fine_tuned() -> list[str]:
    return [figures(), claims(), leaderboards(), order(), verdicts()]
