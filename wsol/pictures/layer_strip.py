"""The layer strip: one test image with CAM, and with the compared map at every layer."""

import math

from wsol.maps import titles
from wsol.pictures import panel
from wsol.pictures.examples import Example, MapKey, ScoredHeatmap
from wsol.pictures.panel import EDGE, GAP, HEADING, LEGEND, WIDTH
from wsol.pictures.sheet import Sheet, fitted_size

COLUMNS = 6
RULE = "The test image whose IoU by layer correlates most with the mean IoU by layer. Bold: the map compared with CAM."

# inches
COLUMN = (WIDTH - 2 * EDGE - (COLUMNS - 1) * GAP) / COLUMNS  # width of a panel
MAX_HEIGHT = 1.9  # of a panel
CAPTIONS = 0.6  # height of the two lines below a panel
LINE = 0.19  # height of a line


@panel.default_style
def draw(example: Example, dataset: str, compared: MapKey, threshold: float) -> bytes:
    """Draw the layer strip: the picture, then each of its heatmaps in order.

    Args:
        example: the image, with any number of heatmaps.
        dataset: name of the dataset, for the title.
        compared: the compared map. Its caption is bold.
        threshold: threshold of the boxes, fraction of the heatmap's maximum.

    Returns:
        A PNG file.
    """
    size = COLUMN, fitted_size(example.picture.shape, (COLUMN, MAX_HEIGHT))[1]
    rows = math.ceil((1 + len(example.heatmaps)) / COLUMNS)
    sheet = Sheet(WIDTH, HEADING + (size[1] + CAPTIONS) * rows + LEGEND)
    maps = panel.beside_cam(titles.method_title(compared.map))
    panel.draw_heading(sheet, f"{dataset}: {maps} at every layer, threshold {threshold:g}", RULE)
    for number, scored in enumerate([None, *example.heatmaps]):
        row, column = divmod(number, COLUMNS)
        x, y = EDGE + column * (COLUMN + GAP), HEADING + row * (size[1] + CAPTIONS)
        weight = "bold" if scored and scored.key == compared else "normal"
        panel.draw_panel(sheet, x, y, size, example, scored)
        for line, text in enumerate(_captions(example, scored)):
            panel.draw_caption(sheet, x, y + LINE * line, size, text, weight)
    panel.draw_legend(sheet, threshold)
    return sheet.png()


def _captions(example: Example, scored: ScoredHeatmap | None) -> tuple[str, str]:
    """The two lines below a heatmap, or below the picture itself."""
    if scored is None:
        return example.label, "ground truth"
    height, width = scored.heatmap.shape
    return _layer_title(scored.key), f"{height} × {width}, {panel.iou_text(scored)}"


def _layer_title(key: MapKey) -> str:
    if key.map == "cam":
        return titles.title(*key)
    return "all layers" if key.layer == "all" else key.layer
