"""The pictures of one image that a classifier sees, and what its probabilities of them say of each candidate."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wsol.boxes.geometry import centred, is_empty
from wsol.selection import rise
from wsol.selection.candidates import rounded
from wsol.selection.occlusion import blurred, cropped, masked, pasted

Measures = dict[str, np.ndarray]
ENDS = 2  # the whole picture and the blurred one
PER_BOX = ("cropped", "kept", "removed")
PER_SIZE = ("kept_centred", "removed_centred")
PER_MAP = 1 + 2 * len(rise.FRACTIONS)  # masked, insertion, deletion


class Distinct(NamedTuple):
    """The boxes of all candidates without repeats. Many candidates share a box, and each picture costs a pass."""

    boxes_yxyx: np.ndarray  # (boxes, 4), rounded
    centred_yxyx: np.ndarray  # (sizes, 4), in the image's centre
    box: np.ndarray  # (candidates,) int, each candidate's box
    size: np.ndarray  # (candidates,) int, each candidate's box in the centre


def distinct(boxes_yxyx: np.ndarray) -> Distinct:
    """The boxes (candidates, 4) of one image, fractions of it, rounded and without repeats.

    Example:
        >>> parts = distinct(np.array([[0, 0, 0.5, 1], [0.5, 0, 1, 1], [0, 0, 0.5, 1.0]]))
        >>> parts.centred_yxyx.tolist(), parts.box.tolist(), parts.size.tolist()
        ([[0.25, 0.0, 0.75, 1.0]], [0, 1, 0], [0, 0, 0])
    """
    boxes, box = np.unique(rounded(boxes_yxyx), axis=0, return_inverse=True)
    centres, size = np.unique(centred(boxes).round(9), axis=0, return_inverse=True)
    return Distinct(boxes, centres, box, size[box])


def pictures(picture: np.ndarray, boxes: Distinct, heatmaps: list[np.ndarray]) -> Iterator[np.ndarray]:
    """All pictures of one image, in the order that `measures` expects.

    Args:
        picture: (side, side, 3) float32 RGB 0..255.
        boxes: of the candidates.
        heatmaps: of each map, (h, w).

    Yields:
        (side, side, 3) float32.
    """
    blurry = blurred(picture)
    yield from (picture, blurry)
    for box_yxyx in boxes.boxes_yxyx:
        yield cropped(picture, box_yxyx)
        yield pasted(blurry, picture, box_yxyx)
        yield pasted(picture, blurry, box_yxyx)
    for box_yxyx in boxes.centred_yxyx:
        yield pasted(blurry, picture, box_yxyx)
        yield pasted(picture, blurry, box_yxyx)
    for heatmap in heatmaps:
        yield masked(picture, heatmap)
        yield from rise.steps(blurry, picture, heatmap)
        yield from rise.steps(picture, blurry, heatmap)


def count(boxes: Distinct, maps: int) -> int:
    """The number of `pictures`."""
    return ENDS + len(PER_BOX) * len(boxes.boxes_yxyx) + len(PER_SIZE) * len(boxes.centred_yxyx) + PER_MAP * maps


def measures(probabilities: np.ndarray, boxes: Distinct, maps: int) -> Measures:
    """What the class's probabilities of the `pictures` of one image are of.

    Args:
        probabilities: (pictures,) float, of the mapped class.
        boxes: of the candidates.
        maps: number of maps.

    Returns:
        probability, (); cropped, kept (all but the box is blurred), removed (the box is blurred), kept_centred and
        removed_centred (of the same box in the centre), (candidates,); masked, insertion and deletion (areas under
        their curves), (maps,).
    """
    ends = np.cumsum([ENDS, len(PER_BOX) * len(boxes.boxes_yxyx), len(PER_SIZE) * len(boxes.centred_yxyx)])
    (whole, blurry), of_boxes, of_sizes, of_maps = np.split(np.asarray(probabilities, float), ends)
    by_box, by_size = of_boxes.reshape(-1, len(PER_BOX)), of_sizes.reshape(-1, len(PER_SIZE))
    by_map = of_maps.reshape(maps, PER_MAP)
    inserted, deleted = np.split(by_map[:, 1:], 2, axis=1)  # (maps, FRACTIONS)
    wholes, blurs = np.full(maps, whole), np.full(maps, blurry)
    by_box[is_empty(boxes.boxes_yxyx), PER_BOX.index("cropped")] = 0  # there is nothing to see
    return {
        "probability": whole,
        **dict(zip(PER_BOX, by_box[boxes.box].T, strict=True)),
        **dict(zip(PER_SIZE, by_size[boxes.size].T, strict=True)),
        "masked": by_map[:, 0],
        "insertion": rise.area_under_curve(blurs, inserted, wholes),
        "deletion": rise.area_under_curve(wholes, deleted, blurs),
    }
