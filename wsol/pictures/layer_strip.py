"""The layer strip: one test image with CAM, with the compared map at every layer, and with the recommended map."""

from wsol.maps import titles
from wsol.maps.keys import MapKey
from wsol.pictures import panel
from wsol.pictures.examples import Example, ScoredHeatmap, ShownMaps, boxes_text, unfused
from wsol.pictures.panel import LEGEND, LINE, WIDTH
from wsol.pictures.sheet import Sheet
from wsol.pictures.strip import panel_size, places, strip_height

RULE = "Chosen because its IoU follows the mean IoU of all test images from layer to layer."
RULE_OF_ONE_LAYER = "Chosen because its IoU is near the mean IoU of all test images."
RULE_AT_RANDOM = (
    "Chosen at random, among correctly predicted images if there are any. No test image has a ground-truth box."
)
CAPTION = "Below each heatmap: its layer; its size and threshold (> 0.1: box of the values above 0.1)"

CAPTIONS = 3 * LINE + 0.2  # inches, of the lines below a panel and of the space to the next row


@panel.default_style
def draw(example: Example, dataset: str, shown: ShownMaps) -> bytes:
    """Draw the layer strip: the picture, then each of its heatmaps in order.

    Args:
        example: the image, with any number of heatmaps.
        dataset: name of the dataset, for the title.
        shown: the maps, for the heading. The compared map's caption is bold.

    Returns:
        A PNG file.
    """
    panels, size = [None, *example.heatmaps], panel_size(example.picture)
    row_height, lines = size[1] + CAPTIONS, heading_lines(example, shown)
    heading = panel.heading_height(lines)
    sheet = Sheet(WIDTH, heading + strip_height(len(panels), row_height) + LEGEND)
    panel.draw_heading(sheet, title(dataset, shown), lines)
    for scored, (x, y) in zip(panels, places(len(panels), row_height, heading), strict=True):
        weight = "bold" if scored and scored.key == shown.compared else "normal"
        panel.draw_panel(sheet, x, y, size, example, scored)
        panel.draw_caption(sheet, x, y, size, _caption(example, scored, shown), weight)
    panel.draw_legend(sheet, centre_box=example.centre_yxyx is not None)
    return sheet.png()


def heading_lines(example: Example, shown: ShownMaps) -> list[str]:
    """The image, the rule that chose it, what the captions say, and the recommended map if there is one."""
    scored = len(example.ground_truth_yxyx) > 0
    rule = RULE if len(unfused(shown)) > 1 else RULE_OF_ONE_LAYER
    lines = [
        f"Test image {example.name}",
        rule if scored else RULE_AT_RANDOM,
        f"{CAPTION}; its IoU. Bold: the compared map." if scored else f"{CAPTION}. Bold: the compared map.",
    ]
    recommended = [f"Recommended, the best on holdout: {titles.title(*key)}." for key in [shown.recommended] if key]
    return [*lines, *recommended]


def title(dataset: str, shown: ShownMaps) -> str:
    """The title of the layer strip.

    >>> cam, compared = MapKey("cam", "conv5"), MapKey("grad_cam", "conv4")
    >>> title("toy_dogs", ShownMaps(cam, compared, layers=[compared], recommended=cam))
    'toy_dogs: CAM and Grad-CAM at every layer, boxes at the thresholds chosen on holdout'
    >>> title("toy_dogs", ShownMaps(None, compared, layers=[compared], recommended=None))
    'toy_dogs: Grad-CAM at every layer, boxes at the fixed threshold'
    """
    methods = dict.fromkeys(titles.method_title(key.map) for key in (shown.cam, shown.compared) if key)
    return f"{dataset}: {' and '.join(methods)} at every layer, {boxes_text(shown)}"


def _caption(example: Example, scored: ScoredHeatmap | None, shown: ShownMaps) -> list[str]:
    """The lines below a heatmap, or below the picture itself."""
    if scored is None:
        return [example.label, panel.ground_truth_text(example)]
    height, width = scored.heatmap.shape
    threshold = panel.threshold_text(scored.key, scored.threshold)
    return [_name(scored.key, shown), f"{height} × {width}, {threshold}", panel.iou_text(scored)]


def _name(key: MapKey, shown: ShownMaps) -> str:
    """CAM, the compared map's layer, or that the map is the recommended one, which the heading names."""
    if key == shown.cam:
        return titles.title(*key)
    return panel.layer_text(key) if key in shown.layers else "recommended"
