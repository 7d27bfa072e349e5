"""What the gallery and the layer strip share: the sheet's layout, its heading, a panel, a caption and the legend."""

import matplotlib.style
import numpy as np
from matplotlib.patches import Rectangle

from wsol.pictures.examples import Example, ScoredHeatmap
from wsol.pictures.sheet import DPI, LineStyle, Sheet, Size, fit, overlay

# two colours of Okabe and Ito's palette for all kinds of colour vision that the heatmap's colours do not contain
GROUND_TRUTH = LineStyle("#56B4E9", 1.8, None)
PREDICTED = LineStyle("#F0E442", 1.5, (3, 2))

# inches
WIDTH = 10.0  # of the sheet
EDGE = 0.15  # empty space at the sheet's edges
GAP = 0.08  # between panels
HEADING = 0.75  # height of the heading
LEGEND = 0.8  # height of the legend
COLOUR_BAR = 2.9  # width of the colour bar

default_style = matplotlib.style.context("default")  # so that a user's matplotlibrc changes nothing


def beside_cam(title: str) -> str:
    """Name CAM and the compared map.

    >>> beside_cam("Grad-CAM at conv3_block3_out")
    'CAM and Grad-CAM at conv3_block3_out'
    """
    return " and ".join(dict.fromkeys(["CAM", title]))  # the compared map may be CAM itself


def draw_heading(sheet: Sheet, title: str, rule: str) -> None:
    """Write the title, and under it the rule by which the images were chosen."""
    max_width = WIDTH - 2 * EDGE
    sheet.text(EDGE, 0.12, title, 13, max_width, weight="bold")
    sheet.text(EDGE, 0.4, rule, 10.5, max_width)


def draw_panel(sheet: Sheet, x: float, y: float, size: Size, example: Example, scored: ScoredHeatmap | None) -> None:
    """Draw the picture with its ground truth, and over it a heatmap with its box if there is one.

    Args:
        sheet: the sheet.
        x, y: upper left corner of the panel, inches.
        size: (width, height) of the panel, inches.
        example: the picture.
        scored: one of its heatmaps, or None for the picture in its own colours.
    """
    pixels = fit(example.picture, size)
    boxes = [(GROUND_TRUTH, box_yxyx) for box_yxyx in example.ground_truth_yxyx]
    if scored:
        pixels = overlay(pixels, scored.heatmap)
        boxes.append((PREDICTED, scored.box_yxyx))
    sheet.picture(x, y, size, pixels, boxes)


def draw_caption(sheet: Sheet, x: float, y: float, size: Size, text: str, weight: str = "normal") -> None:
    """Write a line of text under the panel of this position and size."""
    sheet.text(x + size[0] / 2, y + size[1] + 0.06, text, 10, size[0], ha="center", weight=weight)


def iou_text(scored: ScoredHeatmap) -> str:
    """The IoU as text, or `no box`."""
    return f"IoU {scored.iou:.2f}" if np.any(scored.box_yxyx) else "no box"


def draw_legend(sheet: Sheet, threshold: float) -> None:
    """Draw the legend at the foot of the sheet: the lines of the boxes, and the colour bar with the threshold."""
    y = sheet.height - LEGEND + 0.3
    _draw_line_sample(sheet, EDGE, y, GROUND_TRUTH, "ground truth")
    _draw_line_sample(sheet, EDGE + 1.75, y, PREDICTED, "predicted box")
    _draw_colour_bar(sheet, WIDTH - EDGE - 0.05 - COLOUR_BAR, y, threshold)


def _draw_line_sample(sheet: Sheet, x: float, y: float, style: LineStyle, name: str) -> None:
    axes = sheet.axes(x, y, 0.45, 0.22)
    axes.add_patch(Rectangle((-0.08, -0.16), 1.16, 1.32, color="#606060", clip_on=False))
    axes.add_patch(style.rectangle(0.08, 0.05, 0.84, 0.9))
    sheet.text(x + 0.57, y + 0.02, name)


def _draw_colour_bar(sheet: Sheet, x: float, y: float, threshold: float) -> None:
    sheet.text(x - 0.15, y + 0.02, "heatmap value, fraction of the maximum", ha="right")
    grey = np.full((35, round(COLOUR_BAR * DPI), 3), 128, np.uint8)
    sheet.picture(x, y, (COLOUR_BAR, 0.22), overlay(grey, np.linspace(0, 1, 512)[None]), [])
    for value in (0, 0.5, 1):
        sheet.text(x + value * COLOUR_BAR, y + 0.24, f"{value:g}", 9, ha="center")
    tick = sheet.axes(x, y, COLOUR_BAR, 0.22)
    tick.plot([threshold] * 2, [-0.3, 1], color="black", linewidth=1, clip_on=False)
    side = "left" if threshold < 0.5 else "right"
    sheet.text(x + threshold * COLOUR_BAR, y - 0.24, f"threshold {threshold:g}", 9, ha=side)
