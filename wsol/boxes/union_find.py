"""Boxes of a map's connected components at all thresholds, by union-find.

Union-find over pixels sorted by descending level (a max-tree). Adding a pixel starts, extends
or merges components. Each root stores its area and bounding box, so the boxes at all thresholds
come from one pass.

The order of the pixels, their numbers and the compilation are explained in `level_order.py`.
"""

from typing import NamedTuple

import numba
import numpy as np

from wsol.boxes import level_order
from wsol.boxes.level_order import LevelOrder
from wsol.boxes.neighbours import CONTOUR_AREAS, PIXEL_AREAS, REPRESENTATIVES_4, REPRESENTATIVES_8

# The record of a label. Every pixel has a label; a component has one or more, and one of them is its root.
# root: label. next, tail: the labels of a component as a linked list, -1 at its end; `tail`, the last, is valid
# at the root, as is what follows. first, last: pixels in raster order. left, right: columns. area: as the
# tables of wsol.boxes.neighbours count it.
COMPONENT = np.dtype(
    [(field, np.int32) for field in ("root", "next", "tail", "first", "last", "left", "right", "area")]
)


class Forest(NamedTuple):
    """The union-find's components."""

    representatives: np.ndarray  # (256, 4) int8, see wsol.boxes.neighbours
    areas: np.ndarray  # (256,) int32, likewise
    offsets: np.ndarray  # (8,) uint64: from a pixel's number to its neighbours', clockwise from above
    labels: np.ndarray  # (padded pixels,) uint32, of the pixels added so far
    components: np.ndarray  # (labels,) COMPONENT


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
    return _largest_boxes(level_order.by_thresholds(canvas, thresholds), REPRESENTATIVES_8, PIXEL_AREAS, False)


def largest_contours(grey: np.ndarray) -> np.ndarray:
    """The upright box of the contour with the largest area of `grey > level`, for each level of 0..254.

    Areas are those of cv2.contourArea, which include holes. Of equals, the last in raster order is the largest: OpenCV
    lists it first. A contour inside another one is never the largest, so holes are filled before.

    Args:
        grey: (height, width) uint8.

    Returns:
        (255, 4) int32 boxes_yxyx, pixels, upper edges exclusive; zeros if no pixel is above.
    """
    return _largest_boxes(level_order.by_filled_grey(grey), REPRESENTATIVES_8, CONTOUR_AREAS, True)


def highest_contour_ious(grey: np.ndarray, connectivity: int, ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """The highest IoU of the contours around components of `grey > level`, for each level of 0..254.

    See `wsol.boxes.contours.contour_ious`. With connectivity 4 the components are holes, and the contours run on the
    pixels around them.

    Returns:
        (255,) float64.
    """
    representatives = REPRESENTATIVES_8 if connectivity == 8 else REPRESENTATIVES_4
    order = level_order.by_grey(grey)
    return _contour_ious(order, grey.shape, representatives, PIXEL_AREAS, connectivity == 4, ground_truth_yxyx)


@numba.njit(cache=True, nogil=True)
def _largest_boxes(order: LevelOrder, representatives: np.ndarray, areas: np.ndarray, by_contour: bool) -> np.ndarray:
    forest, boxes = _forest(order, representatives, areas), np.zeros((len(order.ends) - 2, 4), np.int32)
    count, largest = np.uint64(0), np.uint64(0)
    for level in range(len(boxes), 0, -1):
        count, largest = _add_level(order, forest, level, count, largest)
        if by_contour:
            largest = _largest_contour(forest.components, count)
        if count:
            box = boxes[level - 1]  # an array on the right would take 2 s more to compile
            box[0], box[1], box[2], box[3] = _box(forest.components[largest], order.stride)
    return boxes


@numba.njit(cache=True, nogil=True)
def _contour_ious(
    order: LevelOrder,
    shape: tuple[int, int],
    representatives: np.ndarray,
    areas: np.ndarray,
    holes: bool,
    ground_truth_yxyx: np.ndarray,
) -> np.ndarray:
    forest, ious = _forest(order, representatives, areas), np.zeros(255)
    count, largest = np.uint64(0), np.uint64(0)
    for level in range(len(ious), 0, -1):
        count, largest = _add_level(order, forest, level, count, largest)
        for label in range(count):
            component = forest.components[label]
            if component.root == label:
                iou = _contour_iou(component, order.stride, shape, holes, ground_truth_yxyx)
                ious[level - 1] = max(ious[level - 1], iou)
    return ious


@numba.njit
def _forest(order: LevelOrder, representatives: np.ndarray, areas: np.ndarray) -> Forest:
    stride, pixels = order.stride, len(order.earlier)
    offsets = np.array([-stride, 1 - stride, 1, stride + 1, stride, stride - 1, -1, -stride - 1]).astype(np.uint64)
    most = pixels // 2 + 1  # two components never start side by side
    return Forest(representatives, areas, offsets, np.empty(pixels, np.uint32), np.empty(most, COMPONENT))


@numba.njit(inline="always")  # 5 % faster
def _add_level(
    order: LevelOrder, forest: Forest, level: int, count: np.uint64, largest: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Add the pixels of a level; returns the number of labels and the largest component's root.

    A long function: with the loop's body in a function of its own it takes twice as long.
    """
    stride, pixels, ends, earlier = order
    representatives, areas, offsets, labels, components = forest
    column_mask = np.uint64(stride - 1)
    most = _rank(components[largest]) if count else np.int64(0)
    for position in range(np.uint64(ends[level + 1]), np.uint64(ends[level])):
        pixel = np.uint64(pixels[position])
        neighbours = np.uint64(earlier[pixel])
        groups = representatives[neighbours]
        if groups[0] < 0:
            root, labels[pixel] = count, count
            _start(components, root, pixel, pixel & column_mask, areas[neighbours])
            count += np.uint64(1)
        else:
            labels[pixel] = labels[pixel + offsets[np.uint64(groups[0])]]
            root = np.uint64(components[np.uint64(labels[pixel])].root)
            for group in range(1, 4):
                if groups[group] < 0:
                    break
                label = np.uint64(labels[pixel + offsets[np.uint64(groups[group])]])
                root = _merge(components, root, np.uint64(components[label].root))
            _extend(components[root], np.int32(pixel), np.int32(pixel & column_mask), areas[neighbours])
        rank = _rank(components[root])
        largest = root if rank > most else largest
        most = max(rank, most)
    return count, largest


@numba.njit
def _rank(component: np.record) -> np.int64:
    """A larger area ranks higher; of equals, the first in raster order."""
    return (np.int64(component.area) << 32) - component.first


@numba.njit
def _largest_contour(components: np.ndarray, count: np.uint64) -> np.uint64:
    """The root of the largest area; of equals, the last in raster order. A component's first pixel changes later."""
    largest, most = np.uint64(0), np.int64(-1)
    for label in range(count):
        rank = (np.int64(components[label].area) << 32) + components[label].first
        if components[label].root == label and rank > most:
            largest, most = np.uint64(label), rank
    return largest


@numba.njit
def _start(components: np.ndarray, label: np.uint64, pixel: np.uint64, column: np.uint64, area: np.int32) -> None:
    component = components[label]
    component.root, component.next, component.tail = label, -1, label
    component.first, component.last, component.left, component.right = pixel, pixel, column, column
    component.area = area


@numba.njit
def _extend(component: np.record, pixel: np.int32, column: np.int32, area: np.int32) -> None:
    component.first, component.last = min(component.first, pixel), max(component.last, pixel)
    component.left, component.right = min(component.left, column), max(component.right, column)
    component.area += area


@numba.njit
def _merge(components: np.ndarray, first: np.uint64, second: np.uint64) -> np.uint64:
    """Merge the smaller of two components into the larger; returns the root."""
    if first == second:
        return first
    if components[second].area > components[first].area:
        first, second = second, first
    label = np.int64(second)
    while label >= 0:
        components[label].root = first
        label = components[label].next
    kept, merged = components[first], components[second]
    components[kept.tail].next, kept.tail = second, merged.tail
    kept.first, kept.last = min(kept.first, merged.first), max(kept.last, merged.last)
    kept.left, kept.right = min(kept.left, merged.left), max(kept.right, merged.right)
    kept.area += merged.area
    return first


@numba.njit
def _box(component: np.record, stride: int) -> tuple[int, int, int, int]:
    """The bounding box on the map without padding, pixels, upper edges exclusive."""
    return component.first // stride - 1, component.left - 1, component.last // stride, component.right


@numba.njit
def _contour_iou(
    component: np.record, stride: int, shape: tuple[int, int], hole: bool, ground_truth_yxyx: np.ndarray
) -> float:
    """The highest IoU of a contour's box; 0 for a hole at the map's edge, which is none."""
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
