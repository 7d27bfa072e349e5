"""Pictures of the results, from the same Vega-Lite templates that `dvc plots show` fills."""

import json
from typing import Any

import vl_convert
from dvc_render import VegaRenderer

SCALE = 2  # pixels of a PNG to one of the page


def filled(rows: list[dict[str, Any]], template: str, templates: str, **properties: str) -> str:
    """A template with its data, as Vega-Lite.

    Args:
        rows: the data, one dict a row.
        template: name of a Vega-Lite template.
        templates: the folder it lies in.
        properties: the template's anchors, as in the plots section of dvc.yaml: x, y, title…
    """
    renderer = VegaRenderer(rows, "figure", template=template, template_dir=templates, **properties)
    return json.dumps(renderer.get_filled_template())


def svg(figure: str) -> str:
    """A filled template as SVG."""
    return vl_convert.vegalite_to_svg(figure)


def png(figure: str) -> bytes:
    """A filled template as PNG."""
    return vl_convert.vegalite_to_png(figure, scale=SCALE)
