"""A sheet of pictures and text, placed in inches and saved as PNG. The same content gives the same bytes."""

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
HEATMAP_OPACITY = 0.6  # the picture below is grey, so that every hue comes from the heatmap
COLOUR_STEP = 4  # red, green and blue are rounded to its multiples: not visible, and the PNG is half as large
OUTLINE = 0.6  # width of a line's dark outline on each side, points

Size = tuple[float, float]  # (width, height), inches


class LineStyle(NamedTuple):
    """Line style of a box: a colour, and dashes for readers who do not see the colour."""

    colour: str
    width: float  # points
    dashes: tuple[float, ...] | None  # lengths of dash and gap, in line widths; None: solid

    def rectangle(self, x: float, y: float, width: float, height: float) -> Rectangle:
        """An upright rectangle. Its dark outline keeps it visible on any background."""
        outline = withStroke(linewidth=self.width + 2 * OUTLINE, foreground="black")
        return Rectangle(
            (x, y),
            width,
            height,
            fill=False,
            edgecolor=self.colour,
            linewidth=self.width,
            linestyle=(0, self.dashes) if self.dashes else "solid",
            joinstyle="miter",
            path_effects=[outline],
            clip_on=False,
        )


class Sheet:
    """An empty sheet. Positions `x` and `y` are inches from its upper left corner."""

    def __init__(self, width: float, height: float) -> None:
        """Make a sheet of this width and height, in inches."""
        self.width, self.height = width, height
        self.figure = Figure((width, height), dpi=DPI)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 10,
        max_width: float | None = None,
        va: str = "top",
        **style: Any,
    ) -> None:
        """Write one line of text.

        Args:
            x, y: position, inches. `y` is the top of the text, or what `va` names.
            text: the text.
            size: font size, points. The text is written smaller if it is wider than `max_width`.
            max_width: inches; None: no limit.
            va: vertical alignment, as in matplotlib.
            style: other properties of `matplotlib.text.Text`.
        """
        written = self.figure.text(x / self.width, 1 - y / self.height, text, fontsize=size, va=va, **style)
        text_width = written.get_window_extent().width / DPI
        if max_width and text_width > max_width:
            written.set_fontsize(size * max_width / text_width)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Invisible axes with x and y from 0 to 1 and y downwards. Position and size are in inches."""
        edges = x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height
        axes = self.figure.add_axes(edges, xlim=(0, 1), ylim=(1, 0), zorder=1)  # above the pictures
        axes.set_axis_off()
        return axes

    def picture(
        self, x: float, y: float, size: Size, pixels: np.ndarray, boxes: Iterable[tuple[LineStyle, np.ndarray]]
    ) -> Axes:
        """Place a picture in the middle of an area, with boxes above it.

        Args:
            x, y: upper left corner of the area, inches.
            size: (width, height) of the area, inches.
            pixels: (height, width, 3) uint8 RGB, as `fit` or `overlay` return it. One pixel is one pixel of the sheet.
            boxes: pairs of a line style and a box (4,) float, [ymin, xmin, ymax, xmax] in fractions of the picture.
                A box is clipped to the picture. An empty box is not drawn.

        Returns:
            Axes of the picture, as `axes` makes them.
        """
        height, width = pixels.shape[0] / DPI, pixels.shape[1] / DPI
        left, top = (round((start + gap / 2) * DPI) for start, gap in ((x, size[0] - width), (y, size[1] - height)))
        rounded = np.minimum(np.round(pixels / COLOUR_STEP) * COLOUR_STEP, 255).astype(np.uint8)
        self.figure.figimage(rounded, left, round(self.height * DPI) - top - len(pixels), origin="upper")
        axes = self.axes(left / DPI, top / DPI, width, height)
        for style, box_yxyx in boxes:
            if (box_yxyx[2:] > box_yxyx[:2]).all():
                # the line is moved inside the picture's edge, so that it does not touch the next picture's
                inset = (style.width / 2 + OUTLINE) / 72 / np.array([height, width] * 2)
                ymin, xmin, ymax, xmax = np.clip(box_yxyx, inset, 1 - inset).tolist()
                axes.add_patch(style.rectangle(xmin, ymin, xmax - xmin, ymax - ymin))
        return axes

    def png(self) -> bytes:
        """The sheet as PNG, without a date or a version in its metadata."""
        file = io.BytesIO()
        self.figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()


def fitted_size(shape: tuple[int, ...], size: Size) -> Size:
    """Size of a picture scaled to fit into an area, proportions kept.

    Args:
        shape: (height, width, ...) of the picture, pixels.
        size: (width, height) of the area, in any unit.

    Returns:
        (width, height) in the unit of `size`.

    >>> fitted_size((100, 200, 3), (4.0, 4.0))
    (4.0, 2.0)
    """
    scale = min(size[0] / shape[1], size[1] / shape[0])
    return shape[1] * scale, shape[0] * scale


def fit(picture: np.ndarray, size: Size) -> np.ndarray:
    """Resize a picture to the number of pixels it has in an area of a sheet, proportions kept.

    Args:
        picture: (height, width, 3) uint8 RGB.
        size: (width, height) of the area, inches.

    Returns:
        (new height, new width, 3) uint8 RGB.
    """
    width, height = (max(round(side * DPI), 1) for side in fitted_size(picture.shape, size))
    shrinks = width < picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def resized(heatmap: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Resize a heatmap (h, w) to a picture's shape (height, width, ...), float32, with half-pixel centres."""
    return cv2.resize(heatmap.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def draw_contour(axes: Axes, heatmap: np.ndarray, value: float, style: LineStyle) -> None:
    """Draw the contour of a heatmap at a value; nothing if the heatmap does not cross it.

    Args:
        axes: of a picture, as `Sheet.picture` returns them.
        heatmap: (height, width) float, one value a pixel of the picture.
        value: a heatmap value; NaN: no contour.
        style: of the line.
    """
    if heatmap.min() <= value < heatmap.max():
        height, width = heatmap.shape
        x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
        axes.contour(x, y, heatmap, [value], colors=[style.colour], linewidths=style.width)


def overlay(picture: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """Blend a heatmap in colour with a picture in grey.

    The heatmap is resized bilinearly with half-pixel centres, as for its boxes.

    Args:
        picture: (height, width, 3) uint8 RGB.
        heatmap: (h, w) float, 0..1.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    heat = resized(heatmap, picture.shape)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
    colours = 255 * COLOURS(heat.clip(0, 1))[..., :3]
    return np.round(HEATMAP_OPACITY * colours + (1 - HEATMAP_OPACITY) * grey).astype(np.uint8)
