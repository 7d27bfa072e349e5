"""Boxes of a map's connected components at all thresholds, by union-find.

Union-find over pixels sorted by descending level (a max-tree). Adding a pixel starts, extends
or merges components. Each root stores its pixel count and bounding box, so the boxes at all
thresholds come from one pass.

The order of the pixels, their numbers and the compilation are explained in `level_order.py`.
"""

from typing import NamedTuple

import numba
import numpy as np

from wsol.boxes import level_order
from wsol.boxes.level_order import LevelOrder

# The record of a label. Every pixel has a label; a component has one or more, and one of them is its root.
# root: label. next, tail: the labels of a component as a linked list, -1 at its end; `tail`, the last, is valid
# at the root, as is what follows. first, last: pixels in raster order. left, right: columns. area: number of pixels.
COMPONENT = np.dtype(
    [(field, np.int32) for field in ("root", "next", "tail", "first", "last", "left", "right", "area")]
)


class Forest(NamedTuple):
    """The union-find's components."""

    connectivity: int  # 8 or 4
    offsets: np.ndarray  # (8,) uint64: from a pixel's number to its neighbours', clockwise from above
    labels: np.ndarray  # (padded pixels,) uint32, of the pixels added so far
    components: np.ndarray  # (labels,) COMPONENT


def _representatives(connectivity: int) -> np.ndarray:
    """For each set of neighbours of a pixel, one neighbour of each connected group.

    Neighbours are numbered clockwise from above, so odd ones are corners. 4-connectivity ignores corners.

    Returns:
        (256, 4) int8: for each set, as a bit mask, the neighbours' numbers, padded with -1.
    """
    table = np.full((256, 4), -1, np.int8)
    for mask in range(256):
        present = {neighbour for neighbour in range(0, 8, 8 // connectivity) if mask >> neighbour & 1}
        # counter-clockwise, a corner touches the side next to it, and a side also the next side, across a corner
        touched = {n: {(n - 1) % 8} if n % 2 else {(n - 1) % 8, (n - 2) % 8} for n in present}
        starts = [n for n in sorted(present) if connectivity == 4 or not touched[n] & present]
        groups = starts or sorted(present)[:1]  # a full circle has no start
        table[mask, : len(groups)] = groups
    return table


REPRESENTATIVES_8, REPRESENTATIVES_4 = _representatives(8), _representatives(4)


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
    return _largest_boxes(level_order.by_thresholds(canvas, thresholds))


def contour_ious(grey: np.ndarray, ground_truth_yxyx: np.ndarray) -> np.ndarray:
    """IoU of the contours of `grey > level` with the ground truth, for each level of 0..254.

    Contours are OpenCV's: one around each 8-connected component, and one around each hole (4-connected),
    which runs on the pixels around the hole. The upper edges of a contour's box are one pixel larger than
    elsewhere in this project, but not outside the map. This is the protocol of clovaai/wsolevaluation, which
    takes x + width for the last column and counts it.

    Args:
        grey: (height, width) uint8.
        ground_truth_yxyx: (boxes, 4) float64, pixels, upper edges exclusive. Zeros have IoU 0.

    Returns:
        (255, 2) float64: the IoU of the largest component's contour, and the highest of any contour. Both
        are the highest with any ground-truth box.
    """
    ious = _contour_ious(level_order.by_grey(grey), grey.shape, 8, ground_truth_yxyx)
    hole_ious = _contour_ious(level_order.by_grey(~grey), grey.shape, 4, ground_truth_yxyx)
    ious[:, 1] = np.maximum(ious[:, 1], hole_ious[::-1, 1])  # grey <= level is the same as ~grey > 254 - level
    return ious


@numba.njit(cache=True, nogil=True)
def _largest_boxes(order: LevelOrder) -> np.ndarray:
    forest, boxes = _forest(order, 8), np.zeros((len(order.ends) - 2, 4), np.int32)
    count, largest = np.uint64(0), np.uint64(0)
    for level in range(len(boxes), 0, -1):
        count, largest = _add_level(order, forest, level, count, largest)
        if count:
            boxes[level - 1] = np.array(_box(forest.components[largest], order.stride))
    return boxes


@numba.njit(cache=True, nogil=True)
def _contour_ious(
    order: LevelOrder, shape: tuple[int, int], connectivity: int, ground_truth_yxyx: np.ndarray
) -> np.ndarray:
    """`contour_ious` of components (connectivity 8), or of holes, which are components of `~grey` (4)."""
    forest, ious = _forest(order, connectivity), np.zeros((255, 2))
    count, largest = np.uint64(0), np.uint64(0)
    for level in range(len(ious), 0, -1):
        count, largest = _add_level(order, forest, level, count, largest)
        for label in range(count):
            component = forest.components[label]
            if component.root == label:
                iou = _contour_iou(component, order.stride, shape, connectivity == 4, ground_truth_yxyx)
                ious[level - 1, 1] = max(ious[level - 1, 1], iou)
                if label == largest:
                    ious[level - 1, 0] = iou
    return ious


@numba.njit
def _forest(order: LevelOrder, connectivity: int) -> Forest:
    stride, pixels = order.stride, len(order.earlier)
    offsets = np.array([-stride, 1 - stride, 1, stride + 1, stride, stride - 1, -1, -stride - 1]).astype(np.uint64)
    # two components never start side by side: at most one in two pixels, or in 2 x 2 if 8-connected
    most = pixels // (4 if connectivity == 8 else 2) + 1
    return Forest(connectivity, offsets, np.empty(pixels, np.uint32), np.empty(most, COMPONENT))


@numba.njit(inline="always")  # 5 % faster
def _add_level(
    order: LevelOrder, forest: Forest, level: int, count: np.uint64, largest: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Add the pixels of a level; returns the number of labels and the largest component's root.

    A long function: with the loop's body in a function of its own it takes twice as long.
    """
    stride, pixels, ends, earlier = order
    connectivity, offsets, labels, components = forest
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
    return (np.int64(component.area) << 32) - component.first


@numba.njit
def _start(components: np.ndarray, label: np.uint64, pixel: np.uint64, column: np.uint64) -> None:
    component = components[label]
    component.root, component.next, component.tail = label, -1, label
    component.first, component.last, component.left, component.right = pixel, pixel, column, column
    component.area = 1


@numba.njit
def _extend(component: np.record, pixel: np.int32, column: np.int32) -> None:
    component.first, component.last = min(component.first, pixel), max(component.last, pixel)
    component.left, component.right = min(component.left, column), max(component.right, column)
    component.area += 1


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
