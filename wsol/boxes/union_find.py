"""The components' boxes at every threshold, in one pass over a map's pixels.

Pixels join from the highest level down. One with no neighbour yet starts a component, one
between several joins them, and every other one grows the component beside it. Each component
carries its pixel count and its extent, so that no threshold looks at a pixel twice.
Compiled by numba at the first call; the compiled code is kept beside this file.

Pixels are numbered in raster order on a canvas with a margin, `stride` to a row, a power of two.
Indices are unsigned, which spares numba its check for negative ones and half the time.
"""

import numba
import numpy as np

CELLS = 4096  # a power of two, so that scaling a float32 by it is exact
# a component's extent: -first pixel, last pixel, -leftmost column, rightmost column, number of pixels;
# negated where the least is wanted, so that all four grow by a maximum
FIRST, LAST, LEFT, RIGHT, SIZE = (np.uint64(field) for field in range(5))


def _groups(corners_join: bool) -> np.ndarray:
    """For each set of neighbours (8 bits, clockwise from above), one of each connected group: (256, 4) int8, or -1.

    Where corners do not join, those among the neighbours count for nothing.
    """
    table = np.full((256, 4), -1, np.int8)
    for mask in range(256):
        groups: list[set[int]] = []
        for side in (side for side in range(8) if mask >> side & 1):
            if side % 2 and not corners_join:
                continue
            # corners touch the two sides beside them; sides touch each other across a corner
            near = {(side + step) % 8 for step in ((-1, 1) if side % 2 else (-2, -1, 1, 2)) if corners_join}
            joined = [group for group in groups if group & near]
            groups = [group for group in groups if not group & near] + [{side}.union(*joined)]
        table[mask, : len(groups)] = [min(group) for group in groups]
    return table


GROUPS, GROUPS_OF_HOLES = _groups(True), _groups(False)


@numba.njit(cache=True, nogil=True)
def largest_boxes(canvas: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The upright box of the largest component of `canvas > threshold`, for each threshold.

    Largest is of the most pixels, 8-connected; of equals the first in raster order.

    Args:
        canvas: (height, width) float32, no NaN.
        thresholds: (thresholds,) float32, ascending, in 0..1.

    Returns:
        (thresholds, 4) int32 boxes_yxyx, pixels, upper edges exclusive; zeros where no pixel is above.
    """
    level, counts = _levels(canvas, thresholds)
    return _grown(level, counts, canvas.shape[1], False, np.zeros((0, 4)))[0]


@numba.njit(cache=True, nogil=True)
def contour_ious(grey: np.ndarray, ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """IoU of the contours of `grey > level` with the ground truth, for each level of 0..254.

    Contours are OpenCV's: outlines of components, 8-connected, and of their holes, 4-connected, which run
    on the pixels around a hole. A box's upper edges lie a pixel further out than elsewhere here, but inside
    the canvas: clovaai/wsolevaluation takes x + width for the last column and counts it in.

    Args:
        grey: (height, width) uint8.
        ground_truth_yxyx: (boxes, 4) float64, pixels, upper edges exclusive; boxes of zeros match nothing.

    Returns:
        (255, 2) float64: the best IoU with any ground-truth box of the largest component, and of any contour.
    """
    between = (np.arange(255, dtype=np.float32) + np.float32(0.5)) / np.float32(255)
    level, counts = _levels(grey / np.float32(255), between)
    ious = _grown(level, counts, grey.shape[1], False, ground_truth_yxyx)[1]
    level, counts = _levels(~grey / np.float32(255), between)
    of_holes = _grown(level, counts, grey.shape[1], True, ground_truth_yxyx)[1]
    ious[:, 1] = np.maximum(ious[:, 1], of_holes[::-1, 1])  # grey <= level is ~grey > 254 - level
    return ious


@numba.njit
def _levels(canvas: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many thresholds each pixel is above, on the padded canvas, and how many pixels each level has."""
    height, width = canvas.shape
    cells = np.float32(CELLS)
    start = np.searchsorted(thresholds, np.arange(CELLS + 1) / cells).astype(np.int16)
    edges = np.append(thresholds, np.float32(np.inf))
    stride = 1
    while stride < width + 2:
        stride *= 2
    level, counts = np.zeros((height + 2, stride), np.int16), np.zeros(len(edges), np.int64)
    for row in range(height):
        for column in range(width):
            value = canvas[row, column]
            found = start[np.uint64(min(max(value * cells, np.float32(0)), cells))]
            while edges[found] < value:
                found += 1
            level[row + 1, column + 1] = found
            counts[found] += 1
    return level, counts


@numba.njit
def _descending(level: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The pixels above the lowest threshold, highest level first, each level in raster order: a counting sort."""
    place = np.zeros_like(counts)
    place[:-1] = counts[::-1].cumsum()[-2::-1]
    pixels = np.empty(place[0], np.uint32)
    for pixel, found in enumerate(level.ravel()):
        if found > 0:
            pixels[place[found]] = pixel
            place[found] += 1
    return pixels


@numba.njit
def _earlier_neighbours(level: np.ndarray) -> np.ndarray:
    """Which of each pixel's neighbours join before it: those of a higher level, and those of its own further up."""
    neighbours = np.zeros(level.shape, np.uint8)
    for row in range(1, level.shape[0] - 1):
        above, same, below = level[row - 1], level[row], level[row + 1]
        for x in range(1, level.shape[1] - 1):
            own = same[x]
            neighbours[row, x] = (
                (above[x] >= own)
                | (above[x + 1] >= own) << 1
                | (same[x + 1] > own) << 2
                | (below[x + 1] > own) << 3
                | (below[x] > own) << 4
                | (below[x - 1] > own) << 5
                | (same[x - 1] >= own) << 6
                | (above[x - 1] >= own) << 7
            )
    return neighbours.ravel()


@numba.njit
def _grown(
    level: np.ndarray, counts: np.ndarray, width: int, holes: bool, ground_truth_yxyx: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Let the pixels of each level join, highest first, and look at the components after each.

    Longer than it should be: with the middle of the loop in a function of its own it takes four times as long.

    Returns:
        The largest component's box, (thresholds, 4) int32, lowest threshold first, and `contour_ious`,
        (thresholds, 2) float64, zeros with no ground truth.
    """
    pixels, neighbours = _descending(level, counts), _earlier_neighbours(level)
    table, stride, shape = GROUPS_OF_HOLES if holes else GROUPS, level.shape[1], (level.shape[0] - 2, width)
    offsets = np.array([-stride, 1 - stride, 1, stride + 1, stride, stride - 1, -1, -stride - 1]).astype(np.uint64)
    most = len(neighbours) // (2 if holes else 4) + 1  # components never start side by side
    starts = np.empty(len(neighbours), np.uint32)  # of a pixel: the start it has grown from
    roots = np.arange(most).astype(np.uint32)  # of a start: the one that stands for its component by now
    following, tails = np.full(most, -1), np.arange(most)  # the starts of a component, as a list
    extents = np.full((most, 5), np.iinfo(np.int32).min, np.int32)
    boxes, ious = np.zeros((len(counts) - 1, 4), np.int32), np.zeros((len(counts) - 1, 2))
    one, column = np.uint64(1), offsets[4] - np.uint64(1)
    done, born, largest, rank = np.uint64(0), np.uint64(0), np.uint64(0), np.int64(0)
    for step in range(len(boxes), 0, -1):
        for _ in range(counts[step]):
            pixel = np.uint64(pixels[done])
            done += one
            groups = table[np.uint64(neighbours[pixel])]
            if groups[0] < 0:
                root, starts[pixel] = born, born
                extents[root, SIZE] = 0
                born += one
            else:
                starts[pixel] = starts[pixel + offsets[np.uint64(groups[0])]]
                root = np.uint64(roots[starts[pixel]])
                for group in range(1, 4):
                    if groups[group] < 0:
                        break
                    other = np.uint64(roots[starts[pixel + offsets[np.uint64(groups[group])]]])
                    root = _joined(np.int64(root), np.int64(other), roots, following, tails, extents)
            _grow(extents, root, np.int32(pixel), np.int32(pixel & column))
            own = (np.int64(extents[root, SIZE]) << 32) + extents[root, FIRST]  # of equals the first
            largest = root if own > rank else largest
            rank = max(own, rank)
        if rank > 0:
            boxes[step - 1] = np.array(_box(extents[largest], stride))
            if len(ground_truth_yxyx):
                ious[step - 1, 0] = _contour_iou(extents[largest], stride, shape, holes, ground_truth_yxyx)
                for start in range(np.int64(born)):
                    if roots[start] == start:
                        own_iou = _contour_iou(extents[start], stride, shape, holes, ground_truth_yxyx)
                        ious[step - 1, 1] = max(ious[step - 1, 1], own_iou)
    return boxes, ious


@numba.njit
def _contour_iou(
    extent: np.ndarray, stride: int, shape: tuple[int, int], hole: bool, ground_truth_yxyx: np.ndarray
) -> float:
    """The best IoU of a contour's box with the ground truth, see `contour_ious`; 0 for a hole open to the edge."""
    ymin, xmin, ymax, xmax = _box(extent, stride)
    if hole:
        if ymin == 0 or xmin == 0 or ymax == shape[0] or xmax == shape[1]:
            return 0.0
        ymin, xmin, ymax, xmax = ymin - 1, xmin - 1, ymax + 1, xmax + 1  # the contour runs around it
    ymax, xmax = min(ymax + 1, shape[0]), min(xmax + 1, shape[1])
    best = 0.0
    for own in ground_truth_yxyx:
        height, width = min(ymax, own[2]) - max(ymin, own[0]), min(xmax, own[3]) - max(xmin, own[1])
        if height > 0 and width > 0:
            areas = (ymax - ymin) * (xmax - xmin) + (own[2] - own[0]) * (own[3] - own[1])
            best = max(best, height * width / (areas - height * width))
    return best


@numba.njit
def _box(extent: np.ndarray, stride: int) -> tuple[int, int, int, int]:
    """The box of a component on the canvas without its margin."""
    first, last, left, right = -extent[FIRST], extent[LAST], -extent[LEFT], extent[RIGHT]
    return first // stride - 1, left - 1, last // stride, right


@numba.njit
def _grow(extents: np.ndarray, root: np.uint64, pixel: np.int32, column: np.int32) -> None:
    extents[root, FIRST] = max(extents[root, FIRST], -pixel)
    extents[root, LAST] = max(extents[root, LAST], pixel)
    extents[root, LEFT] = max(extents[root, LEFT], -column)
    extents[root, RIGHT] = max(extents[root, RIGHT], column)
    extents[root, SIZE] += 1


@numba.njit
def _joined(
    one: int, other: int, roots: np.ndarray, following: np.ndarray, tails: np.ndarray, extents: np.ndarray
) -> np.uint64:
    """Join two components, the smaller into the larger; returns the root of both."""
    if one == other:
        return np.uint64(one)
    if extents[other, SIZE] > extents[one, SIZE]:
        one, other = other, one
    start = other
    while start >= 0:
        roots[start] = one
        start = following[start]
    following[tails[one]], tails[one] = other, tails[other]
    extents[one, :SIZE] = np.maximum(extents[one, :SIZE], extents[other, :SIZE])
    extents[one, SIZE] += extents[other, SIZE]
    return np.uint64(one)
