"""Train the classifier, or evaluate the user's where finetune.trainable is none.

    python -m stages.finetune

Reads   params (dataset, seed, holdout, the dataset's image size, backbone and finetune), data/<dataset>/,
        data/features/
Writes  models/classifier.keras    opens with keras.models.load_model alone
        models/training/           scores.json and log.csv
Takes   2 to 3 minutes for toy_dogs on 2 cores

A stopped run is resumed after its last whole epoch, from models/training.partial/.
"""

import json
import pathlib
from collections.abc import Callable

import stages.support.quiet as quiet

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from stages.support import epochs, files, params, recipes, sections
from stages.support.fingerprint import fingerprint
from stages.support.folders import replace, workspace
from stages.support.pictures import named_pictures
from stages.support.reproducible import save_model
from stages.support.run import run
from stages.support.untrained import WEIGHTS, untrained, weights_digest, weights_files
from wsol.data import datasets, images
from wsol.errors import InputError
from wsol.networks import batch_norm, training

SHUFFLE = 4096  # encoded pictures; TFDS has shuffled the whole set once already

Splits = dict[str, tf.data.Dataset]
Logits = dict[str, np.ndarray]


def main() -> str:
    with training.mirrored([f"GPU:{number}" for number in range(len(quiet.GPUS))]):
        return train()


def train() -> str:
    """Train or evaluate the classifier, and write it."""
    settings = params.read("finetune")
    print(f"finetune: on {quiet.device()}", flush=True)
    tf.config.experimental.enable_op_determinism()
    builder = datasets.load(f"data/{settings.dataset}")
    model = untrained(settings.recipe, builder.info.features["label"].num_classes, settings.recipe.finetune.seed)
    batch_norm.set_momentum(model, settings.recipe.finetune.batch_norm_momentum)
    table = datasets.table(builder, settings.holdout, settings.seed)
    splits = {name: datasets.encoded(builder, table, name) for name in datasets.SPLITS}
    with workspace("models/training", fingerprint("finetune", *weights_files(settings.recipe))) as folder:
        if settings.recipe.finetune.trainable == "head":
            logits = train_head(folder, model, table, settings)
        elif settings.recipe.finetune.trainable == "none":
            with named_pictures(*splits.values()):
                logits = predict(model, splits, settings.recipe)
        else:
            with named_pictures(*splits.values()):
                logits = train_pixels(folder, model, splits, settings)
        labels = {name: table.loc[table["split"] == name, "label"].to_numpy() for name in splits}
        scores = {name: training.classification_scores(logits[name], labels[name]) for name in splits}
        warn_below_chance(scores["holdout"]["top1"], model.output_shape[1], settings.recipe.backbone)
        trained = settings.recipe.finetune.trainable != "none"
        write(folder, model, scores, epochs.latest(folder).log if trained else evaluated(scores))
    return f"finetune: wrote models/classifier.keras (test top-1 {scores['test']['top1']:.3f}) and models/training"


def train_pixels(folder: pathlib.Path, model: keras.Model, splits: Splits, settings: sections.Params) -> Logits:
    """Train on augmented images; returns every split's logits."""
    size, finetune, seed = settings.recipe.image_size, settings.recipe.finetune, settings.recipe.finetune.seed
    held_out = images.labelled(splits["holdout"], size).batch(finetune.batch_size)

    def batches(start: int) -> tf.data.Dataset:
        order = splits["fit"].shuffle(SHUFFLE, seed).repeat().skip(start)
        return images.augmented(images.labelled(order, size), seed, start).batch(finetune.batch_size)

    trained = batch_norm.fused(model)
    if len(quiet.GPUS) > 1:
        batch_norm.share_statistics(trained)
    optimise(folder, trained, batches, len(splits["fit"]), held_out, finetune)
    batch_norm.copy_weights(trained, model)  # the classifier's file opens with Keras alone
    return predict(model, splits, settings.recipe)


def predict(model: keras.Model, splits: Splits, recipe: recipes.Recipe) -> Logits:
    """Every split's logits."""
    size, batch = recipe.image_size, recipe.finetune.batch_size
    return {
        name: model.predict(images.labelled(split, size).batch(batch), verbose=epochs.verbosity())
        for name, split in splits.items()
    }


def train_head(folder: pathlib.Path, model: keras.Model, table: pd.DataFrame, settings: sections.Params) -> Logits:
    """Train the head on the features of the frozen backbone; returns every split's logits.

    The features are held in memory: 8 KB an image for ResNet50.
    """
    check_features(settings.recipe)
    finetune, seed = settings.recipe.finetune.head, settings.recipe.finetune.seed
    pooled = read_features(table)
    held_out = tf.data.Dataset.from_tensor_slices(pooled["holdout"]).batch(finetune.batch_size)
    pairs = tf.data.Dataset.from_tensor_slices(pooled["fit"])

    def batches(start: int) -> tf.data.Dataset:
        return pairs.shuffle(len(pairs), seed).repeat().skip(start).batch(finetune.batch_size)

    head = training.head(model)
    optimise(folder, head, batches, len(pairs), held_out, finetune)
    return {name: head.predict(features, verbose=epochs.verbosity()) for name, (features, _) in pooled.items()}


def check_features(recipe: recipes.Recipe) -> None:
    """Raise InputError if the features are of another content of the weights or model file, which DVC does not see."""
    if pathlib.Path(f"data/features/{WEIGHTS}").read_text().strip() != weights_digest(recipe):
        raise InputError(
            f"Expected the features to be of {' and '.join(weights_files(recipe))}, but the file has changed since: "
            "run `dvc repro --single-item --force features`, then `dvc repro`."
        )


def read_features(table: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pooled features (images, k) float32 and labels (images,) int64 of every split."""
    pooled = {}
    for name in datasets.SPLITS:
        rows = table[table["split"] == name]
        features = files.read_array(f"data/features/{'test' if name == 'test' else 'train'}/features.npy")
        pooled[name] = features[rows["position"].to_numpy()], rows["label"].to_numpy()
    return pooled


def optimise(
    folder: pathlib.Path,
    model: keras.Model,
    batches: Callable[[int], tf.data.Dataset],
    examples: int,
    held_out: tf.data.Dataset,
    settings: recipes.Training,
) -> None:
    """Train the model and load its best weights on `held_out`.

    Args:
        folder: where the state after each epoch is kept.
        model: trained in place.
        batches: from the index of an example to the endless training set from there on.
        examples: number of training examples, an epoch.
        held_out: batches of the holdout images.
        settings: epochs, batch size, learning rate and patience.
    """
    steps = max(examples // settings.batch_size, 1)
    state = epochs.latest(folder)
    if not epochs.finished(state, settings.epochs, settings.patience):
        done = len(state.log)
        if done:
            trained = keras.models.load_model(state.folder / epochs.LAST, safe_mode=True)
        else:
            training.compile_for_training(model, settings.learning_rate, steps * settings.epochs)
            trained = model
        trained.fit(
            batches(done * steps * settings.batch_size).prefetch(2),
            validation_data=held_out.prefetch(2),
            initial_epoch=done,
            epochs=settings.epochs,
            steps_per_epoch=steps,
            shuffle=False,  # the dataset shuffles itself
            callbacks=[epochs.SaveEpochs(folder, settings.epochs, settings.patience)],
            verbose=epochs.verbosity(),
        )
        state = epochs.latest(folder)
    model.load_weights(epochs.best_weights(state))


def warn_below_chance(top1: float, classes: int, backbone: recipes.Backbone) -> None:
    """Warn if a user's classifier is right for less than three times the share that chance gives.

    With fewer than five classes the limit is half way between chance and 1.
    """
    chance = 1 / classes
    if backbone.model and top1 < min(3 * chance, (1 + chance) / 2):
        print(
            f"finetune: warning: {backbone.model} has a top-1 accuracy of {top1:.3f} on holdout, and chance gives "
            f"{chance:.3f}: the order of its classes or its preprocessing may be wrong",
            flush=True,
        )


def evaluated(scores: dict[str, dict[str, float]]) -> pd.DataFrame:
    """The log of a model that is not trained: its scores, in the row before the first epoch."""
    return pd.DataFrame(
        {
            "epoch": [-1],
            **{name: [scores["fit"][name]] for name in ("loss", "top1")},
            **{f"val_{name}": [scores["holdout"][name]] for name in ("loss", "top1")},
        }
    )


def write(folder: pathlib.Path, model: keras.Model, scores: dict[str, dict[str, float]], log: pd.DataFrame) -> None:
    """Put the model, its scores and its log in their places."""
    save_model(model, "models/classifier.keras")
    out = folder / "out"
    (out / "scores.json").write_text(json.dumps(scores, indent=2) + "\n")
    log.to_csv(out / "log.csv", index=False)
    replace(out, "models/training")


if __name__ == "__main__":
    run(main)
