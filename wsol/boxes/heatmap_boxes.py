"""From a heatmap to boxes: upsample it, threshold it, select a component, draw its rectangle.

Boxes are boxes_yxyx (see `geometry.py`): pixels on the canvas, a square of `canvas_size` pixels,
and fractions of the image in the result of `heatmap_boxes`, relative, independent of the canvas.
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
        heatmap: (h, w) float, finite. The maximum of a layer's heatmap is 1, or all its values are 0. The
            maximum of a mean over layers is lower.
        thresholds: heatmap values in 0..1. The object is the pixels above the threshold. Upsampling lowers a
            peak of one pixel, so there may be no box at thresholds near 1.
        canvas_size: side of the square canvas, pixels.
        component: `largest` (most pixels; of equals, the first in raster order), or `first` of OpenCV's
            contours, as in the paper. Components are 8-connected.
        rectangle: `upright`, or `rotated`, the upright hull of the component's smallest rotated
            rectangle, as in the paper.

    Returns:
        (thresholds, 4) float32 boxes_yxyx, fractions of the image; zeros if there is no box. Boxes of
        `rotated` can extend beyond the image.

    Raises:
        ValueError: the heatmap is not finite.

    >>> import numpy as np
    >>> heatmap = np.array([[0, 0, 0, 0], [0, 0.6, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    >>> print(heatmap_boxes(heatmap, [0.5, 0.8], 4, "largest", "upright"))
    [[0.25 0.25 0.5  0.75]
     [0.25 0.5  0.5  0.75]]
    """
    check_finite(heatmap)
    canvas = upsampled(heatmap, canvas_size)
    if (component, rectangle) == ("largest", "upright"):
        boxes = _largest_upright_boxes(canvas, thresholds)
    else:
        masks = ((canvas > threshold).astype(np.uint8) for threshold in thresholds)
        boxes = np.array([mask_box(mask, component, rectangle) for mask in masks], np.float32).reshape(-1, 4)
    return boxes / np.float32(canvas_size)


def upsampled(heatmap: np.ndarray, canvas_size: int) -> np.ndarray:
    """Resize a heatmap to the canvas, bilinearly, with half-pixel centres.

    Args:
        heatmap: (h, w) float.
        canvas_size: side of the square canvas, pixels.

    Returns:
        (canvas_size, canvas_size) float32.

    >>> import numpy as np
    >>> print(upsampled(np.array([[0.0, 1.0]]), 4)[0])
    [0.   0.25 0.75 1.  ]
    """
    return cv2.resize(heatmap.astype(np.float32), (canvas_size, canvas_size), interpolation=cv2.INTER_LINEAR)


def mask_box(mask: np.ndarray, component: str, rectangle: str) -> tuple[float, float, float, float]:
    """The box of a component of a mask.

    Args:
        mask: (height, width) uint8, 0 or 1.
        component: `largest` or `first`, see `heatmap_boxes`.
        rectangle: `upright` or `rotated`, see `heatmap_boxes`.

    Returns:
        ymin, xmin, ymax, xmax, pixels, upper edges exclusive; zeros for an empty mask.
    """
    if not mask.any():
        return 0, 0, 0, 0
    contour = _first_contour(mask if component == "first" else _largest_component(mask))
    return _rotated_hull(contour) if rectangle == "rotated" else _upright(contour)


def check_finite(heatmap: np.ndarray) -> None:
    """Raise ValueError if a heatmap has a NaN or an infinity."""
    invalid = heatmap.size - np.count_nonzero(np.isfinite(heatmap))
    if invalid:
        raise ValueError(
            f"Expected a heatmap of finite values, received {invalid} of {heatmap.size} that are NaN or infinite: "
            "check the network and the method that computed it."
        )


def _largest_upright_boxes(canvas: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """Boxes (thresholds, 4) float32, pixels. The thresholds can have any order."""
    ascending, places = np.unique(np.array(thresholds, np.float32), return_inverse=True)
    return largest_boxes(canvas, ascending)[places].astype(np.float32)


def _largest_component(mask: np.ndarray) -> np.ndarray:
    """The component of the most pixels as a mask; of equals, the first in raster order."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    largest = np.flatnonzero(sizes == sizes.max()) + 1
    # OpenCV does not number components in raster order: search the first pixel of any of the largest
    label = labels.ravel()[np.isin(labels, largest).argmax()]
    return (labels == label).astype(np.uint8)


def _first_contour(mask: np.ndarray) -> np.ndarray:
    """The first contour of a mask, (points, 1, 2) int32, x and y, with the arguments of the paper's code."""
    return cv2.findContours(mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[0][0]


def _upright(contour: np.ndarray) -> tuple[float, float, float, float]:
    x, y, width, height = map(float, cv2.boundingRect(contour))
    return y, x, y + height, x + width


def _rotated_hull(contour: np.ndarray) -> tuple[float, float, float, float]:
    """The upright hull of the smallest rotated rectangle around a contour's pixels.

    Each pixel is a square of side 1, so that no rectangle is thinner than one pixel.
    """
    squares = cv2.convexHull(contour) + np.array([[0, 0], [1, 0], [0, 1], [1, 1]])  # (points, 4, 2)
    corners = cv2.boxPoints(cv2.minAreaRect(squares.reshape(-1, 1, 2).astype(np.float32)))
    (xmin, ymin), (xmax, ymax) = corners.min(0), corners.max(0)
    return float(ymin), float(xmin), float(ymax), float(xmax)
