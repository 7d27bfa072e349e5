"""Refine boxes with GrabCut on the pictures, seeded by the heatmaps.

    python -m stages.refine

Reads   params (dataset, seed, holdout, ground_truth, boxes.component, boxes.rectangle, refine, heatmaps.image_size,
        the dataset's image_size), data/<dataset>/, data/heatmaps/
Writes  data/refined/: maps.parquet, one row a refined map; for each of these an array of boxes_yxyx, (1, images, 4)
        float32, fractions of the image, four zeros where there is none; choices.parquet, the mean IoU on holdout of
        each pair of `low` and `high` that was tried
Takes   half a minute for toy_dogs on 2 cores; 0.1 s an image and map at 224 x 224, on holdout for each pair

GrabCut runs on holdout with every pair, and on test with the pair that is best on holdout. If no image of holdout has a
ground-truth box, the first pair stands for the best. A stopped run is resumed from data/refined.partial/.
"""

import pathlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import stages.support.quiet  # noqa: F401

import cv2
import numpy as np
import pandas as pd
import tensorflow as tf

from stages.support import files, params, rows, sections
from stages.support.fingerprint import fingerprint
from stages.support.folders import aside, replace, workspace
from stages.support.pictures import named_pictures
from stages.support.run import run
from stages.support.shards import Batch, Worker, spread
from wsol.boxes.geometry import iou_with_ground_truth
from wsol.boxes.grabcut import grabcut_box
from wsol.boxes.seed_thresholds import pairs
from wsol.data import datasets, images, slices
from wsol.maps.keys import CAM, KEY
from wsol.scores.images import NO_CHOICES, mean_of_images, scored_images

HEATMAPS = "data/heatmaps"
BATCH = 32  # images whose boxes are written together
KEY_TYPES = dict.fromkeys(KEY, str)
# columns and their types
MAPS = {**KEY_TYPES, "file": str, "heatmaps": str, "low": float, "high": float, "degenerate_test": int}
CHOICES = {**KEY_TYPES, "low": float, "high": float, "mean_iou": float}

Pair = tuple[float, float]  # low and high
Pairs = dict[str, list[Pair]]  # name of an array of heatmaps -> the pairs to refine it with


def main() -> str:
    settings = params.read("refine")
    index, maps = (files.read_table(f"{HEATMAPS}/{name}.parquet") for name in ("index", "maps"))
    wanted = settings.refine.maps if settings.refine.method == "grabcut" else []
    maps = selected(maps, wanted)
    can_choose = len(scored_images(index, "holdout").index) > 0
    tried = pairs(settings.refine.low, settings.refine.high, can_choose)
    with workspace("data/refined", fingerprint("refine")) as folder:
        refine(folder, "holdout", index, dict.fromkeys(maps["name"], tried), settings)
        means = [holdout_means(folder, name, index, settings.ground_truth) for name in maps["name"]]
        best = [int(values.argmax()) for values in means]  # of equals, the first
        chosen = {name: tried[number] for name, number in zip(maps["name"], best, strict=True)}
        refine(folder, "test", index, {name: [pair] for name, pair in chosen.items()}, settings)
        for name, number in zip(maps["name"], best, strict=True):
            write_boxes(folder, name, number)
        write_table(folder / "out/choices.parquet", choices_table(maps, tried, means), CHOICES)
        write_table(folder / "out/maps.parquet", maps_table(folder, maps, chosen), MAPS)
        replace(folder / "out", "data/refined")
    return "; ".join([f"refine: wrote data/refined ({len(maps)} maps)", *remarks(wanted, maps, settings.refine, tried)])


def selected(maps: pd.DataFrame, wanted: list[str]) -> pd.DataFrame:
    """The rows of the table of maps that `refine.maps` names, in its order, with the column `name` of the array.

    The stage `check` refuses maps that are not drawn, except for CAM, which a network may not have. It is left out.
    """
    entries = np.where(maps["map"] == CAM, CAM, maps["map"] + "/" + maps["layer"]).tolist()
    table = maps.iloc[[entries.index(entry) for entry in wanted if entry in entries]].reset_index(drop=True)
    return table.assign(refinement="grabcut", name=[pathlib.Path(file).stem for file in table["file"]])


def remarks(wanted: list[str], maps: pd.DataFrame, settings: sections.Refine, tried: list[Pair]) -> list[str]:
    """What was not done as params.yaml says: a map left out, a pair that could not be chosen."""
    left_out = [f"{CAM} is left out, since the network has none"] if CAM in {*wanted} - {*maps["map"]} else []
    if len(tried) == len(pairs(settings.low, settings.high)):
        return left_out
    (low, high), *_ = tried
    return [*left_out, f"{NO_CHOICES}, so low is {low:g} and high is {high:g}"]


def refine(folder: pathlib.Path, split: str, index: pd.DataFrame, seeds: Pairs, settings: sections.Params) -> None:
    """Refine the boxes of a split's images, each picture decoded once.

    Writes FOLDER/SPLIT/boxes/NAME.npy, (images, pairs, 4) float32, and FOLDER/SPLIT/degenerate/NAME.npy,
    (images, pairs) bool.
    """
    if not seeds:
        return
    builder = datasets.load(f"data/{settings.dataset}")
    table = datasets.table(builder, settings.holdout, settings.seed)
    table = table.loc[table["split"] == split, ["split", "position"]]
    batches = spread(folder, make_worker, table, np.flatnonzero(index["split"] == split), seeds, batch=BATCH)
    with named_pictures(datasets.encoded(builder, table, split)):
        rows.fill(folder / split, folder / f"{split}.txt", len(table), batches, f"refine {split}")


def make_worker(threads: int, table: pd.DataFrame, places: np.ndarray, seeds: Pairs) -> Worker:
    """The worker that refines the boxes of images, whose rows in the arrays of heatmaps are `places` (images,)."""
    settings = params.read("refine")
    builder = datasets.load(f"data/{settings.dataset}")
    examples = datasets.encoded(builder, table, table["split"].iloc[0])
    between = slices.reader(builder, examples, table)
    side = settings.refine.side or settings.canvas_size
    refined = image_refiner(seeds, settings)
    cv2.setNumThreads(1)  # a thread an image is faster

    def worker(start: int, stop: int) -> Iterator[Batch]:
        with ThreadPoolExecutor(threads) as pool:
            for batch in pictures(between(start, stop), side):
                results = list(pool.map(refined, batch, places[start:]))
                start += len(batch)
                yield {name: np.stack([result[name] for result in results]) for name in results[0]}

    return worker


def image_refiner(seeds: Pairs, settings: sections.Params) -> Callable[[np.ndarray, int], Batch]:
    """From a picture and its row in the arrays of heatmaps to its boxes, of every map with its pairs."""
    heatmaps = {name: files.read_array(f"{HEATMAPS}/{name}.npy") for name in seeds}
    iterations, boxes = settings.refine.iterations, settings.boxes

    def refined(picture: np.ndarray, row: int) -> Batch:
        batch: Batch = {}
        for name, pairs_of_map in seeds.items():
            results = [
                grabcut_box(heatmaps[name][row], picture, low, high, iterations, boxes.component, boxes.rectangle)
                for low, high in pairs_of_map
            ]
            batch[f"boxes/{name}"] = np.stack([box_yxyx for box_yxyx, _ in results])
            batch[f"degenerate/{name}"] = np.array([degenerate for _, degenerate in results])
        return batch

    return refined


def pictures(examples: tf.data.Dataset, side: int) -> Iterator[np.ndarray]:
    """Batches of pictures (n, side, side, 3) uint8 RGB."""

    def decode(example: dict[str, tf.Tensor]) -> tf.Tensor:
        return tf.cast(tf.round(images.decoded(example["image"], side)[0]), tf.uint8)

    return examples.map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH).prefetch(1).as_numpy_iterator()


def holdout_means(folder: pathlib.Path, name: str, index: pd.DataFrame, rule: str) -> np.ndarray:
    """Mean IoU (pairs,) on holdout of a map with each pair, over the images with a ground-truth box."""
    scored = scored_images(index, "holdout")
    places = np.searchsorted(np.flatnonzero(index["split"] == "holdout"), scored.rows)
    boxes_yxyx = np.load(folder / f"holdout/boxes/{name}.npy")[places].swapaxes(0, 1)  # (pairs, images, 4)
    return mean_of_images(iou_with_ground_truth(boxes_yxyx, scored.ground_truth_yxyx, rule))


def write_boxes(folder: pathlib.Path, name: str, number: int) -> None:
    """Write the boxes of both splits, with the pair of this number, in the order of the index."""
    holdout = np.load(folder / f"holdout/boxes/{name}.npy")[:, number]
    test = np.load(folder / f"test/boxes/{name}.npy")[:, 0]
    with aside(folder / f"out/{array_name(name)}") as part:
        np.save(part, np.concatenate([holdout, test])[None])


def array_name(name: str) -> str:
    """File name of the array of refined boxes of a map."""
    return f"{name}-grabcut.npy"


def choices_table(maps: pd.DataFrame, tried: list[Pair], means: list[np.ndarray]) -> pd.DataFrame:
    """What holdout was asked: a row for each map and pair."""
    keys = maps[KEY].loc[maps.index.repeat(len(tried))].reset_index(drop=True)
    lows, highs = np.array(tried * len(maps)).reshape(-1, 2).T
    return keys.assign(low=lows, high=highs, mean_iou=np.concatenate([[], *means]))


def maps_table(folder: pathlib.Path, maps: pd.DataFrame, chosen: dict[str, Pair]) -> pd.DataFrame:
    """What was refined: a row for each map."""
    lows, highs = np.array([chosen[name] for name in maps["name"]]).reshape(-1, 2).T
    degenerate = [int(np.load(folder / f"test/degenerate/{name}.npy").sum()) for name in maps["name"]]
    arrays = [array_name(name) for name in maps["name"]]
    return maps.assign(heatmaps=maps["file"], file=arrays, low=lows, high=highs, degenerate_test=degenerate)


def write_table(path: pathlib.Path, table: pd.DataFrame, types: dict[str, type]) -> None:
    """Write a table with these columns and types, which an empty one has too."""
    with aside(path) as part:
        table[list(types)].astype(types).to_parquet(part)


if __name__ == "__main__":
    run(main)
