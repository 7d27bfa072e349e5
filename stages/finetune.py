"""Train the classifier.

    python -m stages.finetune

Reads   params (seed, holdout, the dataset's image size, backbone and finetune), data/<dataset>/
Writes  models/classifier.keras, metrics/finetune.json, plots/finetune/
Takes   3 to 4 minutes for toy_dogs on 2 cores; test top-1 about 0.9

What a run needs to go on after it was stopped lies in models/finetune.partial/.
"""

import pathlib
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

import stages.support.quiet  # noqa: F401

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from dvclive import Live
from dvclive.keras import DVCLiveCallback
from dvclive.utils import standardize_metric_name

from stages.support import files, params, rows
from stages.support.run import run
from wsol.data import datasets
from wsol.errors import InputError
from wsol.networks import classifier, training

LAST = "last.keras"  # the model after its last whole epoch, with its optimizer
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
    weights = recipe["backbone"]["weights"]
    inputs = [*files.inside(builder.data_path), *([weights] if weights not in (None, "imagenet") else [])]
    with files.workspace("models/finetune", files.fingerprint(settings, *inputs)) as folder:
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
    params.check_layers(classifier.layer_names(model), classifier.block_outputs(model))
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
    """Run the frozen backbone once over the images, train the head on the features; returns every split's logits.

    The features are held in memory: 8 KB an image for ResNet50.
    """
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
    last, finished = folder / LAST, folder / "finished"
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
            callbacks=callbacks(folder, trained, epoch, settings["patience"]),
            verbose=verbosity(),
        )
        if not (folder / "best.weights.h5").is_file():
            raise InputError(
                "Expected training to reach a finite loss on holdout, but it did not: lower learning_rate."
            )
        finished.touch()
    model.load_weights(folder / "best.weights.h5")


def callbacks(folder: pathlib.Path, model: keras.Model, epoch: int, patience: int) -> list[keras.callbacks.Callback]:
    """Best weights and early stopping by the loss on holdout, curves, and what a stopped run goes on from."""
    log = whole_epochs(folder / "log.csv", epoch)
    best = log["val_loss"].min() if epoch else None
    stopper = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience)

    def remember(_: Any) -> None:  # Keras forgets both when training begins
        stopper.best, stopper.wait = best, epoch - 1 - log["val_loss"].argmin() if epoch else 0

    def save(_: int, __: Any) -> None:
        with files.aside(folder / LAST) as part:
            model.save(part)

    checkpoint = keras.callbacks.ModelCheckpoint(
        folder / "best.weights.h5",
        monitor="val_loss",
        save_best_only=True,
        save_weights_only=True,
        initial_value_threshold=best,
    )
    return [
        checkpoint,
        stopper,
        keras.callbacks.LambdaCallback(on_train_begin=remember),
        keras.callbacks.CSVLogger(folder / "log.csv", append=True),
        DVCLiveCallback(live=curves(folder / "live", log)),
        keras.callbacks.LambdaCallback(on_epoch_end=save),
    ]


def whole_epochs(path: pathlib.Path, epoch: int) -> pd.DataFrame:
    """The log of training up to `epoch`, rid of an epoch that was logged but not saved."""
    if not epoch:
        path.unlink(missing_ok=True)
        return pd.DataFrame()
    log = pd.read_csv(path)
    log = log[log["epoch"] < epoch]
    log.to_csv(path, index=False)
    return log


def curves(folder: pathlib.Path, log: pd.DataFrame) -> Live:
    """The training curves so far, to be gone on with."""
    live = Live(str(folder), dvcyaml=False, save_dvc_exp=False)
    for _, row in log.iterrows():
        for name, value in row.drop("epoch").items():
            live.log_metric(standardize_metric_name(name, "dvclive.keras"), value)
        live.next_step()
    return live


def write(folder: pathlib.Path, model: keras.Model, scores: dict[str, dict[str, float]]) -> None:
    """Put the model, its scores and its curves in their places, whole."""
    with files.aside("models/classifier.keras") as part:
        model.save(part)
    files.write_json("metrics/finetune.json", scores)
    shutil.copytree(folder / "live" / "plots" / "metrics", folder / "curves", dirs_exist_ok=True)
    files.replace(folder / "curves", "plots/finetune")


def verbosity() -> int:
    """Keras's: a progress bar on a terminal, a line an epoch in a log file."""
    return 1 if sys.stdout.isatty() else 2


if __name__ == "__main__":
    run(main)
