"""The maps that the documentation compares, as rows of the committed results."""

import pandas as pd
from docs_results import LAYER, Results, cell, of


def fixed(result: Results, map_name: str) -> pd.Series:
    """The mean IoU at threshold 0.1 of CAM, or of Grad-CAM at the study's layer."""
    layer = {} if map_name == "cam" else {"layer": LAYER}
    return of(result.scores, map=map_name, refinement="none", score="mean_iou", **layer)


def chosen(result: Results, map_name: str) -> pd.Series:
    """The mean IoU at the threshold chosen on holdout of CAM, or of Grad-CAM's best layer on holdout."""
    rows = chosen_of_every_layer(result, map_name)
    return rows.loc[rows["holdout"].idxmax()]


def chosen_of_every_layer(result: Results, map_name: str) -> pd.DataFrame:
    return result.scores.query("map == @map_name and refinement == 'none' and score == 'mean_iou_chosen'")


def chosen_cell(result: Results, map_name: str) -> str:
    row = chosen(result, map_name)
    layer = "" if map_name == "cam" else f"`{row['layer']}` "
    return f"{cell(row)}, {layer}at {row['threshold']:.2f}"


def cam_less_grad_cam(result: Results) -> pd.Series:
    """The paired difference of CAM to Grad-CAM at the study's layer, at threshold 0.1."""
    rows = result.comparisons.query("comparison == 'CAM less map' and refinement == 'none'")
    return of(rows, score="mean_iou", other_map="grad_cam", other_layer=LAYER)
