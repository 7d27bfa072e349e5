"""Draw the gallery and the layer strip: what the maps make of a few dogs chosen by rule.

    python -m stages.gallery

Reads   params (dataset, layer, threshold, seed), data/<dataset>/, data/heatmaps/, data/iou.parquet
Writes  plots/gallery.png      dogs of the test split, each with CAM and the chosen layer's Grad-CAM
        plots/layer_strip.png  one of them with CAM, and Grad-CAM at every layer
Takes   seconds

The rules, whose ties `seed` breaks, stand in wsol/sample.py: two each of the best, the median and the worst by the
mean of both IoUs, and two where these differ most. The strip's dog is the one whose IoU rises and falls over the
layers most as the mean IoU does, among those that are rightly predicted and have one ground-truth box.
"""

import itertools
from typing import NamedTuple

import stages.support.quiet  # noqa: F401

import numpy as np
import pandas as pd
import tensorflow as tf

from stages.support import files, params
from stages.support.run import run
from wsol.data import datasets
from wsol.pictures import choice, gallery
from wsol.pictures.gallery import Dog, Found

EACH = 2  # images a group


class Scored(NamedTuple):
    """The scored images of the test split and their maps, in the order of data/iou.parquet."""

    images: pd.DataFrame  # what is known of each; `row` of the arrays, `position` in the dataset's split
    maps: pd.DataFrame  # CAM, then Grad-CAM by layer
    ious: np.ndarray  # (images, maps) float
    boxes_yxyx: np.ndarray  # (images, maps, 4) float, fractions of the image; zeros where there is none


def main() -> str:
    settings = params.read("gallery")
    scored = read_scored()
    names = ["CAM", *scored.maps["layer"][1:]]
    params.check_layer("layer", settings["layer"], names[1:], "heatmaps.layers")
    at = names.index(settings["layer"])
    groups = choice.gallery(scored.ious[:, 0], scored.ious[:, at], EACH, settings["seed"])
    typical = typical_row(scored, settings["seed"])
    shown = [typical, *itertools.chain(*groups.values())]
    pictures = read_pictures(settings["dataset"], scored.images.iloc[shown])
    compared, every = {0: "CAM", at: "Grad-CAM"}, dict(enumerate(names))
    dogs = {name: [dog(scored, row, pictures, compared) for row in rows] for name, rows in groups.items()}
    strip = dog(scored, typical, pictures, every)
    about = settings["dataset"], settings["layer"], settings["threshold"]
    write("gallery", gallery.gallery(dogs, *about))
    write("layer_strip", gallery.layer_strip(strip, *about))
    return f"gallery: wrote plots/gallery.png ({len(shown) - 1} dogs) and plots/layer_strip.png"


def read_scored() -> Scored:
    index, maps = (files.read_table(f"data/heatmaps/{name}.parquet") for name in ("index", "maps"))
    table = files.read_table("data/iou.parquet")
    test = index.loc[index["split"] == "test", ["split", "image", "boxes_yxyx"]].reset_index(names="row")
    images = table.drop_duplicates("image").merge(test.assign(position=range(len(test))), on="image", how="left")
    shape = len(maps), len(images)
    boxes_yxyx = table[["ymin", "xmin", "ymax", "xmax"]].to_numpy().reshape(*shape, 4)
    return Scored(images, maps, table["iou"].to_numpy().reshape(shape).T, boxes_yxyx.swapaxes(0, 1))


def typical_row(scored: Scored, seed: int) -> int:
    """The strip's dog, as a row of the scored images."""
    suited = scored.images["top1_right"] & (scored.images["ground_truth_boxes"] == 1)
    return choice.typical(scored.ious[:, 1:], suited.to_numpy(), seed)


def read_pictures(dataset: str, images: pd.DataFrame) -> dict[str, np.ndarray]:
    """Pictures by file name; the others of the split are passed over undecoded."""
    builder = datasets.load(f"data/{dataset}")
    return {
        row["image/filename"].decode(): tf.io.decode_image(row["image"], channels=3, expand_animations=False).numpy()
        for row in datasets.encoded(builder, images, "test").as_numpy_iterator()
    }


def dog(scored: Scored, row: int, pictures: dict[str, np.ndarray], names: dict[int, str]) -> Dog:
    """All that is drawn of an image: `names` are of its maps, by their place."""
    image = scored.images.iloc[row]
    maps = [
        Found(name, heatmap(scored.maps["file"][at], image["row"]), scored.boxes_yxyx[row, at], scored.ious[row, at])
        for at, name in names.items()
    ]
    ground_truth_yxyx = np.reshape(image["boxes_yxyx"], (-1, 4))
    label, predicted = (gallery.breed(image[name]) for name in ("label", "predicted"))
    return Dog(pictures[image["image"]], ground_truth_yxyx, label, predicted, maps)


def heatmap(file: str, row: int) -> np.ndarray:
    return np.array(files.read_array(f"data/heatmaps/{file}")[row])


def write(name: str, picture: bytes) -> None:
    with files.aside(f"plots/{name}.png") as part:
        part.write_bytes(picture)


if __name__ == "__main__":
    run(main)
