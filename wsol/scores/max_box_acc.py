"""What MaxBoxAcc and MaxBoxAccV2 count: which images are localized at which threshold (Choe et al. 2020, section 4.1).

By the protocol of clovaai/wsolevaluation, and so apart from this project's own boxes: the heatmap is
upsampled cubically, its minimum taken to 0 and its maximum to 1, and cut into 256 grey levels, each but the
highest a threshold; coordinates of the ground truth are whole pixels; sides count one pixel more than the
difference of their edges; contours are those of components and of holes; the best ground-truth box counts.
One difference remains: its largest contour is the one that encloses most, ours the component of most pixels.
"""

import cv2
import numpy as np

from wsol.boxes.union_find import contour_ious

LEVELS = 255
ROUNDING = 1e-4  # pixels by which a fraction may lie below a whole one, for it was kept in float32
DELTAS = (0.3, 0.5, 0.7)  # of MaxBoxAccV2; MaxBoxAcc's is the middle one


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
    canvas = cv2.resize(heatmap.astype(np.float32), (canvas_size, canvas_size), interpolation=cv2.INTER_CUBIC)
    canvas -= canvas.min()
    return (canvas / (canvas.max() or 1) * 255).astype(np.uint8)


def whole_pixels(boxes_yxyx: np.ndarray, canvas_size: int) -> np.ndarray:
    """Boxes (..., 4) in pixels, upper edges exclusive after the field's one more; empty boxes stay so."""
    pixels = np.floor(np.asarray(boxes_yxyx, float) * canvas_size + ROUNDING)
    return np.where(boxes_yxyx.any(axis=-1, keepdims=True), pixels + np.array([0, 0, 1, 1]), 0)
