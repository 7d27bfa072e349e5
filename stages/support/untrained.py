"""The classifier before training, as a dataset's section of params.yaml asks for it."""

import stages.support.quiet  # noqa: F401

import keras

from stages.support.sections import Recipe
from wsol.networks import classifier

FROZEN_SEED = 0


def untrained(recipe: Recipe, classes: int, seed: int) -> keras.Model:
    """The classifier with initial or pretrained weights and its frozen layers.

    Args:
        recipe: with image_size, backbone and finetune.
        classes: number of logits.
        seed: of the initial weights. A frozen backbone of random weights has the same ones for every seed, so that
            its features do not depend on it.
    """
    backbone, finetune = recipe.backbone, recipe.finetune
    keras.utils.set_random_seed(FROZEN_SEED if finetune.trainable == "head" and backbone.weights is None else seed)
    model = classifier.build(backbone.name, backbone.width, recipe.image_size, classes)
    if backbone.weights:
        classifier.load_backbone_weights(model, backbone.name, backbone.weights)
    classifier.freeze(model, finetune.trainable)
    return model


def weights_files(recipe: Recipe) -> list[str]:
    """The weights file that is not a dependency in dvc.yaml, if the recipe names one."""
    return [recipe.backbone.weights] if recipe.backbone.weights not in (None, "imagenet") else []
