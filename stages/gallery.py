"""Draw the gallery and the layer strip: CAM and the compared map on a few test images.

    python -m stages.gallery

Reads   params (dataset, map, layer, threshold, seed), data/<dataset>/, data/heatmaps/, data/iou.parquet
Writes  plots/gallery.png      test images in groups, each with CAM and the compared map
        plots/layer_strip.png  one test image with CAM, and with the compared map at every layer
Takes   seconds

The params `map` and `layer` name the compared map. The rules that choose the images are in wsol/pictures/choice.py.
`seed` breaks ties.
"""

import itertools
from typing import NamedTuple

import stages.support.quiet  # noqa: F401

import numpy as np
import pandas as pd
import tensorflow as tf

from stages.support import files, folders, params
from stages.support.run import run
from wsol.data import datasets
from wsol.errors import InputError
from wsol.pictures import examples, gallery, layer_strip
from wsol.pictures.examples import Example, MapKey

HEATMAPS = "data/heatmaps"


class Tables(NamedTuple):
    """Tables of earlier stages."""

    index: pd.DataFrame  # one row per image of the heatmap arrays
    maps: pd.DataFrame  # one row per map
    scores: pd.DataFrame  # one row per test image and map


def main() -> str:
    settings = params.read("gallery")
    tables = read_tables()
    shown = examples.shown_maps(tables.maps, settings.map, settings.layer)
    images = examples.image_table(tables.scores, tables.index)
    groups, typical = examples.choose(tables.scores, images, shown, settings.seed)
    pictures = read_pictures(settings.dataset, images.iloc[[typical, *itertools.chain(*groups.values())]])
    pair = [shown.cam, shown.compared]
    grouped = {name: [example(tables, images, row, pictures, pair) for row in rows] for name, rows in groups.items()}
    strip = example(tables, images, typical, pictures, [shown.cam, *shown.layers])
    write("plots/gallery.png", gallery.draw(grouped, settings.dataset, shown.compared, settings.threshold))
    write("plots/layer_strip.png", layer_strip.draw(strip, settings.dataset, shown.compared, settings.threshold))
    return f"gallery: wrote plots/gallery.png and plots/layer_strip.png ({len(pictures)} images)"


def read_tables() -> Tables:
    index, maps = (files.read_table(f"{HEATMAPS}/{name}.parquet") for name in ("index", "maps"))
    return Tables(index, maps, files.read_table("data/iou.parquet"))


def read_pictures(dataset: str, images: pd.DataFrame) -> dict[str, np.ndarray]:
    """Pictures (height, width, 3) uint8 RGB by file name. Other images of the split are not decoded."""
    rows = datasets.encoded(datasets.load(f"data/{dataset}"), images, "test").as_numpy_iterator()
    return {name: decode(row["image"], name) for row in rows if (name := row["image/filename"].decode())}


def decode(encoded: bytes, name: str) -> np.ndarray:
    try:
        return tf.io.decode_image(encoded, channels=3, expand_animations=False).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise InputError(
            f"Expected an image that can be decoded, JPEG, PNG, BMP or GIF; got {name}, which cannot: replace the file "
            "and run `dvc repro --force --single-item download`."
        ) from error


def example(
    tables: Tables, images: pd.DataFrame, number: int, pictures: dict[str, np.ndarray], keys: list[MapKey]
) -> Example:
    image = images.iloc[number]
    heatmaps = {key: read_heatmap(tables.maps, key, image["row"]) for key in keys}
    return examples.make_example(pictures[image["image"]], image, tables.scores, heatmaps)


def read_heatmap(maps: pd.DataFrame, key: MapKey, row: int) -> np.ndarray:
    file = maps.set_index(examples.MAP_KEY)["file"][key]
    return np.array(files.read_array(f"{HEATMAPS}/{file}")[row])


def write(path: str, picture: bytes) -> None:
    with folders.aside(path) as part:
        part.write_bytes(picture)


if __name__ == "__main__":
    run(main)
