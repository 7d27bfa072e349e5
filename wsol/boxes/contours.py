"""IoU of the contours of a map, by the protocol of clovaai/wsolevaluation."""

import numpy as np

from wsol.boxes.geometry import iou
from wsol.boxes.union_find import highest_contour_ious, largest_contours


def contour_ious(grey: np.ndarray, ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """IoU of the contours of `grey > level` with the ground truth, for each level of 0..254.

    Contours are OpenCV's: one around each 8-connected component, and one around each hole (4-connected), which runs on
    the pixels around the hole. The upper edges of a contour's box are one pixel larger than elsewhere in this project,
    but not outside the map: wsolevaluation takes x + width for the last column and counts it. If no pixel is above a
    level, its only box is the first pixel of the map.

    Args:
        grey: (height, width) uint8.
        ground_truth_yxyx: (boxes, 4) float64, pixels, upper edges exclusive. Zeros have IoU 0.

    Returns:
        (255, 2) float64: the IoU of the contour with the largest area, and the highest of any contour. Both are the
        highest with any ground-truth box.
    """
    boxes_yxyx = largest_contours(grey)
    boxes_yxyx[:, 2:] = np.minimum(boxes_yxyx[:, 2:] + 1, grey.shape)
    largest = iou(boxes_yxyx[:, None], ground_truth_yxyx).max(axis=1, initial=0)
    components = highest_contour_ious(grey, 8, ground_truth_yxyx)
    holes = highest_contour_ious(~grey, 4, ground_truth_yxyx)[::-1]  # grey <= level is the same as ~grey > 254 - level
    return np.stack([largest, np.maximum.reduce([largest, components, holes])], axis=1)
