"""What the neighbours of a pixel say, by tables. `union_find.py` hands them to its compiled functions.

A set of neighbours is a bit mask. Neighbours are numbered clockwise from above, so odd ones are corners.
"""

import numpy as np


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


def _areas(of_contour: bool) -> np.ndarray:
    """The area that a pixel adds to its component, for each set of earlier neighbours: (256,) int32.

    One pixel. Or twice what it adds to the area inside the contour (cv2.contourArea), the line through the centres of
    the outer pixels: of each square between four centres all if the four are in the component, half if three are.
    """
    masks = np.arange(256)
    present = np.array([masks >> neighbour & 1 for neighbour in range(8)])
    squares = [present[corner - 1] + present[corner] + present[(corner + 1) % 8] for corner in range(1, 8, 2)]
    contour_areas = (np.array(squares) >= 2).sum(axis=0).astype(np.int32)
    return contour_areas if of_contour else np.ones(256, np.int32)


PIXEL_AREAS, CONTOUR_AREAS = _areas(False), _areas(True)
