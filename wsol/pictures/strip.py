"""A picture and its heatmaps as panels in rows, with captions below."""

import math
from collections.abc import Iterator

import numpy as np

from wsol.pictures.panel import EDGE, GAP, WIDTH
from wsol.pictures.sheet import fitted_size

COLUMNS = 7

# inches
COLUMN = (WIDTH - 2 * EDGE - (COLUMNS - 1) * GAP) / COLUMNS  # width of a panel
MAX_HEIGHT = 1.9  # of a panel


def panel_size(picture: np.ndarray) -> tuple[float, float]:
    """Width and height of a panel, inches.

    Args:
        picture: (height, width, 3) uint8 RGB.
    """
    return COLUMN, fitted_size(picture.shape, (COLUMN, MAX_HEIGHT))[1]


def strip_height(panels: int, row_height: float) -> float:
    """Height of all rows of panels, inches."""
    return row_height * math.ceil(panels / COLUMNS)


def places(panels: int, row_height: float, top: float) -> Iterator[tuple[float, float]]:
    """Left and upper edge of each panel, inches, row by row."""
    for number in range(panels):
        row, column = divmod(number, COLUMNS)
        yield EDGE + column * (COLUMN + GAP), top + row * row_height
