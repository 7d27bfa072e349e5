"""Rate every map at a few thresholds without a ground-truth box, by forward passes over a few images of holdout.

    python -m stages.selectors

Reads   params (dataset, seed, holdout, heatmaps, boxes, selection), data/<dataset>/, data/heatmaps/, data/boxes/,
        models/classifier.keras
Writes  data/selectors/: numbers.parquet, a row a candidate (map, layer, refinement, threshold), a column a selector;
        images.parquet, the names of the images
Takes   half a minute for toy_dogs on 2 cores; 15 s an image at 224 x 224 with 35 maps

The stage `selected` reports what each selector chooses. A stopped run is resumed from data/selectors.partial/.
"""

import pathlib
from collections.abc import Callable, Iterator

import stages.support.quiet  # noqa: F401

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from stages.heatmaps import load_classifier, sized, sweep_layers
from stages.support import files, params, rows, sections
from stages.support.fingerprint import fingerprint
from stages.support.folders import aside, replace, workspace
from stages.support.in_flight import in_flight
from stages.support.pictures import named_pictures
from stages.support.run import run
from stages.support.shards import Batch, in_order
from wsol.boxes.heatmap_boxes import heatmap_boxes
from wsol.boxes.thresholds import grid
from wsol.data import datasets
from wsol.maps import one_pass
from wsol.networks import precision
from wsol.selection import selectors
from wsol.selection.agreement import agreement, mirrored
from wsol.selection.candidates import FIXED_THRESHOLD, candidates, first_images, nearest
from wsol.selection.otsu import separability
from wsol.selection.probabilities import class_probabilities
from wsol.selection.variants import Measures, distinct, measures, pictures

HEATMAPS, BOXES = "data/heatmaps", "data/boxes"
BATCHES = 4  # of heatmaps.batch_size in a forward pass, which takes less memory than one with gradients


def main() -> str:
    settings = params.read("selectors")
    tf.config.experimental.enable_op_determinism()
    if settings.heatmaps.precision == "bfloat16":
        precision.compute_in_bfloat16()
    index, maps = (files.read_table(f"{HEATMAPS}/{name}.parquet") for name in ("index", "maps"))
    holdout = index[index["split"] == "holdout"]
    places = first_images(holdout["label"].to_numpy(), settings.selection.images, settings.seed)
    levels = grid(settings.boxes.thresholds.step, settings.boxes.thresholds.also)
    levels = [levels[place] for place in nearest(levels, [*settings.selection.thresholds, FIXED_THRESHOLD])]
    table = candidates(maps, levels)
    with workspace("data/selectors", fingerprint("selectors")) as folder:
        measure(folder / "measures", holdout.iloc[places], maps, levels, settings)
        measured = {path.stem: np.load(path) for path in sorted((folder / "measures").glob("*.npy"))}
        numbers = selectors.numbers(measured, table, map_numbers(maps, levels))
        write(folder / "out/numbers.parquet", table.assign(**numbers))
        write(folder / "out/images.parquet", holdout.iloc[places][["image"]])
        replace(folder / "out", "data/selectors")
    return (
        f"selectors: wrote data/selectors ({len(numbers)} selectors, {len(table)} candidates, {len(places)} images of "
        "holdout)"
    )


def map_numbers(maps: pd.DataFrame, levels: list[float]) -> np.ndarray:
    """The number of the map of each candidate."""
    return np.repeat(np.arange(len(maps)), len(levels))


def measure(
    folder: pathlib.Path, chosen: pd.DataFrame, maps: pd.DataFrame, levels: list[float], settings: sections.Params
) -> None:
    """Write the measures of the chosen images, one array a measure: `folder`/NAME.npy, (images, ...).

    Args:
        folder: in a workspace.
        chosen: rows of the index, labelled by their row in the arrays.
        maps: the table of maps.
        levels: the candidates' thresholds.
        settings: of the stage.
    """
    model = load_classifier(settings.heatmaps.image_size)
    examples = examples_of(chosen, settings)
    measured = image_measurer(model, maps, levels, settings)
    images = list(zip(chosen.index, chosen["mapped"], strict=True))

    def worker(start: int, stop: int) -> Iterator[Batch]:
        decoded = sized(examples.skip(start).take(stop - start), model.input_shape[1]).as_numpy_iterator()
        for (picture, _, _), (row, label) in zip(decoded, images[start:stop], strict=True):
            yield {name: np.asarray(values)[None] for name, values in measured(picture, row, label).items()}

    with named_pictures(examples):
        rows.fill(folder, folder.parent / "rows.txt", len(images), in_order(worker), "selectors")


def examples_of(chosen: pd.DataFrame, settings: sections.Params) -> tf.data.Dataset:
    """The encoded examples of some images of holdout, in the index's order."""
    builder = datasets.load(f"data/{settings.dataset}")
    table = datasets.table(builder, settings.holdout, settings.seed)
    holdout = table[table["split"] == "holdout"].reset_index(drop=True)  # the first rows of the index
    return datasets.encoded(builder, holdout.loc[chosen.index], "holdout")


def image_measurer(
    model: keras.Model, maps: pd.DataFrame, levels: list[float], settings: sections.Params
) -> Callable[[np.ndarray, int, int], Measures]:
    """From a picture (side, side, 3), its row in the arrays and its mapped class to its measures."""
    probabilities = class_probabilities(model)
    mirror_boxes = mirror_drawer(model, maps, levels, settings)
    heatmaps_of, boxes_of = stored(maps, levels, settings)
    of_map = map_numbers(maps, levels)
    size = BATCHES * settings.heatmaps.batch_size

    def measured(picture: np.ndarray, row: int, label: int) -> Measures:
        heatmaps, boxes_yxyx = heatmaps_of(row), boxes_of(row)
        boxes = distinct(boxes_yxyx)
        passes = in_flight(batched(pictures(picture, boxes, heatmaps), size, label), probabilities)
        return measures(np.concatenate(list(passes)), boxes, len(maps)) | {
            "separability": np.concatenate([separability(heatmap, levels) for heatmap in heatmaps]),
            "agreement": agreement(boxes_yxyx, of_map),
            "boxes_yxyx": boxes_yxyx,
            "of_mirrored_yxyx": mirror_boxes(picture, label),
        }

    return measured


def batched(pictures_of: Iterator[np.ndarray], size: int, label: int) -> Iterator[tuple[np.ndarray, int]]:
    """Batches of at most `size` pictures, with the class whose probability is asked for."""
    batch: list[np.ndarray] = []
    for picture in pictures_of:
        batch.append(picture)
        if len(batch) == size:
            yield np.stack(batch), label
            batch = []
    if batch:
        yield np.stack(batch), label


def stored(
    maps: pd.DataFrame, levels: list[float], settings: sections.Params
) -> tuple[Callable[[int], list[np.ndarray]], Callable[[int], np.ndarray]]:
    """Two functions of an image's row: its heatmaps, (h, w) of each map, and its candidates' boxes (candidates, 4)."""
    thresholds = grid(settings.boxes.thresholds.step, settings.boxes.thresholds.also)
    places = [thresholds.index(level) for level in levels]
    heatmaps = [files.read_array(f"{HEATMAPS}/{name}") for name in maps["file"]]
    boxes_yxyx = [files.read_array(f"{BOXES}/{name}") for name in maps["file"]]
    return (
        lambda row: [values[row] for values in heatmaps],
        lambda row: np.concatenate([values[places, row] for values in boxes_yxyx]),
    )


def mirror_drawer(
    model: keras.Model, maps: pd.DataFrame, levels: list[float], settings: sections.Params
) -> Callable[[np.ndarray, int], np.ndarray]:
    """From a picture and its mapped class to the boxes of its mirror image, mirrored back: (candidates, 4)."""
    drawn, boxes = settings.heatmaps, settings.boxes
    mapper = one_pass.mapper(
        model,
        drawn.methods,
        sweep_layers(drawn.layers, model),
        fusion=drawn.fusion == "mean",
        target="ground_truth",  # the mapped class is given as the label
        score=drawn.score,
        relu=drawn.relu,
    )
    keys = list(maps[["map", "layer"]].itertuples(index=False, name=None))

    def mirror_boxes(picture: np.ndarray, label: int) -> np.ndarray:
        heatmaps, _ = mapper(picture[None, :, ::-1], tf.constant([label], tf.int64))
        arrays = (heatmaps[key][0].numpy().astype(np.float16) for key in keys)  # as the maps are stored
        drawn_yxyx = [
            heatmap_boxes(heatmap, levels, len(picture), boxes.component, boxes.rectangle) for heatmap in arrays
        ]
        return mirrored(np.concatenate(drawn_yxyx))

    return mirror_boxes


def write(path: pathlib.Path, table: pd.DataFrame) -> None:
    with aside(path) as part:
        table.to_parquet(part)


if __name__ == "__main__":
    run(main)
