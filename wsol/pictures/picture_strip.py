"""A picture with its heatmaps and boxes, one panel a map: the layer strip where there is no ground truth."""

import math
from typing import TypeVar

import numpy as np

from wsol.maps.keys import CAM
from wsol.pictures import panel
from wsol.pictures.examples import Example, MapKey, ScoredHeatmap
from wsol.pictures.panel import EDGE, LINE, WIDTH
from wsol.pictures.sheet import Sheet
from wsol.pictures.strip import panel_size, places, strip_height

Key = TypeVar("Key", bound=tuple[str, ...])

SPACE = 0.2  # inches, between the captions of a row and the next row


@panel.default_style
def draw(
    picture: np.ndarray,
    heatmaps: dict[Key, np.ndarray],
    boxes_yxyx: dict[Key, np.ndarray],
    title: str,
) -> bytes:
    """Draw the picture, then each of its heatmaps with its box.

    Args:
        picture: (height, width, 3) uint8 RGB.
        heatmaps: (map, layer) or (map, layer, refinement) -> (h, w) float, 0..1.
        boxes_yxyx: the same keys -> (4,) float, [ymin, xmin, ymax, xmax] in fractions of the picture; all 0: no box.
        title: the heading.

    Returns:
        A PNG file.

    >>> picture, key = np.zeros((20, 30, 3), np.uint8), ("cam", "conv")
    >>> draw(picture, {key: np.eye(2)}, {key: np.array([0, 0, 0.5, 0.5])}, "a picture")[1:4]
    b'PNG'
    """
    scored = [ScoredHeatmap(MapKey(*key), heatmap, boxes_yxyx[key], iou=math.nan) for key, heatmap in heatmaps.items()]
    captions = [[], *map(_caption, scored)]  # the first panel is the picture itself
    size, heading = panel_size(picture), panel.heading_height([])
    row_height = size[1] + LINE * max(map(len, captions)) + SPACE
    sheet = Sheet(WIDTH, heading + strip_height(len(captions), row_height) + EDGE)
    panel.draw_heading(sheet, title, [])
    example = Example(picture, np.empty((0, 4)), "", "", scored)
    corners = places(len(captions), row_height, heading)
    for heatmap, lines, (x, y) in zip([None, *scored], captions, corners, strict=True):
        panel.draw_panel(sheet, x, y, size, example, heatmap)
        panel.draw_caption(sheet, x, y, size, lines)
    return sheet.png()


def _caption(scored: ScoredHeatmap) -> list[str]:
    """The lines below a heatmap: its method, layer and refinement, and `no box` where it has none."""
    method, *others = panel.map_lines(scored.key)
    layer = [scored.key.layer] if scored.key.map == CAM else []
    return [method, *layer, *others, *filter(None, [panel.iou_text(scored)])]
