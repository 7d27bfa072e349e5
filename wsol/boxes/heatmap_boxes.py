"""From a heatmap to a box: upsample, threshold, pick a component, draw its rectangle.

Boxes are `boxes_yxyx`: [ymin, xmin, ymax, xmax], upper edges exclusive. On the canvas they
are pixels; what leaves this file is fractions of the image, in which the canvas cancels.
A box of no area is the empty box: four zeros.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from wsol.boxes.union_find import largest_boxes


def heatmap_boxes(
    heatmap: np.ndarray, thresholds: Sequence[float], canvas_size: int, component: str, rectangle: str
) -> np.ndarray:
    """The box of a heatmap at each threshold.

    Args:
        heatmap: (h, w) float, normalised to a maximum of 1, or all 0.
        thresholds: fractions of the heatmap's maximum; pixels above them are the object's. A
            lone peak loses some of its height on the canvas, so that there may be no box at
            thresholds near 1.
        canvas_size: side of the square on which boxes are drawn, pixels.
        component: `largest` (most pixels) or `first` (of OpenCV's contours, as in the paper).
        rectangle: `upright`, or `rotated`: the upright hull of the smallest rotated one.

    Returns:
        (thresholds, 4) float32 boxes_yxyx, fractions of the image. Corners of `rotated` may
        leave the image, as in the paper.
    """
    canvas = upsampled(heatmap, canvas_size)
    if (component, rectangle) == ("largest", "upright"):
        boxes = _swept(canvas, thresholds)
    else:
        masks = ((canvas > threshold).astype(np.uint8) for threshold in thresholds)
        boxes = np.array([mask_box(mask, component, rectangle) for mask in masks], np.float32).reshape(-1, 4)
    return boxes / np.float32(canvas_size)


def upsampled(heatmap: np.ndarray, canvas_size: int) -> np.ndarray:
    """The heatmap (h, w) on a square canvas, float32, bilinear with half-pixel centres."""
    return cv2.resize(heatmap.astype(np.float32), (canvas_size, canvas_size), interpolation=cv2.INTER_LINEAR)


def _swept(canvas: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """The largest components' upright boxes (thresholds, 4) float32 in pixels, by one sweep over all thresholds."""
    ascending, back = np.unique(np.array(thresholds, np.float32), return_inverse=True)
    return largest_boxes(canvas, ascending)[back].astype(np.float32)


def mask_box(mask: np.ndarray, component: str, rectangle: str) -> tuple[float, float, float, float]:
    """The box in pixels of a component of a mask (height, width) uint8, 8-connected; empty if it has none."""
    if not mask.any():
        return 0, 0, 0, 0
    contour = _first_contour(mask if component == "first" else _largest(mask))
    return _rotated_hull(contour) if rectangle == "rotated" else _upright(contour)


def _largest(mask: np.ndarray) -> np.ndarray:
    """The component of the most pixels, as a mask; of equals the first in raster order."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    winners = np.flatnonzero(areas == areas.max()) + 1
    # OpenCV numbers components in no promised order
    winner = labels.ravel()[np.isin(labels, winners).argmax()]
    return (labels == winner).astype(np.uint8)


def _first_contour(mask: np.ndarray) -> np.ndarray:
    """The first contour of a mask as the paper's code takes it: (points, 1, 2) int32, x and y."""
    return cv2.findContours(mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[0][0]


def _upright(contour: np.ndarray) -> tuple[float, float, float, float]:
    x, y, width, height = map(float, cv2.boundingRect(contour))
    return y, x, y + height, x + width


def _rotated_hull(contour: np.ndarray) -> tuple[float, float, float, float]:
    """Upright hull of the smallest rotated rectangle around a contour's pixels.

    A pixel counts as its unit square, so that no object is thinner than one pixel.
    """
    squares = cv2.convexHull(contour) + np.array([[0, 0], [1, 0], [0, 1], [1, 1]])  # (points, 4, 2)
    corners = cv2.boxPoints(cv2.minAreaRect(squares.reshape(-1, 1, 2).astype(np.float32)))
    (xmin, ymin), (xmax, ymax) = corners.min(0), corners.max(0)
    return float(ymin), float(xmin), float(ymax), float(xmax)
