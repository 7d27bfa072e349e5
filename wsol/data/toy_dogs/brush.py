"""Brush strokes: tapered chains of circles, shaded round, on an RGBA layer."""

import cv2
import numpy as np

SHIFT = 4  # OpenCV's fractional bits: coordinates are passed in sixteenths of a pixel


def chain(shape: tuple[int, int], points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Mask of a limb: circles swept along a smooth line.

    Args:
        shape: (height, width) of the mask, pixels.
        points: (n, 2) float, x and y of the joints, pixels.
        radii: (n,) float, radius at each joint, pixels.

    Returns:
        (height, width) uint8, 255 inside.
    """
    mask = np.zeros(shape, np.uint8)
    steps = np.linspace(0, len(points) - 1, 10 * (len(points) - 1) + 1)
    joints = np.arange(len(points))
    x, y, r = (np.interp(steps, joints, values) for values in (*np.transpose(points), radii))
    if len(points) > 2:  # round the corners off, but keep both ends where they are
        x[1:-1], y[1:-1] = _smooth(x), _smooth(y)
    for cx, cy, cr in np.rint(np.stack([x, y, r], 1) * 2**SHIFT).astype(int):
        cv2.circle(mask, (int(cx), int(cy)), max(int(cr), 1), 255, cv2.FILLED, cv2.LINE_8, SHIFT)
    return mask


def _smooth(values: np.ndarray) -> np.ndarray:
    padded = np.pad(values, 3, mode="edge")
    return np.convolve(padded, np.ones(7) / 7, mode="valid")[1:-1]


def polygon(shape: tuple[int, int], points: np.ndarray) -> np.ndarray:
    """Mask (height, width) uint8 of a closed polygon; points (n, 2) float, x and y in pixels."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(points * 2**SHIFT).astype(np.int32)], 255, cv2.LINE_8, SHIFT)
    return mask


def roundness(mask: np.ndarray) -> np.ndarray:
    """Shade (height, width) float32 in 0.72..1 that makes a flat mask look round."""
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    return 0.72 + 0.28 * np.sqrt(np.clip(depth / max(0.6 * float(depth.max()), 1.0), 0, 1))


def paint(layer: np.ndarray, mask: np.ndarray, colours: np.ndarray, light: float = 1.0) -> None:
    """Paint `colours` ((3,) or (height, width, 3), 0..255) into an RGBA layer, shaded round.

    Only the mask's own rectangle is touched, which is what makes many small strokes cheap.
    """
    x, y, width, height = cv2.boundingRect(mask)
    window = np.s_[y : y + height, x : x + width]
    inside = mask[window] > 0
    shade = light * roundness(mask[window])[..., None]
    colours = colours if colours.ndim == 1 else colours[window]
    layer[window][inside] = np.dstack([colours * shade, np.full(inside.shape, 255.0)])[inside]


def curled(mask: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """The mask with curls of radius about `size` pixels along its outline."""
    curls = mask.copy()
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    step = max(int(1.4 * size), 1)
    for x, y in np.concatenate(contours)[::step, 0] if contours else ():
        cv2.circle(curls, (int(x), int(y)), max(int(size * rng.uniform(0.7, 1.2)), 1), 255, cv2.FILLED)
    return curls
