"""The browser of images as one HTML file: its content as JSON, and its frame filled."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd

from wsol.browser.pictures import Place
from wsol.maps import titles
from wsol.maps.keys import KEY, NO_LAYER, MapKey
from wsol.pictures.examples import EDGES, IOU
from wsol.pictures.sheet import COLOURS

DIGITS = 3  # of boxes
IOU_DIGITS = 6  # the page rounds them to two
NO_PLACE = Place(0, 0, 0)  # of what has no heatmap


def spread(count: int, most: int) -> np.ndarray:
    """At most `most` of `count` positions, evenly spaced, in ascending order.

    >>> spread(10, 4).tolist()
    [0, 2, 5, 7]
    >>> spread(3, 4).tolist()
    [0, 1, 2]
    """
    shown = min(count, most)
    return np.arange(shown) * count // max(shown, 1)


def maps_content(keys: list[MapKey], places: dict[tuple[str, str], Place]) -> list[dict[str, Any]]:
    """What the page knows of each map: its title, and where its heatmap lies in the picture of all heatmaps.

    Args:
        keys: the maps, refined ones included, and the baselines.
        places: (map, layer) -> place. A refined map has the heatmap of the map that it refines. A baseline has none.

    >>> keys = [MapKey("cam", "conv5"), MapKey("centre_box", "none")]
    >>> for content in maps_content(keys, {("cam", "conv5"): Place(0, 4, 4)}):
    ...     print(content)
    {'title': 'CAM', 'top': 0, 'height': 4, 'width': 4}
    {'title': 'centre box', 'top': 0, 'height': 0, 'width': 0}
    """
    return [{"title": _title(key), **places.get((key.map, key.layer), NO_PLACE)._asdict()} for key in keys]


def _title(key: MapKey) -> str:
    return key.map.replace("_", " ") if key.layer == NO_LAYER else titles.title(*key)


def image_content(
    image: pd.Series, scores: pd.DataFrame, keys: list[MapKey], picture: str, heatmaps: str
) -> dict[str, Any]:
    """What the page knows of an image.

    Args:
        image: its row of `wsol.pictures.examples.image_table`.
        scores: its rows of data/iou.parquet, one a map.
        keys: the maps, in order.
        picture, heatmaps: addresses for <img>, as `wsol.browser.pictures.data_url` makes them.
    """
    rows = scores.set_index(KEY).loc[keys]
    ground_truth_yxyx = np.reshape(image["boxes_yxyx"], (-1, 4)).astype(float)
    return {
        "name": image["image"],
        "label": image["label_title"],
        "predicted": image["predicted_title"],
        "right": bool(image["top1_right"]),
        "iou": [None if math.isnan(iou) else round(iou, IOU_DIGITS) for iou in rows[IOU].tolist()],
        "boxes": rows[EDGES].to_numpy(float).round(DIGITS).tolist(),
        "truth": ground_truth_yxyx.round(DIGITS).tolist(),
        "picture": picture,
        "heatmaps": heatmaps,
    }


def html(
    frame: str, javascript: str, heading: str, maps: list[dict[str, Any]], images: list[dict[str, Any]], count: int
) -> str:
    """Fill the page's frame. The same arguments give the same text.

    Args:
        frame: HTML with the placeholders {javascript} and {content}.
        javascript: source of the page's script.
        heading: name of the dataset.
        maps: as `maps_content` makes them.
        images: each as `image_content` makes it, in the dataset's order.
        count: number of the dataset's scored test images, shown or not.
    """
    colours = (255 * COLOURS(np.arange(256))[:, :3]).round().astype(int).tolist()
    content = {"dataset": heading, "count": count, "maps": maps, "images": images, "colours": colours}
    escaped = json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")  # no name ends the script it is in
    return frame.replace("{javascript}", javascript).replace("{content}", escaped)
