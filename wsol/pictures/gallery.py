"""The gallery: groups of test images, each with its picture, CAM and the compared map."""

from wsol.maps import titles
from wsol.pictures import panel
from wsol.pictures.examples import Example, MapKey
from wsol.pictures.panel import EDGE, GAP, HEADING, LEGEND, WIDTH
from wsol.pictures.sheet import Sheet

# inches
PANEL = 1.46, 1.2  # width and height
ROW = 2.05  # height of a row
EXAMPLE = 3 * PANEL[0] + 2 * GAP  # width of an example
NAMES = 0.42  # height of the two lines above the panels

PER_ROW = 2  # examples
RULE = "Test images with the best, median and worst mean of the two IoUs, and with the largest difference of the two"


@panel.default_style
def draw(groups: dict[str, list[Example]], dataset: str, compared: MapKey, threshold: float) -> bytes:
    """Draw the gallery, two examples per row.

    Args:
        groups: dict from a group's name to its examples. Each example has two heatmaps, CAM and the compared map.
        dataset: name of the dataset, for the title.
        compared: the compared map, for the title.
        threshold: threshold of the boxes, fraction of the heatmap's maximum.

    Returns:
        A PNG file.
    """
    rows = [
        (name, examples[start : start + PER_ROW])
        for name, examples in groups.items()
        for start in range(0, len(examples), PER_ROW)
    ]
    sheet = Sheet(WIDTH, HEADING + ROW * len(rows) + LEGEND)
    maps = panel.beside_cam(titles.title(*compared))
    panel.draw_heading(sheet, f"{dataset}: {maps}, threshold {threshold:g}", RULE)
    for number, (name, examples) in enumerate(rows):
        _draw_row(sheet, HEADING + ROW * number, name, examples)
    panel.draw_legend(sheet, threshold)
    return sheet.png()


def _draw_row(sheet: Sheet, y: float, group: str, examples: list[Example]) -> None:
    middle = y + NAMES + PANEL[1] / 2
    sheet.text(EDGE + 0.1, middle, group, 12, weight="bold", rotation=90, va="center", ha="center")
    for example, x in zip(examples, (EDGE + 0.35, WIDTH - EDGE - EXAMPLE), strict=False):
        _draw_example(sheet, x, y, example)


def _draw_example(sheet: Sheet, x: float, y: float, example: Example) -> None:
    """Write the class and the prediction, and draw the panels below side by side."""
    right = example.predicted == example.label
    sheet.text(x, y, example.label, 11, EXAMPLE, weight="bold")
    sheet.text(x, y + 0.2, "✓ predicted correctly" if right else f"✗ predicted {example.predicted}", 10, EXAMPLE)
    for number, scored in enumerate([None, *example.heatmaps]):
        left = x + number * (PANEL[0] + GAP)
        text = f"{titles.method_title(scored.key.map)}: {panel.iou_text(scored)}" if scored else "ground truth"
        panel.draw_panel(sheet, left, y + NAMES, PANEL, example, scored)
        panel.draw_caption(sheet, left, y + NAMES, PANEL, text)
