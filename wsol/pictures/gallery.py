"""The gallery: groups of test images, each with its picture, CAM, the compared map and the recommended map."""

from wsol.maps import titles
from wsol.maps.keys import UNREFINED, MapKey
from wsol.pictures import panel
from wsol.pictures.examples import Example, ScoredHeatmap, ShownMaps, boxes_text
from wsol.pictures.panel import EDGE, GAP, LEGEND, LINE, WIDTH
from wsol.pictures.sheet import Sheet, fitted_size

PER_ROW = 2  # examples
RULE = (
    "Test images with the best, median and worst mean of the IoUs of CAM and the compared map. Of the others, those "
    "with the largest difference of the two."
)
RULE_WITHOUT_CAM = "Test images with the best, median and worst IoU of the compared map. CAM is not drawn."
RULE_AT_RANDOM = "Test images at random. No test image has a ground-truth box."

# inches
GROUP = 0.35  # width of a group's name
EXAMPLE = (WIDTH - 2 * EDGE - GROUP - 0.25) / PER_ROW  # width of an example
MAX_HEIGHT = 1.1  # of a panel
NAMES = 0.6  # height of the three lines above the panels
CAPTIONS = 4 * LINE + 0.2  # height of the lines below the panels, and of the space to the next row


@panel.default_style
def draw(groups: dict[str, list[Example]], dataset: str, shown: ShownMaps) -> bytes:
    """Draw the gallery, two examples per row.

    Args:
        groups: dict from a group's name to its examples, at least one. Each example has the heatmaps of `gallery_maps`,
            in order.
        dataset: name of the dataset, for the title.
        shown: the maps, for the heading.

    Returns:
        A PNG file.
    """
    rows = [
        (name, examples[start : start + PER_ROW])
        for name, examples in groups.items()
        for start in range(0, len(examples), PER_ROW)
    ]
    drawn = [example for examples in groups.values() for example in examples]
    heatmaps = drawn[0].heatmaps  # the maps and thresholds of every example
    lines = [rule(groups, shown), *(map_line(scored.key, shown, scored.threshold) for scored in heatmaps)]
    y = panel.heading_height(lines)
    sheet = Sheet(WIDTH, y + sum(row_height(examples) for _, examples in rows) + LEGEND)
    panel.draw_heading(sheet, f"{dataset}: {boxes_text(shown)}", lines)
    for name, examples in rows:
        _draw_row(sheet, y, name, examples)
        y += row_height(examples)
    panel.draw_legend(sheet, centre_box=any(example.centre_yxyx is not None for example in drawn))
    return sheet.png()


def rule(groups: dict[str, list[Example]], shown: ShownMaps) -> str:
    """The rule that chose the images."""
    if "random" in groups:
        return RULE_AT_RANDOM
    return RULE if shown.cam else RULE_WITHOUT_CAM


def map_line(key: MapKey, shown: ShownMaps, threshold: float) -> str:
    """What the heading says of a map: its title, whether it is compared or recommended, and where its box is from.

    >>> cam = MapKey("cam", "conv5")
    >>> map_line(cam, ShownMaps(cam, compared=cam, layers=[cam], recommended=cam), 0.49)
    'CAM (compared; recommended, the best on holdout): box of the values above 0.49'
    """
    roles = {"compared": shown.compared, "recommended, the best on holdout": shown.recommended}
    names = "; ".join(name for name, role in roles.items() if role == key)
    refined = f"{titles.refinement_title(key.refinement)}, no threshold"
    box = f"box of the values above {threshold:g}" if key.refinement == UNREFINED else f"box of {refined}"
    return f"{titles.title(*key)}{f' ({names})' if names else ''}: {box}"


def row_height(examples: list[Example]) -> float:
    """Height of a row, inches. It depends on the proportions of its pictures."""
    return NAMES + max(_panel_size(example)[1] for example in examples) + CAPTIONS


def _panel_size(example: Example) -> tuple[float, float]:
    """Width and height of a panel, inches: an example's panels fill its width unless that makes them too high."""
    count = 1 + len(example.heatmaps)
    width = (EXAMPLE - (count - 1) * GAP) / count
    return width, fitted_size(example.picture.shape, (width, MAX_HEIGHT))[1]


def _draw_row(sheet: Sheet, y: float, group: str, examples: list[Example]) -> None:
    height = row_height(examples) - NAMES - CAPTIONS
    middle = y + NAMES + height / 2
    sheet.text(EDGE + 0.1, middle, group, 12, weight="bold", rotation=90, va="center", ha="center")
    for example, x in zip(examples, (EDGE + GROUP, WIDTH - EDGE - EXAMPLE), strict=False):
        _draw_example(sheet, x, y, height, example)


def _draw_example(sheet: Sheet, x: float, y: float, height: float, example: Example) -> None:
    """Write the class, the prediction and the image's name, and draw the panels below side by side."""
    right = example.predicted == example.label
    sheet.text(x, y, example.label, 11, EXAMPLE, weight="bold")
    sheet.text(x, y + 0.2, "✓ predicted correctly" if right else f"✗ predicted {example.predicted}", 10, EXAMPLE)
    sheet.text(x, y + 0.38, example.name, 9, EXAMPLE, color="#555555")
    size = _panel_size(example)[0], height
    for number, scored in enumerate([None, *example.heatmaps]):
        left = x + number * (size[0] + GAP)
        panel.draw_panel(sheet, left, y + NAMES, size, example, scored)
        panel.draw_caption(sheet, left, y + NAMES, size, _caption(example, scored))


def _caption(example: Example, scored: ScoredHeatmap | None) -> list[str]:
    """The lines below a heatmap, or below the picture itself."""
    if scored is None:
        return [panel.ground_truth_text(example)]
    return [*filter(None, [panel.iou_text(scored)]), *panel.map_lines(scored.key)]
