"""Masks of strokes, and painting them with shading on an RGBA layer."""

import cv2
import numpy as np

SHIFT = 4  # fractional bits of OpenCV's coordinates: they are passed in sixteenths of a pixel


def chain(shape: tuple[int, int], points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Mask of circles swept along a smooth line.

    Args:
        shape: (height, width) of the mask, pixels.
        points: (n, 2) float, x and y of the line's points, pixels.
        radii: (n,) float, radius at each point, pixels.

    Returns:
        (height, width) uint8, 255 inside.
    """
    mask = np.zeros(shape, np.uint8)
    steps = np.linspace(0, len(points) - 1, 10 * (len(points) - 1) + 1)
    indices = np.arange(len(points))
    x, y, r = (np.interp(steps, indices, values) for values in (*np.transpose(points), radii))
    if len(points) > 2:  # smooth the corners, keep both ends
        x[1:-1], y[1:-1] = _smooth(x), _smooth(y)
    for cx, cy, cr in np.rint(np.stack([x, y, r], 1) * 2**SHIFT).astype(int):
        cv2.circle(mask, (int(cx), int(cy)), max(int(cr), 1), 255, cv2.FILLED, cv2.LINE_8, SHIFT)
    return mask


def _smooth(values: np.ndarray) -> np.ndarray:
    """Moving average (n - 2,) of all values but the first and the last."""
    padded = np.pad(values, 3, mode="edge")
    return np.convolve(padded, np.ones(7) / 7, mode="valid")[1:-1]


def polygon(shape: tuple[int, int], points: np.ndarray) -> np.ndarray:
    """Mask (height, width) uint8 of a closed polygon; points (n, 2) float, x and y in pixels."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(points * 2**SHIFT).astype(np.int32)], 255, cv2.LINE_8, SHIFT)
    return mask


def roundness(mask: np.ndarray) -> np.ndarray:
    """Shading (height, width) float32 in 0.72..1: darker towards the mask's edge, so the stroke looks round."""
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    return 0.72 + 0.28 * np.sqrt(np.clip(depth / max(0.6 * float(depth.max()), 1.0), 0, 1))


def paint(layer: np.ndarray, mask: np.ndarray, colours: np.ndarray, light: float = 1.0) -> None:
    """Paint the masked part of a layer, with shading.

    Only the mask's bounding rectangle is processed, so small strokes are fast.

    Args:
        layer: (height, width, 4) float32 RGBA, 0..255; changed in place.
        mask: (height, width) uint8, 255 inside.
        colours: (3,) or (height, width, 3) RGB, 0..255.
        light: factor on the colours.
    """
    x, y, width, height = cv2.boundingRect(mask)
    window = np.s_[y : y + height, x : x + width]
    inside = mask[window] > 0
    shade = light * roundness(mask[window])[..., None]
    colours = colours if colours.ndim == 1 else colours[window]
    layer[window][inside] = np.dstack([colours * shade, np.full(inside.shape, 255.0)])[inside]


def curled(mask: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """The mask (height, width) uint8 with circles of about `radius` pixels along its outline."""
    curls = mask.copy()
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    step = max(int(1.4 * radius), 1)
    for x, y in np.concatenate(contours)[::step, 0] if contours else ():
        cv2.circle(curls, (int(x), int(y)), max(int(radius * rng.uniform(0.7, 1.2)), 1), 255, cv2.FILLED)
    return curls
