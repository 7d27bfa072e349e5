"""Pictures of the results, from the same Vega-Lite templates that `dvc plots show` fills."""

import json
from typing import Any

import vl_convert
from dvc_render import VegaRenderer


def svg(rows: list[dict[str, Any]], template: str, templates: str, **properties: str) -> str:
    """A figure as SVG.

    Args:
        rows: the data, one dict a row.
        template: name of a Vega-Lite template.
        templates: the folder it lies in.
        properties: the template's anchors, as in the plots section of dvc.yaml: x, y, title…
    """
    spec = VegaRenderer(rows, "figure", template=template, template_dir=templates, **properties).get_filled_template()
    return vl_convert.vegalite_to_svg(json.dumps(spec))
