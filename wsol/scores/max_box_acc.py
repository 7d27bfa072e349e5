"""What MaxBoxAcc and MaxBoxAccV2 count: which images are localized at which threshold (Choe et al. 2020, section 4.1).

This is the protocol of clovaai/wsolevaluation, which is not that of this project's other scores:

- The heatmap is upsampled cubically. Its minimum becomes 0 and its maximum 255. Each of the 256 grey levels but the
  highest is a threshold.
- Coordinates of the ground truth are whole pixels. A side is one pixel longer than the difference of its edges.
- Contours run around components and around holes. The best ground-truth box counts.

Every cell (map, image, threshold) equals what wsolevaluation's BoxEvaluator counts, at its commit 96f4b88.
"""

import cv2
import numpy as np

from wsol.boxes.contours import contour_ious
from wsol.boxes.geometry import DELTAS

LEVELS = 255
ROUNDING = 1e-4  # tolerance for float32 rounding, pixels


def localized(heatmap: np.ndarray, canvas_size: int, ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """Whether an image is localized at each threshold.

    Args:
        heatmap: (h, w) float.
        canvas_size: side of the square on which contours are searched, pixels.
        ground_truth_yxyx: (boxes, 4) float, fractions of the image; rows of zeros match nothing.

    Returns:
        (LEVELS, 4) bool, thresholds ascending: the largest contour's IoU is at least .5; and that of any
        contour at least .3, .5, .7.
    """
    ious = contour_ious(grey_levels(heatmap, canvas_size), whole_pixels(ground_truth_yxyx, canvas_size))
    return np.concatenate([ious[:, :1] >= 0.5, ious[:, 1:] >= np.array(DELTAS)], axis=1)


def grey_levels(heatmap: np.ndarray, canvas_size: int) -> np.ndarray:
    """The heatmap (h, w) on a square canvas, uint8: cubic, from its minimum at 0 to its maximum at 255."""
    # float64: in float32 a constant map gets noise, which would then be stretched to all levels
    canvas = cv2.resize(heatmap.astype(np.float64), (canvas_size, canvas_size), interpolation=cv2.INTER_CUBIC)
    canvas -= canvas.min()
    return (canvas / (canvas.max() or 1) * 255).astype(np.uint8)


def whole_pixels(boxes_yxyx: np.ndarray, canvas_size: int) -> np.ndarray:
    """Boxes (..., 4) in whole pixels, upper edges exclusive and one pixel larger; empty boxes stay empty."""
    pixels = np.floor(np.asarray(boxes_yxyx, float) * canvas_size + ROUNDING)
    return np.where(boxes_yxyx.any(axis=-1, keepdims=True), pixels + np.array([0, 0, 1, 1]), 0)
