"""Refine a heatmap's box with GrabCut (Rother et al. 2004) on the image, seeded by the heatmap."""

import cv2
import numpy as np

from wsol.boxes.heatmap_boxes import check_finite, heatmap_boxes, mask_box, upsampled

PROBABLE_BACKGROUND = 0.25  # background above this fraction of `low` is only probable


def grabcut_box(
    heatmap: np.ndarray,
    image: np.ndarray,
    low: float,
    high: float,
    iterations: int,
    component: str,
    rectangle: str,
) -> tuple[np.ndarray, bool]:
    """The box of the object that GrabCut separates from the background.

    GrabCut fits a colour model to the object and one to the background, and cuts between them where neighbouring
    pixels differ most. The heatmap says where each begins, see `grabcut_seeds`. The box is that of the component of
    GrabCut's mask, as in `heatmap_boxes`.

    Args:
        heatmap: (h, w) float, finite, with any maximum. If no value is positive, there is no box.
        image: (side, side, 3) uint8. The channels can have any order.
        low: fraction of the heatmap's maximum, above which a pixel is probably of the object.
        high: fraction of the heatmap's maximum, above which a pixel is surely of the object.
        iterations: number of times that GrabCut fits its colour models and cuts.
        component: `largest` or `first`, see `heatmap_boxes`.
        rectangle: `upright` or `rotated`, see `heatmap_boxes`.

    Returns:
        box_yxyx: (4,) float32, fractions of the image; zeros if there is no box.
        degenerate: whether GrabCut had nothing to separate: the seeds have no object or no background, the image has
            a single colour, or GrabCut finds no object. The box is then that of the heatmap at threshold `low`.

    Raises:
        ValueError: the image is not a square of uint8 with three channels, or the heatmap is not finite.

    >>> import numpy as np
    >>> heatmap, image = np.zeros((8, 8)), np.zeros((8, 8, 3), np.uint8)
    >>> image[2:6, 2:6] = 255  # a white square
    >>> heatmap[1:7, 1:7] = 0.1  # probably background
    >>> heatmap[3:5, 2:4] = 1  # a part of the square
    >>> box_yxyx, degenerate = grabcut_box(heatmap, image, 0.2, 0.8, 1, "largest", "upright")
    >>> print(box_yxyx, degenerate)
    [0.25 0.25 0.75 0.75] False
    """
    check_finite(heatmap)
    _check_image(image)
    heatmap = _with_maximum_1(heatmap)
    seeds = grabcut_seeds(upsampled(heatmap, len(image)), low, high)
    mask = grabcut_mask(image, seeds, iterations)
    if mask is None:
        return heatmap_boxes(heatmap, [low], len(image), component, rectangle)[0], True
    box_yxyx = np.array(mask_box(mask, component, rectangle), np.float32)
    return box_yxyx / np.float32(len(image)), False


def grabcut_seeds(canvas: np.ndarray, low: float, high: float) -> np.ndarray:
    """The mask from which GrabCut starts.

    Args:
        canvas: (height, width) float, a heatmap upsampled to the image. 1 is the heatmap's maximum.
        low: see `grabcut_box`.
        high: see `grabcut_box`.

    Returns:
        (height, width) uint8: GC_FGD (surely object) above `high`, GC_PR_FGD (probably object) above `low`,
        GC_PR_BGD (probably background) above a quarter of `low`, GC_BGD (surely background) elsewhere.

    >>> import numpy as np
    >>> seeds = grabcut_seeds(np.array([[0, 0.1, 0.3, 0.9]]), 0.2, 0.8)
    >>> print((seeds == [[cv2.GC_BGD, cv2.GC_PR_BGD, cv2.GC_PR_FGD, cv2.GC_FGD]]).all())
    True
    """
    seeds = np.full(canvas.shape, cv2.GC_BGD, np.uint8)
    seeds[canvas > low * PROBABLE_BACKGROUND] = cv2.GC_PR_BGD
    seeds[canvas > low] = cv2.GC_PR_FGD
    seeds[canvas > high] = cv2.GC_FGD
    return seeds


def grabcut_mask(image: np.ndarray, seeds: np.ndarray, iterations: int) -> np.ndarray | None:
    """The object's pixels by GrabCut.

    Args:
        image: (height, width, 3) uint8.
        seeds: (height, width) uint8, see `grabcut_seeds`.
        iterations: see `grabcut_box`.

    Returns:
        (height, width) uint8, 1 for the object and 0 for the background. None in the degenerate cases of `grabcut_box`.
    """
    is_object = _is_object(seeds)
    if is_object.all() or not is_object.any() or (image == image[0, 0]).all():
        return None
    mask = seeds.copy()  # OpenCV writes the result into it
    # OpenCV seeds its clustering from a generator of the thread: set it, or the result depends on the thread's past
    cv2.setRNGSeed(0)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))  # OpenCV's memory for the colour models
    unused = (0, 0, 0, 0)  # a rectangle, for another mode
    try:
        cv2.grabCut(image, mask, unused, background, foreground, iterations, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return None
    is_object = _is_object(mask)
    return is_object.astype(np.uint8) if is_object.any() else None


def _with_maximum_1(heatmap: np.ndarray) -> np.ndarray:
    # the mean of several layers' heatmaps has a smaller maximum
    heatmap = heatmap.astype(np.float32)
    return heatmap / heatmap.max() if heatmap.max() > 0 else np.zeros_like(heatmap)


def _is_object(seeds: np.ndarray) -> np.ndarray:
    return (seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD)


def _check_image(image: np.ndarray) -> None:
    if image.dtype != np.uint8 or image.shape != (len(image), len(image), 3):
        raise ValueError(
            f"Expected an image of shape (side, side, 3) and dtype uint8, received {image.shape} and {image.dtype}: "
            "resize and round it."
        )
