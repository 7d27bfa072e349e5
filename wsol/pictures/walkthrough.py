"""The pictures of docs/walkthrough.md: one image, and the steps from a heatmap to its box."""

import cv2
import numpy as np

from wsol.pictures import panel
from wsol.pictures.examples import Example, ScoredHeatmap
from wsol.pictures.panel import CONTOUR, EDGE, GAP, GROUND_TRUTH, LINE, PREDICTED
from wsol.pictures.sheet import COLOURS, Sheet, draw_contour, fit, fitted_size, overlay, resized

SIDE = 1.75  # inches, width of a panel
STEPS = ("its values", "enlarged, on the picture")


def cells(heatmap: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Colours of a heatmap's values as rectangles, (height, width, 3) uint8 RGB.

    Args:
        heatmap: (h, w) float, 0..1.
        shape: (height, width, ...) of the result.

    >>> cells(np.zeros((2, 2)), (4, 6)).shape
    (4, 6, 3)
    """
    values = cv2.resize(heatmap.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return (255 * COLOURS(values.clip(0, 1))[..., :3]).astype(np.uint8)


@panel.default_style
def draw_picture(example: Example) -> bytes:
    """Draw the picture with its ground truth (solid) and the centre box (dotted), as PNG."""
    size = SIDE, fitted_size(example.picture.shape, (SIDE, SIDE))[1]
    sheet = Sheet(SIDE + 2 * EDGE, size[1] + 2 * EDGE)
    panel.draw_panel(sheet, EDGE, EDGE, size, example, None)
    return sheet.png()


@panel.default_style
def draw_steps(example: Example, scored: ScoredHeatmap) -> bytes:
    """Draw a heatmap's values, the enlarged heatmap, and the contour at the threshold with the box, as PNG.

    Args:
        example: the image. Its own heatmaps are not used.
        scored: the heatmap. A refined map has no contour.
    """
    size = SIDE, fitted_size(example.picture.shape, (SIDE, SIDE))[1]
    sheet = Sheet(2 * EDGE + 3 * SIDE + 2 * GAP, 2 * EDGE + size[1] + LINE)
    pixels = fit(example.picture, size)
    heat = overlay(pixels, scored.heatmap)
    boxes = [(GROUND_TRUTH, box) for box in example.ground_truth_yxyx] + [(PREDICTED, scored.box_yxyx)]
    panels = [(cells(scored.heatmap, pixels.shape), []), (heat, []), (heat, boxes)]
    for number, ((shown, lines), step) in enumerate(zip(panels, [*STEPS, last_step(scored)], strict=True)):
        x = EDGE + number * (SIDE + GAP)
        axes = sheet.picture(x, EDGE, size, shown, lines)
        panel.draw_caption(sheet, x, EDGE, size, [step])
    draw_contour(axes, resized(scored.heatmap, pixels.shape), scored.threshold, CONTOUR)
    return sheet.png()


def last_step(scored: ScoredHeatmap) -> str:
    """What the last picture shows: a refined map has no contour.

    >>> from wsol.maps.keys import MapKey
    >>> last_step(ScoredHeatmap(MapKey("cam", "conv5", "grabcut"), np.eye(2), np.zeros(4), iou=0.0))
    'box of GrabCut'
    """
    if np.isfinite(scored.threshold):
        return "contour and box"
    return f"box of {panel.threshold_text(scored.key, scored.threshold)}"
