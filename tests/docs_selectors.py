"""What the documentation says of choosing without boxes, written anew from docs/results."""

import math

import pandas as pd
from clones import ROOT
from docs_results import of

from wsol.maps.titles import title as map_title


def selectors(name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / "docs/results" / name / "selectors.csv")


def selectors_table(name: str) -> str:
    """A row a selector: what it chooses, what that is worth, and how it orders the candidates."""
    lines = ["| selector | choice | mean IoU | loss | rank correlation |", "|---|---|---|---|---|"]
    for _, row in selectors(name).iterrows():
        choice = f"{map_title(row['map'], row['layer'])} at {row['threshold']:g}"
        mean = f"{row['mean_iou']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        loss = f"{row['loss']:.3f} ({row['loss_low']:.3f} to {row['loss_high']:.3f})"
        rank = "" if math.isnan(row["rank_correlation"]) else f"{row['rank_correlation']:.2f}"
        lines.append(f"| `{row['selector']}` | {choice} | {mean} | {loss} | {rank} |")
    return "\n".join(lines)


def pair(selector: str, column: str, digits: int = 3) -> str:
    """A selector's figure on toy_dogs and on real dogs."""
    toy, real = (of(selectors(name), selector=selector)[column] for name in ("toy_dogs", "real_dogs"))
    return f"{toy:.{digits}f} on `toy_dogs` and {real:.{digits}f} on real dogs"


def largest_losses() -> pd.Series:
    """Each selector's larger loss of the two datasets, the smallest first."""
    rows = pd.concat([selectors("toy_dogs"), selectors("real_dogs")])
    losses = rows[rows["selector"] != "holdouts_boxes"].groupby("selector")["loss"].max()
    return losses.sort_values()


def findings() -> list[str]:
    losses, rank = largest_losses(), pair("occlusion", "rank_correlation", 2)
    return [
        *(selectors_table(name) for name in ("toy_dogs", "real_dogs")),
        f"Occlusion orders the candidates much as their IoU does: the rank correlation is {rank}. "
        f"Its choice loses {pair('occlusion', 'loss')}.",
        f"The fixed rule loses {pair('fixed_rule', 'loss')}.",
        f"The larger loss of the two datasets is smallest for `{losses.index[0]}`, {losses.iloc[0]:.3f}. "
        f"That of `{losses.index[1]}` is {losses.iloc[1]:.3f}, and that of `{losses.index[-1]}` {losses.iloc[-1]:.3f}.",
    ]
