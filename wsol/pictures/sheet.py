"""A sheet of pictures with text, placed in inches, that comes out as PNG: the same content, the same bytes."""

import io
from collections.abc import Iterable
from typing import Any, NamedTuple

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

DPI = 150
COLOURS = matplotlib.colormaps["inferno"]
# of an overlay that is the map's; the rest is the picture in grey, so that every hue is the map's
SHARE = 0.6
# red, green and blue go in steps of this, of 256: nobody sees it, and the PNG takes half the room
STEP = 4
OUTLINE = 0.6  # points, on either side of a line

Room = tuple[float, float]  # width and height in inches


class Line(NamedTuple):
    """How boxes of a kind are drawn; told apart by colour and by dashes."""

    colour: str
    width: float  # points
    dashes: tuple[float, ...] | None  # in widths

    def rectangle(self, x: float, y: float, width: float, height: float) -> Rectangle:
        """The upright rectangle; its dark outline shows on any ground."""
        outline = withStroke(linewidth=self.width + 2 * OUTLINE, foreground="black")
        dashes = (0, self.dashes) if self.dashes else "solid"
        return Rectangle(
            (x, y),
            width,
            height,
            fill=False,
            edgecolor=self.colour,
            linewidth=self.width,
            linestyle=dashes,
            joinstyle="miter",
            path_effects=[outline],
            clip_on=False,
        )


class Sheet:
    """An empty sheet; `x` and `y` are inches from its upper left corner."""

    def __init__(self, width: float, height: float) -> None:
        """Sides in inches."""
        self.width, self.height = width, height
        self.figure = Figure((width, height), dpi=DPI)

    def text(
        self, x: float, y: float, text: str, size: float = 10, room: float | None = None, va: str = "top", **look: Any
    ) -> None:
        """Write text with its top (or `va`) at y, smaller where it would need more than `room` inches."""
        written = self.figure.text(x / self.width, 1 - y / self.height, text, fontsize=size, va=va, **look)
        needed = written.get_window_extent().width / DPI
        if room and needed > room:
            written.set_fontsize(size * room / needed)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Axes from 0 to 1, y downwards, of which nothing is seen."""
        edges = x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height
        axes = self.figure.add_axes(edges, xlim=(0, 1), ylim=(1, 0), zorder=1)  # above the pictures
        axes.set_axis_off()
        return axes

    def picture(
        self, x: float, y: float, room: Room, pixels: np.ndarray, boxes: Iterable[tuple[Line, np.ndarray]]
    ) -> None:
        """Pixels of `shown` or `overlaid`, as they are, in the middle of a room.

        Boxes are (4,) boxes_yxyx, fractions of the picture; what leaves it is cut off, and the empty one left out.
        """
        height, width = pixels.shape[0] / DPI, pixels.shape[1] / DPI
        left, top = (round((at + gap / 2) * DPI) for at, gap in ((x, room[0] - width), (y, room[1] - height)))
        fewer = np.minimum(np.round(pixels / STEP) * STEP, 255).astype(np.uint8)
        self.figure.figimage(fewer, left, round(self.height * DPI) - top - len(pixels), origin="upper")
        axes = self.axes(left / DPI, top / DPI, width, height)
        for line, box_yxyx in boxes:
            if (box_yxyx[2:] > box_yxyx[:2]).all():
                # along the picture's edges the line lies inside, clear of the neighbour's
                inset = (line.width / 2 + OUTLINE) / 72 / np.array([height, width] * 2)
                ymin, xmin, ymax, xmax = np.clip(box_yxyx, inset, 1 - inset).tolist()
                axes.add_patch(line.rectangle(xmin, ymin, xmax - xmin, ymax - ymin))

    def png(self) -> bytes:
        """The sheet as PNG, without date or version."""
        file = io.BytesIO()
        self.figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()


def fitted(shape: tuple[int, ...], room: Room) -> Room:
    """(width, height) of the largest picture with the proportions of a shape (height, width, ...) in a room."""
    scale = min(room[0] / shape[1], room[1] / shape[0])
    return shape[1] * scale, shape[0] * scale


def shown(picture: np.ndarray, room: Room) -> np.ndarray:
    """A picture (height, width, 3) uint8 RGB, resized to as many pixels as it has on a sheet in a room."""
    width, height = (max(round(side * DPI), 1) for side in fitted(picture.shape, room))
    smaller = width < picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def overlaid(picture: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """A heatmap laid over a picture.

    Args:
        picture: (height, width, 3) uint8 RGB.
        heatmap: (h, w) float in 0..1; it is stretched over the picture bilinearly with half-pixel centres, as onto
            the canvas on which its box was drawn.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    size = picture.shape[1], picture.shape[0]
    heat = cv2.resize(heatmap.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
    return np.round(SHARE * 255 * COLOURS(heat.clip(0, 1))[..., :3] + (1 - SHARE) * grey).astype(np.uint8)
