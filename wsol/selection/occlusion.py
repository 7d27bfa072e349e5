"""Pictures of which a part is hidden, cut out or darkened."""

import cv2
import numpy as np

from wsol.boxes.geometry import is_empty
from wsol.boxes.heatmap_boxes import upsampled

SIGMA = 10 / 224  # of the blur, as a fraction of the picture's side (Fong and Vedaldi 2017, section 4.3)


def blurred(picture: np.ndarray) -> np.ndarray:
    """The picture through a Gaussian blur of SIGMA.

    Args:
        picture: (side, side, 3) float32 RGB 0..255, at the size of the network's input.

    Returns:
        The same shape and dtype.

    Example:
        >>> blurred(np.full((32, 32, 3), 7, np.float32)).round(3).max()
        np.float32(7.0)
    """
    return cv2.GaussianBlur(picture, (0, 0), SIGMA * len(picture))


def pasted(outside: np.ndarray, inside: np.ndarray, box_yxyx: np.ndarray) -> np.ndarray:
    """A picture that is one picture inside a box and another outside of it.

    Args:
        outside, inside: (side, side, 3).
        box_yxyx: (4,) float, fractions of the image. Its edges are rounded to whole pixels.

    Returns:
        (side, side, 3). Of an empty box, `outside`.

    Example:
        >>> black, white = np.zeros((2, 2, 1)), np.ones((2, 2, 1))
        >>> pasted(black, white, np.array([0, 0.5, 1, 1]))[..., 0].tolist()
        [[0.0, 1.0], [0.0, 1.0]]
    """
    picture = outside.copy()
    part = _part(box_yxyx, len(outside))
    picture[part] = inside[part]
    return picture


def cropped(picture: np.ndarray, box_yxyx: np.ndarray) -> np.ndarray:
    """The picture's part in a box, resized bilinearly to the picture's size.

    Args:
        picture: (side, side, 3) float32.
        box_yxyx: (4,) float, fractions of the image, in 0..1.

    Returns:
        (side, side, 3) float32. Of a box without a whole pixel, zeros: nothing is seen.
    """
    part = picture[_part(box_yxyx, len(picture))]
    if not part.size:
        return np.zeros_like(picture)
    return cv2.resize(part, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def masked(picture: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """The picture times the heatmap, pixel by pixel (the explanation map of Chattopadhay 2018, section 4.1).

    Args:
        picture: (side, side, 3) float32.
        heatmap: (h, w) float. Negative values count as 0, and its maximum as 1.

    Returns:
        (side, side, 3) float32. Of a heatmap with no positive value, zeros.

    Example:
        >>> masked(np.full((2, 2, 1), 8, np.float32), np.array([[0.5, 0.25]]))[..., 0].tolist()
        [[8.0, 4.0], [8.0, 4.0]]
    """
    weights = np.maximum(upsampled(heatmap, len(picture)), 0)
    peak = weights.max()
    return picture * (weights / peak if peak > 0 else weights)[..., None]


def _part(box_yxyx: np.ndarray, side: int) -> tuple[slice, slice]:
    """The box's rows and columns of pixels."""
    if is_empty(np.asarray(box_yxyx)):
        return slice(0), slice(0)
    ymin, xmin, ymax, xmax = np.clip(np.round(np.asarray(box_yxyx) * side), 0, side).astype(int).tolist()
    return slice(ymin, ymax), slice(xmin, xmax)
