"""Examples for the pictures: a test image with its heatmaps and their boxes, from the tables of the run."""

import difflib
import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from wsol.errors import InputError
from wsol.maps.keys import CAM, FUSION, KEY, UNREFINED, MapKey
from wsol.pictures import choice
from wsol.pictures.class_titles import class_titles

PER_GROUP = 2  # images of a group of the gallery
AT_RANDOM = 8  # images of the gallery where no image has ground truth
# columns of data/iou.parquet: the IoU and the box at the map's threshold chosen on holdout
IOU = "iou_chosen"
EDGES = ["chosen_ymin", "chosen_xmin", "chosen_ymax", "chosen_xmax"]


class ScoredHeatmap(NamedTuple):
    """A heatmap of an image, its box and the IoU of the box."""

    key: MapKey
    heatmap: np.ndarray  # (h, w) float, 0..1, as stored; the maximum of a mean over layers is below 1
    box_yxyx: np.ndarray  # (4,) float, [ymin, xmin, ymax, xmax] in fractions of the image; all 0: no box
    iou: float  # with the ground truth, 0..1; NaN without ground truth
    threshold: float = math.nan  # heatmap value whose contour is drawn; NaN: none is


class Example(NamedTuple):
    """A test image and all that is drawn of it."""

    picture: np.ndarray  # (height, width, 3) uint8 RGB
    ground_truth_yxyx: np.ndarray  # (boxes, 4) float, [ymin, xmin, ymax, xmax] in fractions of the image
    label: str
    predicted: str
    heatmaps: list[ScoredHeatmap]
    name: str = ""  # of the image
    centre_yxyx: np.ndarray | None = None  # (4,) float, the centre box; None: not drawn


class ShownMaps(NamedTuple):
    """The maps that the pictures show."""

    cam: MapKey | None  # None where it is not drawn
    compared: MapKey
    layers: list[MapKey]  # the compared map at every layer, in the network's order; `all`, the fusion, included
    # the best map on holdout; it may be one of the others, and it may be refined; None where nothing is chosen
    recommended: MapKey | None


def shown_maps(maps: pd.DataFrame, leaderboard: pd.DataFrame, map_name: str, layer: str) -> ShownMaps:
    """Find CAM, the compared map, the compared map at its other layers, and the recommended map.

    Only the recommended map may be refined. There is none if the leaderboard has no row or no scores of holdout.

    Args:
        maps: table with the columns of KEY, in the network's order.
        leaderboard: tables/leaderboard.csv.
        map_name: name of the compared map, e.g. `grad_cam`.
        layer: layer of the compared map.

    Raises:
        InputError: the table has no such map.
    """
    rows = maps.loc[maps["refinement"] == UNREFINED, KEY]
    keys = [MapKey(*row) for row in rows.itertuples(index=False)]
    compared = MapKey(map_name, layer)
    if compared not in keys:
        got, known = f"{map_name} at {layer}", [f"{key.map} at {key.layer}" for key in keys]
        nearest = ", ".join(difflib.get_close_matches(got, known, n=3, cutoff=0))
        raise InputError(f"Expected map and layer to name a map of this run; got {got}, nearest are {nearest}.")
    cam = next((key for key in keys if key.map == CAM), None)
    chosen = leaderboard.loc[leaderboard["holdout"].notna(), KEY].itertuples(index=False)
    recommended = next((MapKey(*row) for row in chosen), None)
    return ShownMaps(cam, compared, [key for key in keys if key.map == map_name], recommended)


def gallery_maps(shown: ShownMaps) -> list[MapKey]:
    """The maps of the gallery in the order of its panels, each once."""
    return [key for key in dict.fromkeys([shown.cam, shown.compared, shown.recommended]) if key]


def strip_maps(shown: ShownMaps) -> list[MapKey]:
    """The maps of the layer strip in the order of its panels, each once.

    >>> cam, fused = MapKey("cam", "conv5"), MapKey("grad_cam", "all")
    >>> strip_maps(ShownMaps(cam, fused, [fused], recommended=cam))
    [MapKey(map='cam', layer='conv5', refinement='none'), MapKey(map='grad_cam', layer='all', refinement='none')]
    """
    return [key for key in dict.fromkeys([shown.cam, *shown.layers, shown.recommended]) if key]


def boxes_text(shown: ShownMaps) -> str:
    """Where the boxes are from: each map's own threshold, or the fixed one where nothing is chosen."""
    return f"boxes at the {'thresholds chosen on holdout' if shown.recommended else 'fixed threshold'}"


def thresholds(leaderboard: pd.DataFrame, keys: list[MapKey], fixed: float) -> dict[MapKey, float]:
    """The threshold of each map, a heatmap value: the leaderboard's, or the fixed one; NaN for a refined map.

    Args:
        leaderboard: tables/leaderboard.csv. It has no row where there is nothing to score.
        keys: the maps.
        fixed: the fixed threshold.

    >>> cam, fused = MapKey("cam", "conv5"), MapKey("grad_cam", "all")
    >>> leaderboard = pd.DataFrame({"map": ["cam"], "layer": "conv5", "refinement": "none", "threshold": 0.4})
    >>> list(thresholds(leaderboard, [cam, fused], 0.1).values())
    [0.4, 0.1]
    """
    rows = leaderboard[KEY].itertuples(index=False, name=None)
    of_rows = dict(zip(rows, leaderboard["threshold"].tolist(), strict=True))
    return {key: of_rows.get(key, fixed) for key in keys}


def centre_box(baselines: pd.DataFrame) -> np.ndarray | None:
    """The centre box (4,) of tables/baselines.csv, or None where nothing is scored.

    >>> row = {"baseline": "centre_box", "ymin": 0.2, "xmin": 0.2, "ymax": 0.8, "xmax": 0.8}
    >>> centre_box(pd.DataFrame([row])).tolist()
    [0.2, 0.2, 0.8, 0.8]
    """
    rows = baselines.loc[baselines["baseline"] == "centre_box", ["ymin", "xmin", "ymax", "xmax"]]
    return rows.iloc[0].to_numpy(float) if len(rows) else None


def image_table(scores: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """One row per scored test image, in the order of the scores.

    Args:
        scores: data/iou.parquet, or its rows of some maps: one row per test image and map.
        index: data/heatmaps/index.parquet, one row per image of the heatmap arrays.

    Returns:
        The columns of `scores`, with the values of the image's first map; split; boxes_yxyx, the flat ground-truth
        boxes; `row`, the image's row in the heatmap arrays; `position`, the image's position in the TFDS split;
        label_title, predicted_title.
    """
    test = index.loc[index["split"] == "test", ["split", "image", "boxes_yxyx"]].reset_index(names="row")
    images = scores.drop_duplicates("image").merge(test.assign(position=range(len(test))), on="image", how="left")
    titles = class_titles([*images["label"], *images["predicted"]])
    return images.assign(**{f"{column}_title": images[column].map(titles) for column in ("label", "predicted")})


def choose(scores: pd.DataFrame, images: pd.DataFrame, shown: ShownMaps, seed: int) -> tuple[dict[str, list[int]], int]:
    """Choose the images of the gallery and of the layer strip, by the rules of `choice`.

    The IoUs are those at the chosen thresholds. The gallery's images go by CAM and the compared map. The image of the
    layer strip goes by the compared map at its layers, without the fusion. As many of the strip's maps as possible
    have a box on it. It is predicted correctly and has one ground-truth box, if there is such an image.

    Where no image has an IoU, the images are chosen at random. The image of the layer strip is predicted correctly, if
    there is such an image.

    Args:
        scores: data/iou.parquet, or its rows of the shown maps.
        images: as `image_table` returns it.
        shown: the maps.
        seed: breaks ties.

    Returns:
        Dict from the gallery's groups to row numbers of `images`, and the row number for the layer strip.
    """
    if scores[IOU].isna().all():
        return choice.random_images(images["top1_right"].to_numpy(), AT_RANDOM, seed)
    in_groups = [key for key in (shown.cam, shown.compared) if key]
    groups = choice.gallery_groups(ious(scores, images, in_groups), PER_GROUP, seed)
    layers = unfused(shown)
    eligible = images["top1_right"] & (images["ground_truth_boxes"] == 1)
    by_layer, without_box = ious(scores, images, layers), maps_without_box(scores, images, strip_maps(shown))
    return groups, choice.typical_image(by_layer, eligible.to_numpy(), without_box, seed)


def unfused(shown: ShownMaps) -> list[MapKey]:
    """The compared map at its layers, without the fusion unless there is nothing else."""
    return [key for key in shown.layers if key.layer != FUSION] or shown.layers


def maps_without_box(scores: pd.DataFrame, images: pd.DataFrame, keys: list[MapKey]) -> np.ndarray:
    """Number (images,) of these maps that have no box at the chosen threshold.

    Args:
        scores: data/iou.parquet, or its rows of these maps.
        images: as `image_table` returns it.
        keys: the maps.
    """
    of_keys = scores.set_index(KEY).index.isin(keys)
    empty = of_keys & (scores[EDGES] == 0).all(axis=1)
    return empty.groupby(scores["image"]).sum().loc[images["image"]].to_numpy()


def ious(scores: pd.DataFrame, images: pd.DataFrame, keys: list[MapKey]) -> np.ndarray:
    """IoUs (images, maps) float at the chosen thresholds.

    Args:
        scores: data/iou.parquet, or its rows of these maps.
        images: as `image_table` returns it.
        keys: the maps.
    """
    rows = scores[scores["map"].isin({key.map for key in keys})]
    table = rows.pivot(index="image", columns=KEY, values=IOU)
    return np.stack([table[key].loc[images["image"]] for key in keys], axis=1)


def make_example(
    picture: np.ndarray,
    image: pd.Series,
    scores: pd.DataFrame,
    heatmaps: dict[MapKey, np.ndarray],
    thresholds: dict[MapKey, float],
    centre_yxyx: np.ndarray | None,
) -> Example:
    """Collect all that is drawn of an image. The boxes and IoUs are those at the chosen thresholds.

    Args:
        picture: (height, width, 3) uint8 RGB.
        image: the image's row of `image_table`.
        scores: data/iou.parquet, or the image's rows of it.
        heatmaps: (h, w) float heatmaps of the image, in the order in which they are drawn.
        thresholds: of each of the heatmaps, as `thresholds` returns them.
        centre_yxyx: (4,) float, the centre box, or None.
    """
    rows = scores[scores["image"] == image["image"]].set_index(KEY)
    scored = [
        ScoredHeatmap(key, heatmap, rows.loc[key, EDGES].to_numpy(float), rows.loc[key, IOU], thresholds[key])
        for key, heatmap in heatmaps.items()
    ]
    ground_truth_yxyx = np.reshape(image["boxes_yxyx"], (-1, 4))
    titles = image["label_title"], image["predicted_title"]
    return Example(picture, ground_truth_yxyx, *titles, scored, image["image"], centre_yxyx)
