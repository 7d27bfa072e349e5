"""The two pictures of dogs: the gallery of chosen ones, and one dog through all layers."""

import math
import re
from typing import NamedTuple

import matplotlib.style
import numpy as np
from matplotlib.patches import Rectangle

from wsol.pictures.sheet import DPI, Line, Room, Sheet, fitted, overlaid, shown

# of the colours that Okabe and Ito found to be told apart by everybody, two that the maps do not have
GROUND_TRUTH = Line("#56B4E9", 1.8, None)
PREDICTED = Line("#F0E442", 1.5, (3, 2))
LINES = {"ground truth": GROUND_TRUTH, "predicted box": PREDICTED}
BAR = 2.9

# whatever style the reader's own matplotlibrc sets
style = matplotlib.style.context("default")

# all in inches: the sheet's width, its edge, what parts pictures, what the heading and the legend take
WIDTH = 10.0
EDGE = 0.15
GAP = 0.08
HEADING = 0.75
LEGEND = 0.8


class Found(NamedTuple):
    """A map of a picture, and the box it led to."""

    name: str  # what stands under it
    heatmap: np.ndarray  # (h, w) float in 0..1
    box_yxyx: np.ndarray  # (4,) float, fractions of the picture; zeros where there is none
    iou: float


class Dog(NamedTuple):
    """A picture, and all that is drawn of it."""

    picture: np.ndarray  # (height, width, 3) uint8 RGB
    ground_truth_yxyx: np.ndarray  # (boxes, 4) float, fractions of the picture
    breed: str
    predicted: str
    maps: list[Found]


def breed(name: str) -> str:
    """A class's name as a reader has it: `n02088364-beagle` is a beagle."""
    return re.sub(r"^n\d{8}-", "", name).replace("_", " ")


# ---------------------------------------------------------------- the gallery

GALLERY_ROOM = 1.46, 1.2
GALLERY_ROW = 2.05
DOG = 3 * GALLERY_ROOM[0] + 2 * GAP
ABOVE = 0.42


@style
def gallery(groups: dict[str, list[Dog]], dataset: str, layer: str, threshold: float) -> bytes:
    """The gallery as PNG: for each dog the picture and its two maps, two dogs a row.

    Args:
        groups: what a group is called, to its dogs.
        dataset, layer: the title names them, so that experiments can be told apart.
        threshold: of the boxes, fraction of the map's maximum.
    """
    rows = [(name, dogs[at : at + 2]) for name, dogs in groups.items() for at in range(0, len(dogs), 2)]
    sheet = Sheet(WIDTH, HEADING + GALLERY_ROW * len(rows) + LEGEND)
    title = f"{dataset}: CAM, and Grad-CAM at {layer}; threshold {threshold:g}"
    heading(sheet, title, "Test images: best, median and worst by the mean of both IoUs, and where these differ most")
    for number, (name, dogs) in enumerate(rows):
        y = HEADING + GALLERY_ROW * number
        middle = y + ABOVE + GALLERY_ROOM[1] / 2
        sheet.text(EDGE + 0.1, middle, name, 12, weight="bold", rotation=90, va="center", ha="center")
        for dog, x in zip(dogs, (EDGE + 0.35, WIDTH - EDGE - DOG), strict=False):
            gallery_dog(sheet, x, y, dog)
    legend(sheet, threshold)
    return sheet.png()


def gallery_dog(sheet: Sheet, x: float, y: float, dog: Dog) -> None:
    """A dog's breed and prediction, and under them its picture and maps side by side."""
    sheet.text(x, y, dog.breed, 11, DOG, weight="bold")
    told = "✓ predicted right" if dog.predicted == dog.breed else f"✗ predicted {dog.predicted}"
    sheet.text(x, y + 0.2, told, 10, DOG)
    panels = [(None, "ground truth"), *((found, f"{found.name}: {overlap(found)}") for found in dog.maps)]
    for number, (found, text) in enumerate(panels):
        left = x + number * (GALLERY_ROOM[0] + GAP)
        panel(sheet, left, y + ABOVE, GALLERY_ROOM, dog, found)
        caption(sheet, left, y + ABOVE, GALLERY_ROOM, text)


# ---------------------------------------------------------------- the layer strip

COLUMNS = 6
COLUMN = (WIDTH - 2 * EDGE - (COLUMNS - 1) * GAP) / COLUMNS
TALLEST = 1.9
UNDER = 0.6


@style
def layer_strip(dog: Dog, dataset: str, layer: str, threshold: float) -> bytes:
    """One dog through all layers as PNG: the picture, then each of its maps in their order.

    Args:
        dog: one with any number of maps.
        dataset: named in the title.
        layer: of the comparison; its map is set off.
        threshold: of the boxes, fraction of the map's maximum.
    """
    room = COLUMN, fitted(dog.picture.shape, (COLUMN, TALLEST))[1]
    rows = math.ceil((1 + len(dog.maps)) / COLUMNS)
    sheet = Sheet(WIDTH, HEADING + (room[1] + UNDER) * rows + LEGEND)
    title = f"{dataset}: CAM, and Grad-CAM layer by layer; threshold {threshold:g}"
    rule = "The typical dog: its IoU goes over the layers as the test images' mean does"
    heading(sheet, title, f"{rule}; bold: {layer}, compared with CAM")
    for number, found in enumerate([None, *dog.maps]):
        row, column = divmod(number, COLUMNS)
        x, y = EDGE + column * (COLUMN + GAP), HEADING + row * (room[1] + UNDER)
        panel(sheet, x, y, room, dog, found)
        weight = "bold" if found and found.name == layer else "normal"
        for line, text in enumerate(strip_caption(dog, found)):
            caption(sheet, x, y + 0.19 * line, room, text, weight)
    legend(sheet, threshold)
    return sheet.png()


def strip_caption(dog: Dog, found: Found | None) -> tuple[str, str]:
    """The two lines under a map, or under the picture itself."""
    if found is None:
        return dog.breed, "ground truth"
    height, width = found.heatmap.shape
    return found.name, f"{height} × {width}, {overlap(found)}"


# ---------------------------------------------------------------- what both share


def heading(sheet: Sheet, title: str, rule: str) -> None:
    """What the sheet is of, and how its images were chosen."""
    room = WIDTH - 2 * EDGE
    sheet.text(EDGE, 0.12, title, 13, room, weight="bold")
    sheet.text(EDGE, 0.4, rule, 10.5, room)


def panel(sheet: Sheet, x: float, y: float, room: Room, dog: Dog, found: Found | None) -> None:
    """The picture, or a map laid over it, with its boxes."""
    pixels = shown(dog.picture, room)
    boxes = [(GROUND_TRUTH, box_yxyx) for box_yxyx in dog.ground_truth_yxyx]
    if found:
        pixels = overlaid(pixels, found.heatmap)
        boxes.append((PREDICTED, found.box_yxyx))
    sheet.picture(x, y, room, pixels, boxes)


def caption(sheet: Sheet, x: float, y: float, room: Room, text: str, weight: str = "normal") -> None:
    """A line of text under a panel."""
    sheet.text(x + room[0] / 2, y + room[1] + 0.06, text, 10, room[0], ha="center", weight=weight)


def overlap(found: Found) -> str:
    """A map's IoU as it stands under it."""
    return f"IoU {found.iou:.2f}" if np.any(found.box_yxyx) else "no box"


def legend(sheet: Sheet, threshold: float) -> None:
    """At the foot of a sheet: what the lines and the colours mean."""
    y = sheet.height - LEGEND + 0.3
    for x, (name, line) in zip((EDGE, EDGE + 1.75), LINES.items(), strict=True):
        axes = sheet.axes(x, y, 0.45, 0.22)
        axes.add_patch(Rectangle((-0.08, -0.16), 1.16, 1.32, color="#606060", clip_on=False))
        axes.add_patch(line.rectangle(0.08, 0.05, 0.84, 0.9))
        sheet.text(x + 0.57, y + 0.02, name)
    x = WIDTH - EDGE - 0.05 - BAR
    sheet.text(x - 0.15, y + 0.02, "the map, as a share of its maximum", ha="right")
    bar = np.full((35, round(BAR * DPI), 3), 128, np.uint8)
    sheet.picture(x, y, (BAR, 0.22), overlaid(bar, np.linspace(0, 1, 512)[None]), [])
    for value in (0, 0.5, 1):
        sheet.text(x + value * BAR, y + 0.24, f"{value:g}", 9, ha="center")
    sheet.axes(x, y, BAR, 0.22).plot([threshold] * 2, [-0.3, 1], color="black", linewidth=1, clip_on=False)
    sheet.text(x + threshold * BAR, y - 0.24, f"threshold {threshold:g}", 9, ha="left" if threshold < 0.5 else "right")
