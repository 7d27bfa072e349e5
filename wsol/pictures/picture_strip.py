"""A picture with its heatmaps and boxes, one panel a map: the layer strip where there is no ground truth."""

import math

import numpy as np

from wsol.maps import titles
from wsol.pictures import panel
from wsol.pictures.examples import Example, MapKey, ScoredHeatmap
from wsol.pictures.panel import EDGE, LINE, WIDTH
from wsol.pictures.sheet import Sheet
from wsol.pictures.strip import panel_size, places, strip_height

CAPTIONS = 2 * LINE + 0.2  # inches, of the lines below a panel and of the space to the next row


@panel.default_style
def draw(
    picture: np.ndarray,
    heatmaps: dict[tuple[str, str], np.ndarray],
    boxes_yxyx: dict[tuple[str, str], np.ndarray],
    title: str,
) -> bytes:
    """Draw the picture, then each of its heatmaps with its box.

    Args:
        picture: (height, width, 3) uint8 RGB.
        heatmaps: (map, layer) -> (h, w) float, 0..1.
        boxes_yxyx: (map, layer) -> (4,) float, [ymin, xmin, ymax, xmax] in fractions of the picture; all 0: no box.
        title: the heading.

    Returns:
        A PNG file.

    >>> picture, key = np.zeros((20, 30, 3), np.uint8), ("cam", "conv")
    >>> draw(picture, {key: np.eye(2)}, {key: np.array([0, 0, 0.5, 0.5])}, "a picture")[1:4]
    b'PNG'
    """
    scored = [ScoredHeatmap(MapKey(*key), heatmap, boxes_yxyx[key], iou=math.nan) for key, heatmap in heatmaps.items()]
    example = Example(picture, np.empty((0, 4)), "", "", scored)
    panels, size = [None, *scored], panel_size(picture)
    row_height, heading = size[1] + CAPTIONS, panel.heading_height([])
    sheet = Sheet(WIDTH, heading + strip_height(len(panels), row_height) + EDGE)
    panel.draw_heading(sheet, title, [])
    for heatmap, (x, y) in zip(panels, places(len(panels), row_height, heading), strict=True):
        panel.draw_panel(sheet, x, y, size, example, heatmap)
        if heatmap:
            panel.draw_caption(sheet, x, y, size, _caption(heatmap))
    return sheet.png()


def _caption(scored: ScoredHeatmap) -> list[str]:
    where = "" if scored.key.map == "cam" else panel.layer_text(scored.key)
    return [titles.method_title(scored.key.map), where or scored.key.layer]
