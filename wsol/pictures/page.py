"""The page on which `dvc plots show` and `dvc plots diff` show the figures."""

import json
import pathlib

from dvc_render.base import Renderer


def html(frame: str, javascript: str, captions: dict[str, str]) -> str:
    """Fill the page's frame, so that the page requests nothing from the network.

    Args:
        frame: HTML with the placeholders {javascript} and {figures}, and {plot_divs}, which DVC fills.
        javascript: source of Vega, Vega-Lite and Vega-Embed.
        captions: dict from a plot's name in dvc.yaml to its caption.

    Returns:
        HTML, a template for DVC. The same arguments give the same text.
    """
    figures = {
        Renderer.remove_special_chars(name): {"heading": heading(name), "caption": caption}
        for name, caption in captions.items()
    }
    escaped = json.dumps(figures, indent=2).replace("<", "\\u003c")  # so that no caption ends the script it is in
    return frame.replace("{figures}", escaped).replace("{javascript}", javascript)


def heading(name: str) -> str:
    """Heading of a figure: its name in dvc.yaml, or the file name of a picture.

    >>> heading("plots/layer_strip.png")
    'Layer strip'
    """
    return pathlib.Path(name).stem.replace("_", " ").capitalize() if "/" in name else name
