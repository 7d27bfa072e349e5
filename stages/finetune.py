"""Train the classifier.

    python -m stages.finetune

Reads   params (seed, holdout, the dataset's image size, backbone and finetune), data/<dataset>/
Writes  models/classifier.keras, metrics/finetune.json, plots/finetune/
Takes   3 to 4 minutes for toy_dogs on 2 cores; test top-1 about 0.9

What a run needs to go on after it was stopped lies in models/finetune.partial/.
"""

import pathlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from dvclive import Live
from dvclive.keras import DVCLiveCallback

from stages.support import files, params, rows
from stages.support.run import run
from wsol import classifier, datasets, training

SHUFFLE = 4096  # encoded pictures; TFDS has shuffled the whole set once already
FEATURES_BATCH = 32  # images a pass of the frozen backbone

Splits = dict[str, tf.data.Dataset]
Logits = dict[str, np.ndarray]


def main() -> str:
    settings = params.read("finetune")
    recipe = settings[settings["dataset"]]
    keras.utils.set_random_seed(settings["seed"])
    tf.config.experimental.enable_op_determinism()
    builder = datasets.load(f"data/{settings['dataset']}")
    model = untrained(recipe, builder.info.features["label"].num_classes)
    table = datasets.table(builder, settings["holdout"], settings["seed"])
    splits = {name: datasets.encoded(builder, table, name) for name in datasets.SPLITS}
    with files.workspace("models/finetune", files.fingerprint(settings, *files.inside(builder.data_path))) as folder:
        train = train_head if recipe["finetune"]["trainable"] == "head" else train_pixels
        logits = train(folder, model, splits, settings["seed"], recipe)
        labels = {name: table.loc[table["split"] == name, "label"].to_numpy() for name in splits}
        scores = {name: training.classification_scores(logits[name], labels[name]) for name in splits}
        write(folder, model, scores)
    top1 = scores["test"]["top1"]
    return f"finetune: wrote models/classifier.keras (test top-1 {top1:.3f}), metrics/finetune.json and plots/finetune"


def untrained(recipe: dict[str, Any], classes: int) -> keras.Model:
    """The classifier before training, with the weights and the frozen layers that the recipe asks for."""
    backbone, finetune = recipe["backbone"], recipe["finetune"]
    model = classifier.build(backbone["name"], backbone["width"], recipe["image_size"], classes)
    params.check_layers(classifier.layer_names(model))
    if backbone["weights"]:
        classifier.load_backbone_weights(model, backbone["name"], backbone["weights"])
    classifier.freeze(model, finetune["trainable"])
    classifier.set_batch_norm_momentum(model, finetune["batch_norm_momentum"])
    return model


def train_pixels(folder: pathlib.Path, model: keras.Model, splits: Splits, seed: int, recipe: dict[str, Any]) -> Logits:
    """Train on augmented images; returns every split's logits."""
    size, finetune = recipe["image_size"], recipe["finetune"]
    images = {name: datasets.labelled(split, size).batch(finetune["batch_size"]) for name, split in splits.items()}

    def batches(first: int) -> tf.data.Dataset:
        order = splits["fit"].shuffle(SHUFFLE, seed).repeat().skip(first)
        return datasets.augmented(datasets.labelled(order, size), seed, first).batch(finetune["batch_size"])

    optimise(folder, model, batches, len(splits["fit"]), images["holdout"], finetune)
    return {name: model.predict(split, verbose=verbosity()) for name, split in images.items()}


def train_head(folder: pathlib.Path, model: keras.Model, splits: Splits, seed: int, recipe: dict[str, Any]) -> Logits:
    """Run the frozen backbone once over the images, train the head on the features; returns every split's logits."""
    settings = recipe["finetune"]["head"]
    pooled = {name: features(folder / name, model, split, recipe["image_size"]) for name, split in splits.items()}
    held_out = tf.data.Dataset.from_tensor_slices(pooled["holdout"]).batch(settings["batch_size"])
    pairs = tf.data.Dataset.from_tensor_slices(pooled["fit"])

    def batches(first: int) -> tf.data.Dataset:
        return pairs.shuffle(len(pairs), seed).repeat().skip(first).batch(settings["batch_size"])

    head = training.head(model)
    optimise(folder, head, batches, len(pairs), held_out, settings)
    return {name: head.predict(values, verbose=verbosity()) for name, (values, _) in pooled.items()}


def features(
    folder: pathlib.Path, model: keras.Model, split: tf.data.Dataset, image_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pooled features (images, k) float32 and labels (images,) of a split, computed once and kept in the folder."""
    backbone = tf.function(training.backbone(model))

    def batches(done: int) -> Iterator[rows.Batch]:
        for images, labels in datasets.labelled(split.skip(done), image_size).batch(FEATURES_BATCH).prefetch(2):
            yield {"features": backbone(images, training=False).numpy(), "labels": labels.numpy()}

    folder.mkdir(exist_ok=True)
    rows.fill(folder, len(split), batches, f"features of {folder.name}")
    return np.load(folder / "features.npy"), np.load(folder / "labels.npy")


def optimise(
    folder: pathlib.Path,
    model: keras.Model,
    batches: Callable[[int], tf.data.Dataset],
    examples: int,
    held_out: tf.data.Dataset,
    settings: dict[str, Any],
) -> None:
    """Train and leave the model with its best weights by `held_out`; a stopped run goes on after its last whole epoch.

    `batches` gives the endless training set from an example's number on.
    """
    steps = max(examples // settings["batch_size"], 1)
    last, finished = folder / "last.keras", folder / "finished"
    if not finished.is_file():
        training.compile_for_training(model, settings["learning_rate"], steps * settings["epochs"])
        trained = keras.models.load_model(last) if last.is_file() else model
        epoch = int(trained.optimizer.iterations) // steps
        trained.fit(
            batches(epoch * steps * settings["batch_size"]).prefetch(2),
            validation_data=held_out.prefetch(2),
            initial_epoch=epoch,
            epochs=settings["epochs"],
            steps_per_epoch=steps,
            shuffle=False,  # the order is the dataset's own
            callbacks=callbacks(folder, trained, last, settings["patience"]),
            verbose=verbosity(),
        )
        finished.touch()
    model.load_weights(folder / "best.weights.h5")


def callbacks(
    folder: pathlib.Path, model: keras.Model, last: pathlib.Path, patience: int
) -> list[keras.callbacks.Callback]:
    """Best weights and early stopping by the loss on holdout, curves, and what a stopped run goes on from."""
    log = folder / "log.csv"
    best = pd.read_csv(log)["val_loss"].min() if log.is_file() else None

    def save(epoch: int, logs: Any) -> None:
        with files.aside(last) as part:
            model.save(part)

    return [
        keras.callbacks.ModelCheckpoint(
            folder / "best.weights.h5",
            monitor="val_loss",
            save_best_only=True,
            save_weights_only=True,
            initial_value_threshold=best,
        ),
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience),
        keras.callbacks.CSVLogger(log, append=True),
        DVCLiveCallback(live=Live(str(folder / "live"), resume=True, dvcyaml=False, save_dvc_exp=False)),
        keras.callbacks.LambdaCallback(on_epoch_end=save),
    ]


def write(folder: pathlib.Path, model: keras.Model, scores: dict[str, dict[str, float]]) -> None:
    """Put the model, its scores and its curves in their places, whole."""
    with files.aside("models/classifier.keras") as part:
        model.save(part)
    files.write_json("metrics/finetune.json", scores)
    files.replace(folder / "live" / "plots" / "metrics", "plots/finetune")


def verbosity() -> int:
    """Keras's: a progress bar on a terminal, a line an epoch in a log file."""
    return 1 if sys.stdout.isatty() else 2


if __name__ == "__main__":
    run(main)
