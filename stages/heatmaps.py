"""Draw CAM, and each method at every layer of the sweep, for the images of holdout and test.

    python -m stages.heatmaps

Reads   params (dataset, seed, holdout, heatmaps, the dataset's backbone), data/<dataset>/,
        models/classifier.keras
Writes  data/heatmaps/: index.parquet, one row an image; classes.parquet, the labels' names and ids; maps.parquet, one
        row a map, in the network's order; an array for each of these, (images, h, w) float16, one row an image of the
        index; network.json, the network's layers. There is no CAM where the network does not define it
Takes   half a minute for toy_dogs on 2 cores; 0.1 s an image at 224 x 224, 0.4 s at 448 x 448

A stopped run is resumed from data/heatmaps.partial/.
"""

import functools
import pathlib
from collections.abc import Iterator

import stages.support.quiet as quiet

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
import tensorflow_datasets as tfds

from stages.support import files, params, rows, sections
from stages.support.fingerprint import fingerprint
from stages.support.folders import replace, workspace
from stages.support.in_flight import COUNT, in_flight
from stages.support.network import layers_of, network_key, write_layers
from stages.support.pictures import named_pictures
from stages.support.run import run
from stages.support.shards import Batch, Worker, cluster, spread
from wsol.data import datasets, images, slices
from wsol.errors import InputError
from wsol.maps import one_pass
from wsol.maps.checks import not_finite
from wsol.networks import cam_parts, layers, precision, resizing

MODEL = "models/classifier.keras"
SPLITS = ("holdout", "test")
ROWS = ["split", "position", "image"]  # columns of the index that the worker needs
INFO = "image_info"  # folder of the arrays that become the index


def main() -> str:
    opened.cache_clear()  # params.yaml may have changed since an earlier call
    settings, builder, model = opened()
    print(f"heatmaps: on {cluster() or quiet.device()}", flush=True)
    sweep = sweep_layers(settings.heatmaps.layers, model)
    table = datasets.table(builder, settings.holdout, settings.seed)
    index = pd.concat([table[table["split"] == split] for split in SPLITS], ignore_index=True)
    with workspace("data/heatmaps", fingerprint("heatmaps")) as folder:
        batches = spread(folder, make_worker, index[ROWS], batch=settings.heatmaps.batch_size)
        with named_pictures(examples_of(builder, index)):
            rows.fill(folder, folder / "rows.txt", len(index), batches, "heatmaps")
        write_index(folder, index)
        write_maps(folder / "out", map_keys(model, settings.heatmaps, sweep))
        write_layers(folder / "out", network_key(settings.recipe.backbone, model.input_shape[1]), layers_of(model))
        classes = {"name": builder.info.features["label"].names, "category_id": datasets.category_ids(builder)}
        pd.DataFrame(classes).to_parquet(folder / "out/classes.parquet")
        replace(folder / "out", "data/heatmaps")
    cam = "CAM, and " if cam_parts.cam_parts(model) else "no CAM, which this network does not define; "
    drawn_maps = f"{cam}{', '.join(settings.heatmaps.methods)} at {len(sweep)} layers"
    return f"heatmaps: wrote data/heatmaps ({drawn_maps}, for {len(index)} images)"


@functools.cache  # main and the worker share them
def opened() -> tuple[sections.Params, tfds.core.DatasetBuilder, keras.Model]:
    """The stage's params, the dataset and the classifier, in the precision of the params."""
    settings = params.read("heatmaps")
    tf.config.experimental.enable_op_determinism()
    if settings.heatmaps.precision == "bfloat16":
        precision.compute_in_bfloat16()
    return settings, datasets.load(f"data/{settings.dataset}"), load_classifier(settings.heatmaps.image_size)


def examples_of(builder: tfds.core.DatasetBuilder, index: pd.DataFrame) -> tf.data.Dataset:
    """The encoded examples of the rows of the index."""
    holdout, test = (datasets.encoded(builder, index, split) for split in SPLITS)
    return holdout.concatenate(test)


def load_classifier(image_size: int | None) -> keras.Model:
    """The trained classifier, for pictures of another size if one is given."""
    try:
        model = keras.models.load_model(MODEL, safe_mode=True)
    except PermissionError:
        raise
    except Exception as error:  # of a damaged file Keras, h5py and zipfile raise types of their own
        raise InputError(
            f"Expected a trained classifier in {MODEL}, but it is missing or damaged: make it anew with "
            "`dvc repro --force --single-item finetune`."
        ) from error
    return resizing.resized(model, image_size) if image_size else model


def sweep_layers(wanted: str | list[str], model: keras.Model) -> list[str]:
    """The layers of the sweep, in the network's order."""
    if isinstance(wanted, str):
        return layers.block_outputs(model) if wanted == "all" else layers.stage_outputs(model)
    known = layers.layer_names(model)
    for layer in wanted:
        params.check_layer("heatmaps.layers", layer, known, "the classifier")
    return sorted(set(wanted), key=known.index)


def map_keys(model: keras.Model, settings: sections.Heatmaps, sweep: list[str]) -> list[tuple[str, str]]:
    """(map, layer) of every map that is drawn."""
    return one_pass.map_keys(model, settings.methods, sweep, settings.fusion == "mean")


def make_worker(_: int, index: pd.DataFrame) -> Worker:
    """The worker that draws rows of the index: batches of heatmaps, and of what the index holds of each image."""
    settings, builder, model = opened()
    drawn, between = settings.heatmaps, slices.reader(builder, examples_of(builder, index), index)
    mapper = one_pass.mapper(
        model,
        drawn.methods,
        sweep_layers(drawn.layers, model),
        fusion=drawn.fusion == "mean",
        target=drawn.target,
        score=drawn.score,
        relu=drawn.relu,
    )

    def worker(start: int, stop: int) -> Iterator[Batch]:
        pictures = sized(between(start, stop), model.input_shape[1]).batch(drawn.batch_size).prefetch(COUNT)
        passes = in_flight(pictures, lambda pixels, sizes, labels: (sizes, labels, *mapper(pixels, labels)))
        for sizes, labels, heatmaps, logits in passes:
            arrays = {key: values.numpy() for key, values in heatmaps.items()}
            check_finite(arrays, index["image"][start:])
            start += len(labels)
            info = image_info(sizes.numpy(), labels.numpy(), logits.numpy(), drawn.target)
            yield {f"out/{array_name(*key)}": values.astype(np.float16) for key, values in arrays.items()} | info

    return worker


def sized(examples: tf.data.Dataset, image_size: int) -> tf.data.Dataset:
    """(pixels, (height, width), label) of encoded examples. The size is that of the annotation, if it is known."""

    def of_example(example: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        pixels, size = images.decoded(example["image"], image_size)
        return pixels, example.get("image/annotated_size", size), example["label"]

    return examples.map(of_example, num_parallel_calls=tf.data.AUTOTUNE)


def check_finite(heatmaps: dict[tuple[str, str], np.ndarray], names: pd.Series) -> None:
    """Raise InputError, naming map and picture, if a heatmap has a NaN or an infinity."""
    if place := not_finite(heatmaps):
        map_name, layer, row = place
        raise InputError(
            f"Expected finite heatmaps, but {map_name} at {layer} is not finite for {names.iloc[row]}: the "
            "classifier's activations overflow, so train it anew with a lower learning_rate."
        )


def image_info(sizes: np.ndarray, labels: np.ndarray, logits: np.ndarray, target: str) -> Batch:
    """What the index holds of each image; `probability` is the classifier's, of the class that is mapped."""
    top5 = np.argsort(-logits, axis=1, kind="stable")[:, :5]
    mapped = labels if target == "ground_truth" else top5[:, 0]
    probability = np.take_along_axis(tf.nn.softmax(logits).numpy(), mapped[:, None], axis=1)[:, 0]
    info = {"size": sizes, "top5": top5, "mapped": mapped, "probability": probability}
    return {f"{INFO}/{name}": values for name, values in info.items()}


def array_name(map_name: str, layer: str) -> str:
    """Name, without its ending, of the array of a map. There is one CAM only."""
    return map_name if map_name == "cam" else f"{map_name}-{layer}"


def write_index(folder: pathlib.Path, index: pd.DataFrame) -> None:
    """Write the table of images: one row for each row of the arrays."""
    info = {name: np.load(folder / INFO / f"{name}.npy") for name in ("size", "top5", "mapped", "probability")}
    table = index.drop(columns="position").assign(
        predicted=info["top5"][:, 0],
        top5=list(info["top5"]),
        mapped=info["mapped"],
        probability=info["probability"],
        height=info["size"][:, 0],
        width=info["size"][:, 1],
    )
    table.to_parquet(folder / "out/index.parquet")


def write_maps(folder: pathlib.Path, keys: list[tuple[str, str]]) -> None:
    """Write the table of maps: which array holds what."""
    table = pd.DataFrame(keys, columns=["map", "layer"]).assign(refinement="none")
    table["file"] = [f"{array_name(*key)}.npy" for key in keys]
    shapes = [files.read_array(str(folder / name)).shape for name in table["file"]]
    table["height"], table["width"] = [shape[1] for shape in shapes], [shape[2] for shape in shapes]
    table.to_parquet(folder / "maps.parquet")


if __name__ == "__main__":
    run(main)
