"""Draw CAM, and Grad-CAM at every layer of the sweep, for the images of holdout and test.

    python -m stages.heatmaps

Reads   params (seed, holdout, heatmaps, the dataset's image size), data/<dataset>/,
        models/classifier.keras
Writes  data/heatmaps/: index.parquet, one row an image; classes.parquet, the labels' names;
        maps.parquet, one row a map and layer, in the network's order; an array each,
        (images, h, w) float16, one row an image
Takes   half a minute for toy_dogs on 2 cores; 0.1 s an image at 224 x 224

What a run needs to go on after it was stopped lies in data/heatmaps.partial/.
"""

import collections
import pathlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import stages.support.quiet  # noqa: F401

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from stages.support import files, params, rows
from stages.support.run import run
from wsol.data import datasets
from wsol.errors import InputError
from wsol.maps import one_pass
from wsol.networks import classifier

MODEL = "models/classifier.keras"
SPLITS = ("holdout", "test")
IN_FLIGHT = 2  # passes


def main() -> str:
    settings = params.read("heatmaps")
    tf.config.experimental.enable_op_determinism()
    builder = datasets.load(f"data/{settings['dataset']}")
    model = load_classifier()
    layers = sweep(settings["heatmaps"]["layers"], model)
    table = datasets.table(builder, settings["holdout"], settings["seed"])
    recipe = files.fingerprint(settings, MODEL, *files.inside(builder.data_path))
    with files.whole_folder("data/heatmaps", recipe) as folder:
        examples = datasets.encoded(builder, table, SPLITS[0]).concatenate(datasets.encoded(builder, table, SPLITS[1]))
        rows.fill(
            folder, len(examples), lambda done: maps(examples.skip(done), model, layers, settings["heatmaps"]), "maps"
        )
        write_index(folder, pd.concat([table[table["split"] == split] for split in SPLITS], ignore_index=True))
        write_maps(folder, classifier.last_layer(model), layers)
        pd.DataFrame({"name": builder.info.features["label"].names}).to_parquet(folder / "classes.parquet")
    return f"heatmaps: wrote data/heatmaps (CAM and Grad-CAM at {len(layers)} layers for {len(examples)} images)"


def load_classifier() -> keras.Model:
    """The trained classifier."""
    try:
        return keras.models.load_model(MODEL)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"Expected a trained classifier in {MODEL}, but it is missing or damaged: make it anew with "
            "`dvc repro --force --single-item finetune`."
        ) from error


def sweep(layers: str | list[str], model: keras.Model) -> list[str]:
    """The layers to draw Grad-CAM at, in the network's order."""
    known, blocks = classifier.layer_names(model), classifier.block_outputs(model)
    params.check_layers(known, blocks)
    return blocks if layers == "all" else sorted(set(layers), key=known.index)


def maps(
    examples: tf.data.Dataset, model: keras.Model, layers: list[str], settings: dict[str, Any]
) -> Iterator[rows.Batch]:
    """All maps of the examples, a batch at a time, with what the index says of each image."""
    mapper = one_pass.mapper(model, layers, settings["target"], settings["score"], settings["relu"])
    batches = pictures(examples, model.input_shape[1]).batch(settings["batch_size"]).prefetch(IN_FLIGHT)
    passes = in_flight(batches, lambda images, sizes, labels: (sizes, labels, mapper(images, labels)))
    for sizes, labels, (cams, grad_cams, logits) in passes:
        batch = {file_name("grad_cam", layer): values for layer, values in zip(layers, grad_cams, strict=True)}
        arrays = {name: values.numpy().astype(np.float16) for name, values in ({"cam": cams} | batch).items()}
        top5 = np.argsort(-logits.numpy(), axis=1, kind="stable")[:, :5]
        mapped = labels.numpy() if settings["target"] == "ground_truth" else top5[:, 0]
        probability = np.take_along_axis(tf.nn.softmax(logits).numpy(), mapped[:, None], axis=1)[:, 0]
        yield arrays | {"size": sizes.numpy(), "top5": top5, "mapped": mapped, "probability": probability}


def in_flight(batches: Iterable[tuple], work: Callable[..., Any]) -> Iterator[Any]:
    """The work's results in the batches' order, IN_FLIGHT of them under way at a time.

    One pass alone leaves a core idle wherever it waits for memory or for its slowest thread.
    """
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        waiting: collections.deque[Future] = collections.deque()
        for batch in batches:
            done = [waiting.popleft().result()] if len(waiting) == IN_FLIGHT else []
            waiting.append(pool.submit(work, *batch))  # before the result is taken, which takes its time
            yield from done
        while waiting:
            yield waiting.popleft().result()


def pictures(examples: tf.data.Dataset, image_size: int) -> tf.data.Dataset:
    """(image, its own (height, width), label) of encoded examples."""
    return examples.map(
        lambda row: (*datasets.decoded(row["image"], image_size), row["label"]), num_parallel_calls=tf.data.AUTOTUNE
    )


def file_name(kind: str, layer: str) -> str:
    """Name, without its ending, of the array of a map at a layer."""
    return kind if kind == "cam" else f"{kind}-{layer}"


def write_index(folder: pathlib.Path, table: pd.DataFrame) -> None:
    """The index: what the arrays' rows are; `probability` is the classifier's, of the class that is mapped."""
    found = {name: np.load(folder / f"{name}.npy") for name in ("size", "top5", "mapped", "probability")}
    top5, size = found["top5"], found["size"]
    index = table.drop(columns="position").assign(
        predicted=top5[:, 0],
        top5=list(top5),
        mapped=found["mapped"],
        probability=found["probability"],
        height=size[:, 0],
        width=size[:, 1],
    )
    index.to_parquet(folder / "index.parquet")
    for name in (rows.PROGRESS, *(f"{name}.npy" for name in found)):  # without the first, a stopped run begins anew
        (folder / name).unlink()


def write_maps(folder: pathlib.Path, last: str, layers: list[str]) -> None:
    """The table of maps: which array holds what."""
    pairs = [("cam", last), *(("grad_cam", layer) for layer in layers)]
    table = pd.DataFrame(pairs, columns=["map", "layer"])
    table["file"] = [f"{file_name(*pair)}.npy" for pair in pairs]
    shapes = [np.load(folder / name, mmap_mode="r").shape for name in table["file"]]
    table["height"], table["width"] = [shape[1] for shape in shapes], [shape[2] for shape in shapes]
    table.to_parquet(folder / "maps.parquet")


if __name__ == "__main__":
    run(main)
