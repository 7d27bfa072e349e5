"""Examples for the pictures: a test image with its heatmaps and their boxes, from the tables of the run."""

import difflib
import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from wsol.errors import InputError
from wsol.pictures import choice

PER_GROUP = 2  # images of a group of the gallery
EDGES = ["ymin", "xmin", "ymax", "xmax"]


class MapKey(NamedTuple):
    """What identifies a map in every table."""

    map: str
    layer: str
    refinement: str = "none"


MAP_KEY = list(MapKey._fields)


class ScoredHeatmap(NamedTuple):
    """A heatmap of an image, its box and the IoU of the box."""

    key: MapKey
    heatmap: np.ndarray  # (h, w) float, 0..1
    box_yxyx: np.ndarray  # (4,) float, [ymin, xmin, ymax, xmax] in fractions of the image; all 0: no box
    iou: float  # with the ground truth, 0..1


class Example(NamedTuple):
    """A test image and all that is drawn of it."""

    picture: np.ndarray  # (height, width, 3) uint8 RGB
    ground_truth_yxyx: np.ndarray  # (boxes, 4) float, [ymin, xmin, ymax, xmax] in fractions of the image
    label: str
    predicted: str
    heatmaps: list[ScoredHeatmap]


class ShownMaps(NamedTuple):
    """The maps that the pictures show."""

    cam: MapKey
    compared: MapKey
    layers: list[MapKey]  # the compared map at every layer, in the network's order; `all`, the fusion, included


def shown_maps(maps: pd.DataFrame, map_name: str, layer: str) -> ShownMaps:
    """Find CAM, the compared map, and the compared map at its other layers. Refined maps are left out.

    Args:
        maps: table with the columns of MAP_KEY, in the network's order.
        map_name: name of the compared map, e.g. `grad_cam`.
        layer: layer of the compared map.

    Raises:
        InputError: the table has no such map.
    """
    rows = maps.loc[maps["refinement"] == "none", MAP_KEY]
    keys = [MapKey(*row) for row in rows.itertuples(index=False)]
    compared = MapKey(map_name, layer)
    if compared not in keys:
        got, known = f"{map_name} at {layer}", [f"{key.map} at {key.layer}" for key in keys]
        nearest = ", ".join(difflib.get_close_matches(got, known, n=3, cutoff=0))
        raise InputError(f"Expected map and layer to name a map of this run; got {got}, nearest are {nearest}.")
    (cam,) = (key for key in keys if key.map == "cam")
    return ShownMaps(cam, compared, [key for key in keys if key.map == map_name])


def image_table(scores: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """One row per scored test image, in the order of the scores.

    Args:
        scores: data/iou.parquet, one row per test image and map.
        index: data/heatmaps/index.parquet, one row per image of the heatmap arrays.

    Returns:
        The columns of `scores`, with the values of the image's first map; split; boxes_yxyx, the flat ground-truth
        boxes; `row`, the image's row in the heatmap arrays; `position`, the image's position in the TFDS split.
    """
    test = index.loc[index["split"] == "test", ["split", "image", "boxes_yxyx"]].reset_index(names="row")
    return scores.drop_duplicates("image").merge(test.assign(position=range(len(test))), on="image", how="left")


def choose(scores: pd.DataFrame, images: pd.DataFrame, shown: ShownMaps, seed: int) -> tuple[dict[str, list[int]], int]:
    """Choose the images of the gallery and of the layer strip, by the rules of `choice`.

    The image of the layer strip is predicted correctly and has one ground-truth box, if there is such an image.

    Args:
        scores: data/iou.parquet.
        images: as `image_table` returns it.
        shown: the maps that decide.
        seed: breaks ties.

    Returns:
        Dict from the gallery's groups to row numbers of `images`, and the row number for the layer strip.
    """
    cam, compared = ious(scores, images, [shown.cam, shown.compared]).T
    groups = choice.gallery_groups(cam, compared, PER_GROUP, seed)
    layers = [key for key in shown.layers if key.layer != "all"] or shown.layers
    eligible = images["top1_right"] & (images["ground_truth_boxes"] == 1)
    return groups, choice.typical_image(ious(scores, images, layers), eligible.to_numpy(), seed)


def ious(scores: pd.DataFrame, images: pd.DataFrame, keys: list[MapKey]) -> np.ndarray:
    """IoUs (images, maps) float, from data/iou.parquet.

    Args:
        scores: data/iou.parquet.
        images: as `image_table` returns it.
        keys: the maps.
    """
    rows = scores[scores["map"].isin({key.map for key in keys})]
    table = rows.pivot(index="image", columns=MAP_KEY, values="iou")
    return np.stack([table[key].loc[images["image"]] for key in keys], axis=1)


def make_example(
    picture: np.ndarray, image: pd.Series, scores: pd.DataFrame, heatmaps: dict[MapKey, np.ndarray]
) -> Example:
    """Collect all that is drawn of an image.

    Args:
        picture: (height, width, 3) uint8 RGB.
        image: the image's row of `image_table`.
        scores: data/iou.parquet, or the image's rows of it.
        heatmaps: (h, w) float heatmaps of the image, in the order in which they are drawn.
    """
    rows = scores[scores["image"] == image["image"]].set_index(MAP_KEY)
    scored = [
        ScoredHeatmap(key, heatmap, rows.loc[key, EDGES].to_numpy(float), rows.loc[key, "iou"])
        for key, heatmap in heatmaps.items()
    ]
    ground_truth_yxyx = np.reshape(image["boxes_yxyx"], (-1, 4))
    return Example(picture, ground_truth_yxyx, class_title(image["label"]), class_title(image["predicted"]), scored)


def class_title(name: str) -> str:
    """Title of a class: its name without a WordNet id and underscores.

    >>> class_title("n02085936-maltese_dog")
    'maltese dog'
    """
    return re.sub(r"^n\d{8}-", "", name).replace("_", " ")
