"""The classifier before training, as a dataset's section of params.yaml asks for it."""

import hashlib
import pathlib

import stages.support.quiet  # noqa: F401

import keras

from stages.support.recipes import Recipe
from wsol.errors import InputError
from wsol.networks import classifier, opening

FROZEN_SEED = 0
WEIGHTS = "weights.txt"  # in data/features


def untrained(recipe: Recipe, classes: int, seed: int) -> keras.Model:
    """The classifier with initial, pretrained or the user's weights and its frozen layers.

    Args:
        recipe: with image_size, backbone and finetune.
        classes: number of logits.
        seed: of the initial weights. A frozen backbone of random weights has the same ones for every seed, so that
            its features do not depend on it.
    """
    backbone, finetune = recipe.backbone, recipe.finetune
    pretrained = backbone.weights is not None or backbone.model is not None
    keras.utils.set_random_seed(seed if pretrained or finetune.trainable != "head" else FROZEN_SEED)
    model = (
        opened(backbone.model, recipe.image_size, classes)
        if backbone.model
        else classifier.build(str(backbone.name), backbone.width, recipe.image_size, classes, backbone.weights)
    )
    if finetune.trainable != "none":
        classifier.freeze(model, finetune.trainable)
    return model


def opened(path: str, image_size: int, classes: int) -> keras.Model:
    """The user's classifier; InputError unless it has the dataset's number of classes."""
    model = opening.opened(path, image_size)
    if model.output_shape[1] != classes:
        raise InputError(
            f"Expected a classifier of the dataset's {classes} classes in {path}; got one of {model.output_shape[1]}: "
            "take a model that was trained for these classes, in the order of their labels."
        )
    return model


def weights_files(recipe: Recipe) -> list[str]:
    """The weights or model file that is not a dependency in dvc.yaml, if the recipe names one."""
    return [path for path in (recipe.backbone.weights, recipe.backbone.model) if path not in (None, "imagenet")]


def weights_digest(recipe: Recipe) -> str:
    """Digest of the content of `weights_files`."""
    digest = hashlib.sha256()
    for path in weights_files(recipe):
        with pathlib.Path(path).open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
