"""Boxes of a map's connected components at all thresholds, by union-find.

Union-find over pixels sorted by descending level (a max-tree). Adding a pixel starts, extends
or merges components. Each root stores its pixel count and bounding box, so the boxes at all
thresholds come from one pass.

The level of a pixel is the number of thresholds below its value. Pixels are numbered in raster
order on the padded map: a margin of one pixel, and `stride` pixels a row, a power of two.

Numba compiles the functions at the first call and caches them beside this file. Array indices
are unsigned: for signed ones numba checks the sign, which doubles the time.
"""

from typing import NamedTuple

import numba
import numpy as np

BINS = 4096  # of the table from values to levels; a power of two, so scaling a float32 by it is exact

# The union-find's record of a label. A pixel gets the label of a neighbour, or a new one.
COMPONENT = np.dtype(
    [
        ("root", np.int32),  # the label that stands for the component; the fields from `tail` on hold at the root
        ("next", np.int32),  # the component's labels are a linked list: the next label, or -1
        ("tail", np.int32),  # the last label of that list
        ("first", np.int32),  # pixel in raster order
        ("last", np.int32),
        ("left", np.int32),  # column
        ("right", np.int32),
        ("size", np.int32),  # pixels
    ]
)


class MaxTree(NamedTuple):
    """The arrays of the union-find, for maps of n pixels with the padding."""

    connectivity: int  # 8 or 4
    stride: int  # pixels in a padded row
    offsets: np.ndarray  # (8,) uint64: what to add to a pixel's number for its neighbours, clockwise from above
    pixels: np.ndarray  # (pixels of level 1 and above,) uint32: by descending level, then in raster order
    ends: np.ndarray  # (levels + 1,) int64: how many pixels are of each level or above
    earlier: np.ndarray  # (n,) uint8: the set of neighbours that are added before the pixel, as a bit mask
    labels: np.ndarray  # (n,) uint32: of the pixels added so far
    components: np.ndarray  # (labels,) COMPONENT


def _representatives(connectivity: int) -> np.ndarray:
    """For each set of neighbours, one neighbour of each of its connected groups.

    Neighbours are numbered clockwise from above, so odd ones are corners. 4-connectivity ignores corners.

    Returns:
        (256, 4) int8: for each set, as a bit mask, the neighbours' numbers, padded with -1.
    """
    table = np.full((256, 4), -1, np.int8)
    for mask in range(256):
        groups: list[set[int]] = []
        for neighbour in range(0, 8, 8 // connectivity):
            if mask >> neighbour & 1:
                # a corner touches the two sides next to it; a side also touches the next sides, across a corner
                steps = () if connectivity == 4 else (-1, 1) if neighbour % 2 else (-2, -1, 1, 2)
                near = {(neighbour + step) % 8 for step in steps}
                touching = [group for group in groups if group & near]
                groups = [group for group in groups if not group & near] + [{neighbour}.union(*touching)]
        table[mask, : len(groups)] = [min(group) for group in groups]
    return table


REPRESENTATIVES_8, REPRESENTATIVES_4 = _representatives(8), _representatives(4)


@numba.njit(cache=True, nogil=True)
def largest_boxes(canvas: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The upright box of the largest component of `canvas > threshold`, for each threshold.

    Components are 8-connected. The largest has the most pixels; of equals, it is the first in raster order.

    Args:
        canvas: (height, width) float32, finite.
        thresholds: (thresholds,) float32 in 0..1, ascending.

    Returns:
        (thresholds, 4) int32 boxes_yxyx, pixels, upper edges exclusive; zeros if no pixel is above.

    >>> import numpy as np
    >>> canvas = np.array([[0, 0.9, 0], [0, 0.4, 0.4]], np.float32)
    >>> print(largest_boxes(canvas, np.array([0.3, 0.5], np.float32)))
    [[0 1 2 3]
     [0 1 1 2]]
    """
    levels, histogram = _levels(canvas, thresholds)
    tree = _max_tree(levels, histogram, 8)
    boxes = np.zeros((len(thresholds), 4), np.int32)
    count, largest = np.uint64(0), np.uint64(0)
    for level in range(len(boxes), 0, -1):
        count, largest = _add_level(tree, level, count, largest)
        if count:
            boxes[level - 1] = np.array(_box(tree.components[largest], tree.stride))
    return boxes


@numba.njit(cache=True, nogil=True)
def contour_ious(grey: np.ndarray, ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """IoU of the contours of `grey > level` with the ground truth, for each level of 0..254.

    Contours are OpenCV's. There is one around each 8-connected component, and one around each hole
    (4-connected), which runs on the pixels around the hole. The upper edges of a contour's box are one
    pixel larger than elsewhere in this project, but not outside the map. The reason is the protocol of
    clovaai/wsolevaluation: it takes x + width for the last column, and counts that column.

    Args:
        grey: (height, width) uint8.
        ground_truth_yxyx: (boxes, 4) float64, pixels, upper edges exclusive. Zeros have IoU 0.

    Returns:
        (255, 2) float64: the IoU of the largest component's contour, and the highest of any contour. Both
        are the highest with any ground-truth box.
    """
    ious = _contour_ious(grey, 8, ground_truth_yxyx)
    hole_ious = _contour_ious(~grey, 4, ground_truth_yxyx)
    ious[:, 1] = np.maximum(ious[:, 1], hole_ious[::-1, 1])  # grey <= level is the same as ~grey > 254 - level
    return ious


@numba.njit
def _contour_ious(grey: np.ndarray, connectivity: int, ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """`contour_ious` of components (connectivity 8), or of holes, which are components of `~grey` (4)."""
    levels = _padded(grey.shape)
    levels[1 : grey.shape[0] + 1, 1 : grey.shape[1] + 1] = grey
    tree = _max_tree(levels, np.bincount(grey.ravel(), minlength=256), connectivity)
    ious = np.zeros((255, 2))
    count, largest = np.uint64(0), np.uint64(0)
    for level in range(len(ious), 0, -1):
        count, largest = _add_level(tree, level, count, largest)
        for label in range(count):
            if tree.components[label].root == label:
                iou = _contour_iou(tree.components[label], tree.stride, grey.shape, connectivity == 4, ground_truth_yxyx)
                ious[level - 1, 1] = max(ious[level - 1, 1], iou)
                if label == largest:
                    ious[level - 1, 0] = iou
    return ious


@numba.njit
def _padded(shape: tuple[int, int]) -> np.ndarray:
    """Zeros (height + 2, stride) int16."""
    stride = 1
    while stride < shape[1] + 2:
        stride *= 2
    return np.zeros((shape[0] + 2, stride), np.int16)


@numba.njit
def _levels(canvas: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The padded map of levels, and the number of pixels of each level.

    A table gives the level at the start of the value's bin. Comparisons give the level inside the bin.
    """
    bins = np.float32(BINS)
    bin_levels = np.searchsorted(thresholds, np.arange(BINS + 1) / bins).astype(np.int16)
    upper = np.append(thresholds, np.float32(np.inf))  # the largest value of each level
    levels, histogram = _padded(canvas.shape), np.zeros(len(upper), np.int64)
    for row in range(canvas.shape[0]):
        for column in range(canvas.shape[1]):
            value = canvas[row, column]
            level = bin_levels[np.uint64(min(max(value * bins, np.float32(0)), bins))]
            while upper[level] < value:
                level += 1
            levels[row + 1, column + 1] = level
            histogram[level] += 1
    return levels, histogram


@numba.njit
def _max_tree(levels: np.ndarray, histogram: np.ndarray, connectivity: int) -> MaxTree:
    """The union-find before the first pixel is added."""
    stride = levels.shape[1]
    offsets = np.array([-stride, 1 - stride, 1, stride + 1, stride, stride - 1, -1, -stride - 1]).astype(np.uint64)
    pixels, ends = _sorted_pixels(levels, histogram)
    # components do not start side by side: at most every second pixel of a row, and every second row if 8-connected
    components = np.empty(levels.size // (4 if connectivity == 8 else 2) + 1, COMPONENT)
    labels = np.empty(levels.size, np.uint32)
    return MaxTree(connectivity, stride, offsets, pixels, ends, _earlier_neighbours(levels), labels, components)


@numba.njit
def _sorted_pixels(levels: np.ndarray, histogram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`pixels` and `ends` of MaxTree: a counting sort."""
    ends = np.zeros(len(histogram) + 1, np.int64)
    ends[:-1] = histogram[::-1].cumsum()[::-1]
    places = ends[1:].copy()  # where the next pixel of each level goes
    pixels = np.empty(ends[1], np.uint32)
    for pixel, level in enumerate(levels.ravel()):
        if level > 0:
            pixels[places[level]] = pixel
            places[level] += 1
    return pixels, ends


@numba.njit
def _earlier_neighbours(levels: np.ndarray) -> np.ndarray:
    """`earlier` of MaxTree: neighbours of a higher level, and those of the same level and a lower number."""
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


@numba.njit
def _add_level(tree: MaxTree, level: int, count: np.uint64, largest: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Add the pixels of a level; returns the number of labels, and the root of the largest component.

    A long function: with the loop's body in a function of its own it takes twice as long.
    """
    connectivity, stride, offsets, pixels, ends, earlier, labels, components = tree
    representatives = REPRESENTATIVES_8 if connectivity == 8 else REPRESENTATIVES_4
    column_mask = np.uint64(stride - 1)
    most = _rank(components[largest]) if count else np.int64(0)
    for position in range(np.uint64(ends[level + 1]), np.uint64(ends[level])):
        pixel = np.uint64(pixels[position])
        groups = representatives[np.uint64(earlier[pixel])]
        if groups[0] < 0:
            root, labels[pixel] = count, count
            _start(components, root, pixel, pixel & column_mask)
            count += np.uint64(1)
        else:
            labels[pixel] = labels[pixel + offsets[np.uint64(groups[0])]]
            root = np.uint64(components[np.uint64(labels[pixel])].root)
            for group in range(1, 4):
                if groups[group] < 0:
                    break
                label = np.uint64(labels[pixel + offsets[np.uint64(groups[group])]])
                root = _merge(components, root, np.uint64(components[label].root))
            _extend(components[root], np.int32(pixel), np.int32(pixel & column_mask))
        rank = _rank(components[root])
        largest = root if rank > most else largest
        most = max(rank, most)
    return count, largest


@numba.njit
def _rank(component: np.record) -> np.int64:
    """More pixels rank higher; of equals, the first in raster order."""
    return (np.int64(component.size) << 32) - component.first


@numba.njit
def _start(components: np.ndarray, label: np.uint64, pixel: np.uint64, column: np.uint64) -> None:
    component = components[label]
    component.root, component.next, component.tail = label, -1, label
    component.first, component.last, component.left, component.right = pixel, pixel, column, column
    component.size = 1


@numba.njit
def _extend(component: np.record, pixel: np.int32, column: np.int32) -> None:
    component.first, component.last = min(component.first, pixel), max(component.last, pixel)
    component.left, component.right = min(component.left, column), max(component.right, column)
    component.size += 1


@numba.njit
def _merge(components: np.ndarray, first: np.uint64, second: np.uint64) -> np.uint64:
    """Merge the smaller of two components into the larger; returns the root."""
    if first == second:
        return first
    if components[second].size > components[first].size:
        first, second = second, first
    label = np.int64(second)
    while label >= 0:
        components[label].root = first
        label = components[label].next
    kept, merged = components[first], components[second]
    components[kept.tail].next, kept.tail = second, merged.tail
    kept.first, kept.last = min(kept.first, merged.first), max(kept.last, merged.last)
    kept.left, kept.right = min(kept.left, merged.left), max(kept.right, merged.right)
    kept.size += merged.size
    return first


@numba.njit
def _box(component: np.record, stride: int) -> tuple[int, int, int, int]:
    """The bounding box on the map without padding, pixels, upper edges exclusive."""
    return component.first // stride - 1, component.left - 1, component.last // stride, component.right


@numba.njit
def _contour_iou(
    component: np.record, stride: int, shape: tuple[int, int], hole: bool, ground_truth_yxyx: np.ndarray
) -> float:
    """The highest IoU of a contour's box, see `contour_ious`; 0 for a hole at the map's edge, which is none."""
    ymin, xmin, ymax, xmax = _box(component, stride)
    if hole:
        if ymin == 0 or xmin == 0 or ymax == shape[0] or xmax == shape[1]:
            return 0.0
        ymin, xmin, ymax, xmax = ymin - 1, xmin - 1, ymax + 1, xmax + 1
    ymax, xmax = min(ymax + 1, shape[0]), min(xmax + 1, shape[1])
    best = 0.0
    for truth in ground_truth_yxyx:
        height, width = min(ymax, truth[2]) - max(ymin, truth[0]), min(xmax, truth[3]) - max(xmin, truth[1])
        if height > 0 and width > 0:
            areas = (ymax - ymin) * (xmax - xmin) + (truth[2] - truth[0]) * (truth[3] - truth[1])
            best = max(best, height * width / (areas - height * width))
    return best
