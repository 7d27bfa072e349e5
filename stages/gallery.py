"""Draw the gallery and the layer strip: CAM, the compared map and the recommended map on a few test images.

    python -m stages.gallery

Reads   params (dataset, map, layer, threshold, seed), data/<dataset>/, data/heatmaps/, data/iou.parquet,
        tables/baselines.csv, tables/leaderboard.csv
Writes  plots/gallery.png      test images in groups, each with CAM, the compared map and the recommended map
        plots/layer_strip.png  one test image with CAM, the compared map at every layer and the recommended map
Takes   seconds

The params `map` and `layer` name the compared map. The recommended map is the first of the leaderboard. Boxes and IoUs
are those at the thresholds chosen on holdout, or at `threshold` where nothing is chosen or scored. The rules that
choose the images are in wsol/pictures/choice.py. `seed` breaks ties.
"""

import itertools
from typing import NamedTuple

import stages.support.quiet  # noqa: F401

import numpy as np
import pandas as pd

from stages.support import decoded, files, folders, params
from stages.support.run import run
from wsol.maps.keys import MapKey
from wsol.pictures import examples, gallery, layer_strip
from wsol.pictures.examples import Example

HEATMAPS = "data/heatmaps"


class Tables(NamedTuple):
    """Tables of earlier stages."""

    index: pd.DataFrame  # one row per image of the heatmap arrays
    maps: pd.DataFrame  # one row per map that is not refined
    leaderboard: pd.DataFrame  # one row per map, the recommended one first
    centre_yxyx: np.ndarray | None  # (4,) float, the centre box, fractions of the image; None: nothing is scored


def main() -> str:
    settings = params.read("gallery")
    tables = read_tables()
    shown = examples.shown_maps(tables.maps, tables.leaderboard, settings.map, settings.layer)
    in_gallery, in_strip = examples.gallery_maps(shown), examples.strip_maps(shown)
    thresholds = examples.thresholds(tables.leaderboard, [*in_gallery, *in_strip], settings.threshold)
    scores = read_scores([*in_gallery, *in_strip])
    images = examples.image_table(scores, tables.index)
    groups, typical = examples.choose(scores, images, shown, settings.seed)
    shown_images = images.iloc[[typical, *itertools.chain(*groups.values())]]
    pictures = dict(decoded.pictures(settings.dataset, shown_images))

    def example(number: int, keys: list[MapKey]) -> Example:
        image = images.iloc[number]
        heatmaps = {key: read_heatmap(tables.maps, key, image["row"]) for key in keys}
        return examples.make_example(pictures[image["image"]], image, scores, heatmaps, thresholds, tables.centre_yxyx)

    grouped = {name: [example(number, in_gallery) for number in numbers] for name, numbers in groups.items()}
    strip = example(typical, in_strip)
    write("plots/gallery.png", gallery.draw(grouped, settings.dataset, shown))
    write("plots/layer_strip.png", layer_strip.draw(strip, settings.dataset, shown))
    return f"gallery: wrote plots/gallery.png and plots/layer_strip.png ({len(pictures)} images)"


def read_tables() -> Tables:
    index, maps = (files.read_table(f"{HEATMAPS}/{name}.parquet") for name in ("index", "maps"))
    centre_yxyx = examples.centre_box(files.read_csv("tables/baselines.csv"))
    return Tables(index, maps, files.read_csv("tables/leaderboard.csv"), centre_yxyx)


def read_scores(keys: list[MapKey]) -> pd.DataFrame:
    """The rows of data/iou.parquet of these maps; the other maps' rows are not read."""
    tables = []
    for key in dict.fromkeys(keys):
        equal = [(name, "==", value) for name, value in key._asdict().items()]
        tables.append(files.read_table("data/iou.parquet", equal))
    return pd.concat(tables, ignore_index=True)


def read_heatmap(maps: pd.DataFrame, key: MapKey, row: int) -> np.ndarray:
    """The heatmap (h, w) of a map for an image. A refined map has the heatmaps of the map that it refines."""
    file = maps.set_index(["map", "layer"])["file"][key.map, key.layer]
    return np.array(files.read_array(f"{HEATMAPS}/{file}")[row])


def write(path: str, picture: bytes) -> None:
    with folders.aside(path) as part:
        part.write_bytes(picture)


if __name__ == "__main__":
    run(main)
