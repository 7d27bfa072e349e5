"""The page that `dvc plots show` and `dvc plots diff` lay the figures out on."""

import json
import pathlib

from dvc_render.base import Renderer


def html(frame: str, javascript: str, sentences: dict[str, str]) -> str:
    """A template for DVC that asks for nothing from outside.

    Args:
        frame: HTML with the places {javascript} and {figures} to fill, and {plot_divs}, which DVC fills.
        javascript: Vega, Vega-Lite and Vega-Embed.
        sentences: what each figure shows, by its name in dvc.yaml.
    """
    figures = {
        Renderer.remove_special_chars(name): {"heading": heading(name), "sentence": sentence}
        for name, sentence in sentences.items()
    }
    escaped = json.dumps(figures, indent=2).replace("<", "\\u003c")  # no sentence can end the script it stands in
    return frame.replace("{figures}", escaped).replace("{javascript}", javascript)


def heading(name: str) -> str:
    """The heading of a figure: its name in dvc.yaml, where an image has but a path."""
    return pathlib.Path(name).stem.replace("_", " ").capitalize() if "/" in name else name
