"""What the gallery and the layer strip share: the sheet's layout, its heading, a panel, a caption and the legend."""

import matplotlib.style
import numpy as np
from matplotlib.patches import Ellipse, Rectangle

from wsol.maps import titles
from wsol.maps.keys import CAM, FUSION, UNREFINED, MapKey
from wsol.pictures.examples import Example, ScoredHeatmap
from wsol.pictures.sheet import DPI, LineStyle, Sheet, Size, draw_contour, fit, overlay, resized

# two colours of Okabe and Ito's palette for all kinds of colour vision that the heatmap's colours do not contain
GROUND_TRUTH = LineStyle("#56B4E9", 1.8, None)
PREDICTED = LineStyle("#F0E442", 1.5, (3, 2))
CENTRE = LineStyle("#FFFFFF", 1.0, (1, 1.5))
CONTOUR = LineStyle("#FFFFFF", 0.7, None)

# inches
WIDTH = 10.0  # of the sheet
EDGE = 0.15  # empty space at the sheet's edges
GAP = 0.08  # between panels
TITLE = 0.4  # height of the title
LINE = 0.19  # height of a line of text
LEGEND = 0.85  # height of the legend
COLOUR_BAR = 2.9  # width of the colour bar

default_style = matplotlib.style.context("default")  # so that a user's matplotlibrc changes nothing

# ---------------------------------------------------------------- text


def map_lines(key: MapKey) -> list[str]:
    """A map's method, its layer unless it is CAM, and its refinement if it has one.

    >>> map_lines(MapKey("layer_cam", "all", "grabcut"))
    ['LayerCAM', 'all layers', 'GrabCut']
    """
    refinement = "" if key.refinement == UNREFINED else titles.refinement_title(key.refinement)
    return [line for line in (titles.method_title(key.map), layer_text(key), refinement) if line]


def layer_text(key: MapKey) -> str:
    """The layer of a map; empty for CAM, which exists at one layer only.

    >>> layer_text(MapKey("grad_cam", "all"))
    'all layers'
    """
    if key.map == CAM:
        return ""
    return "all layers" if key.layer == FUSION else key.layer


def threshold_text(key: MapKey, threshold: float) -> str:
    """The threshold of a map, or the refinement that draws the box instead.

    >>> threshold_text(MapKey("grad_cam", "all"), 0.41)
    '> 0.41'
    >>> threshold_text(MapKey("grad_cam", "all", "grabcut"), np.nan)
    'GrabCut'
    """
    return f"> {threshold:g}" if key.refinement == UNREFINED else titles.refinement_title(key.refinement)


def iou_text(scored: ScoredHeatmap) -> str:
    """The IoU as text, or `no box`; empty for a box without ground truth."""
    if not np.any(scored.box_yxyx):
        return "no box"
    return "" if np.isnan(scored.iou) else f"IoU {scored.iou:.2f}"


def ground_truth_text(example: Example) -> str:
    """What the picture in its own colours shows."""
    return "ground truth" if len(example.ground_truth_yxyx) else "no ground truth"


# ---------------------------------------------------------------- heading and legend


def heading_height(lines: list[str]) -> float:
    """Height of the heading with these lines under its title, inches."""
    return TITLE + LINE * len(lines) + 0.2


def draw_heading(sheet: Sheet, title: str, lines: list[str]) -> None:
    """Write the title at the head of the sheet, and lines of text under it."""
    max_width = WIDTH - 2 * EDGE
    sheet.text(EDGE, 0.12, title, 13, max_width, weight="bold")
    for number, text in enumerate(lines):
        sheet.text(EDGE, TITLE + LINE * number, text, 10, max_width)


def draw_legend(sheet: Sheet, centre_box: bool = False) -> None:
    """Draw the legend at the foot of the sheet: the lines of the boxes, and the colour bar."""
    y = sheet.height - LEGEND + 0.2
    _draw_line_sample(sheet, EDGE, y, GROUND_TRUTH, "ground truth")
    _draw_line_sample(sheet, EDGE + 1.75, y, PREDICTED, "predicted box")
    if centre_box:
        _draw_line_sample(sheet, EDGE, y + 0.32, CENTRE, "centre box")
    _draw_contour_sample(sheet, EDGE + 1.75, y + 0.32)
    _draw_colour_bar(sheet, WIDTH - EDGE - 0.05 - COLOUR_BAR, y)


def _draw_line_sample(sheet: Sheet, x: float, y: float, style: LineStyle, name: str) -> None:
    axes = sheet.axes(x, y, 0.45, 0.22)
    axes.add_patch(Rectangle((-0.08, -0.16), 1.16, 1.32, color="#606060", clip_on=False))
    axes.add_patch(style.rectangle(0.08, 0.05, 0.84, 0.9))
    sheet.text(x + 0.57, y + 0.02, name)


def _draw_contour_sample(sheet: Sheet, x: float, y: float) -> None:
    axes = sheet.axes(x, y, 0.45, 0.22)
    axes.add_patch(Rectangle((-0.08, -0.16), 1.16, 1.32, color="#606060", clip_on=False))
    axes.add_patch(Ellipse((0.5, 0.5), 0.7, 0.8, fill=False, edgecolor=CONTOUR.colour, linewidth=CONTOUR.width))
    sheet.text(x + 0.57, y + 0.02, "threshold contour")


def _draw_colour_bar(sheet: Sheet, x: float, y: float) -> None:
    sheet.text(x - 0.15, y + 0.02, "heatmap value", ha="right")
    sheet.text(x - 0.15, y + 0.22, "1: the maximum of a single layer's map", 9, ha="right")
    grey = np.full((35, round(COLOUR_BAR * DPI), 3), 128, np.uint8)
    sheet.picture(x, y, (COLOUR_BAR, 0.22), overlay(grey, np.linspace(0, 1, 512)[None]), [])
    for value in (0, 0.5, 1):
        sheet.text(x + value * COLOUR_BAR, y + 0.24, f"{value:g}", 9, ha="center")


# ---------------------------------------------------------------- panels


def draw_panel(sheet: Sheet, x: float, y: float, size: Size, example: Example, scored: ScoredHeatmap | None) -> None:
    """Draw the picture with its ground truth and the centre box, and over it a heatmap with its box if there is one.

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
    elif example.centre_yxyx is not None:
        boxes.append((CENTRE, example.centre_yxyx))
    axes = sheet.picture(x, y, size, pixels, boxes)
    if scored:
        draw_contour(axes, resized(scored.heatmap, pixels.shape), scored.threshold, CONTOUR)


def draw_caption(sheet: Sheet, x: float, y: float, size: Size, lines: list[str], weight: str = "normal") -> None:
    """Write lines of text under the panel of this position and size."""
    for number, text in enumerate(lines):
        top = y + size[1] + 0.06 + LINE * number
        sheet.text(x + size[0] / 2, top, text, 10, size[0], ha="center", weight=weight)
