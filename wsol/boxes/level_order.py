"""The pixels of a map in the order in which a union-find adds them: by descending level.

The level of a pixel is the number of thresholds below its value. Pixels are numbered in raster
order on the padded map: a margin of one pixel, and `stride` pixels a row, a power of two.

Numba compiles the functions at the first call and caches them beside this file. The cache only
notices changes of this file, so compiled functions call no functions of other files. Array
indices are unsigned: for signed ones numba checks the sign, which doubles the time. Loops stand
for NumPy's cumsum, bincount, searchsorted and slices, which take 1 to 3 s each to compile.
"""

from typing import NamedTuple

import numba
import numpy as np

BINS = 4096  # of the table from values to levels; a power of two, so scaling a float32 by it is exact


class LevelOrder(NamedTuple):
    """The order of a map's pixels, n with the padding."""

    stride: int  # pixels in a row
    pixels: np.ndarray  # (pixels of level 1 and above,) uint32: by descending level, then in raster order
    ends: np.ndarray  # (levels + 1,) int64: how many pixels are of each level or above
    earlier: np.ndarray  # (n,) uint8: the set of neighbours that come before a pixel; bit 0 is above, then clockwise


@numba.njit(cache=True, nogil=True)
def by_thresholds(canvas: np.ndarray, thresholds: np.ndarray) -> LevelOrder:
    """Order the pixels of a map by the number of thresholds below their value.

    Args:
        canvas: (height, width) float32, finite.
        thresholds: (thresholds,) float32 in 0..1, ascending.
    """
    return _ordered(*_levels(canvas, thresholds))


@numba.njit(cache=True, nogil=True)
def by_grey(grey: np.ndarray) -> LevelOrder:
    """Order the pixels of a map (height, width) uint8 by their value."""
    levels = _grey_levels(grey)
    return _ordered(levels, _histogram(grey))


@numba.njit(cache=True, nogil=True)
def by_filled_grey(grey: np.ndarray) -> LevelOrder:
    """Order the pixels of a map (height, width) uint8 by their value after its holes are filled, at every level."""
    levels = _grey_levels(grey)
    filled = _filled(levels)
    return _ordered(filled, _histogram(filled))


@numba.njit
def _grey_levels(grey: np.ndarray) -> np.ndarray:
    levels = _padded(grey.shape)
    for row in range(grey.shape[0]):
        for column in range(grey.shape[1]):
            levels[row + 1, column + 1] = grey[row, column]
    return levels


@numba.njit
def _filled(levels: np.ndarray) -> np.ndarray:
    """Raise each pixel to the lowest level at which a path over sides leads from it out of the map.

    A flood from the margin inwards, pixels of the lowest level first. Each level has a linked list of waiting pixels.
    """
    flat, stride = levels.ravel(), levels.shape[1]
    filled, following, heads = np.full(flat.size, np.int16(-1)), np.full(flat.size, -1), np.full(256, -1)
    filled[0], heads[0] = 0, 0
    for lowest in range(256):
        while heads[lowest] >= 0:
            pixel = heads[lowest]
            heads[lowest] = following[pixel]
            for near in (pixel - stride, pixel - 1, pixel + 1, pixel + stride):
                if 0 <= near < flat.size and filled[near] < 0:
                    level = max(lowest, flat[near])
                    filled[near], following[near], heads[level] = level, heads[level], near
    return filled.reshape(levels.shape)


@numba.njit
def _padded(shape: tuple[int, int]) -> np.ndarray:
    """Zeros (height + 2, stride) int16 for the levels of a padded map."""
    stride = 1
    while stride < shape[1] + 2:
        stride *= 2
    return np.zeros((shape[0] + 2, stride), np.int16)


@numba.njit
def _levels(canvas: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The levels of the padded map, and the number of pixels of each level.

    A table gives the level at the start of the value's bin. Comparisons give the level inside the bin.
    """
    bins, bin_levels = np.float32(BINS), _bin_levels(thresholds)
    levels, histogram = _padded(canvas.shape), np.zeros(len(thresholds) + 1, np.int64)
    for row in range(canvas.shape[0]):
        for column in range(canvas.shape[1]):
            value = canvas[row, column]
            level = bin_levels[np.uint64(min(max(value * bins, np.float32(0)), bins))]
            while level < len(thresholds) and thresholds[level] < value:
                level += 1
            levels[row + 1, column + 1] = level
            histogram[level] += 1
    return levels, histogram


@numba.njit
def _bin_levels(thresholds: np.ndarray) -> np.ndarray:
    """(BINS + 1,) int16: the level at the start of each bin of values."""
    levels, level = np.empty(BINS + 1, np.int16), 0
    for start in range(BINS + 1):
        while level < len(thresholds) and thresholds[level] < start / BINS:
            level += 1
        levels[start] = level
    return levels


@numba.njit
def _ordered(levels: np.ndarray, histogram: np.ndarray) -> LevelOrder:
    pixels, ends = _sorted_pixels(levels, histogram)
    return LevelOrder(levels.shape[1], pixels, ends, _earlier_neighbours(levels))


@numba.njit
def _histogram(levels: np.ndarray) -> np.ndarray:
    histogram = np.zeros(256, np.int64)
    for level in levels.ravel():
        histogram[level] += 1
    return histogram


@numba.njit
def _sorted_pixels(levels: np.ndarray, histogram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`pixels` and `ends` of LevelOrder, by a counting sort."""
    ends = np.zeros(len(histogram) + 1, np.int64)
    for level in range(len(histogram) - 1, -1, -1):
        ends[level] = ends[level + 1] + histogram[level]
    places = ends[1:].copy()  # of the next pixel of each level
    pixels = np.empty(ends[1], np.uint32)
    flat = levels.ravel()
    for pixel in range(len(flat)):
        level = flat[pixel]
        if level > 0:
            pixels[places[level]] = pixel
            places[level] += 1
    return pixels, ends


@numba.njit
def _earlier_neighbours(levels: np.ndarray) -> np.ndarray:
    """`earlier` of LevelOrder: neighbours of a higher level, and of the same level and a lower number."""
    earlier = np.zeros(levels.shape, np.uint8)
    for row in range(1, levels.shape[0] - 1):
        above, same, below = levels[row - 1], levels[row], levels[row + 1]
        for x in range(1, levels.shape[1] - 1):
            level = same[x]
            earlier[row, x] = (
                (above[x] >= level)
                | (above[x + 1] >= level) << 1
                | (same[x + 1] > level) << 2
                | (below[x + 1] > level) << 3
                | (below[x] > level) << 4
                | (below[x - 1] > level) << 5
                | (same[x - 1] >= level) << 6
                | (above[x - 1] >= level) << 7
            )
    return earlier.ravel()
