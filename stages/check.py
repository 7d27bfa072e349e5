"""Check params.yaml, before DVC removes any output of the stages that follow.

    python -m stages.check

Reads   params.yaml; data/heatmaps/network.json, if an earlier run has left it
Writes  data/checked.txt     always the same, so that no change of params reruns a stage that does not read them
        data/versions.json   the versions of TensorFlow and Keras, which decide weights and heatmaps
        data/opencv.json     the version of OpenCV, which decides boxes
Takes   1 second; 8 seconds where the backbone is not that of the last heatmaps, and so has to be built, and where
        heatmaps.precision is bfloat16
"""

import json
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

from stages.support import params, sections
from stages.support.fingerprint import PACKAGES, versions
from stages.support.folders import aside
from stages.support.run import run
from wsol.errors import InputError

VERSIONS = {"versions": PACKAGES, "opencv": ("opencv-python-headless",)}
NETWORK = "data/heatmaps/network.json"


class Layers(NamedTuple):
    """Of a backbone, in the network's order."""

    known: list[str]
    blocks: list[str]  # those that `heatmaps.layers: all` stands for


def main() -> str:
    settings = params.read_all()
    check_weights(settings.recipe.backbone.weights)
    check_layers(settings, layers_of(settings.recipe))
    check_precision(settings.heatmaps.precision)
    for name, packages in VERSIONS.items():
        with aside(f"data/{name}.json") as part:
            part.write_text(json.dumps(versions(packages)) + "\n")
    with aside("data/checked.txt") as part:
        part.write_text("params.yaml has been checked.\n")
    return "check: params.yaml is valid"


def check_weights(weights: str | None) -> None:
    """Raise InputError if a weights file is named that does not exist."""
    if weights not in (None, "imagenet") and not pathlib.Path(weights).is_file():
        raise InputError(
            f"Expected backbone.weights to be imagenet, null or a weights file; there is no file {weights}: correct it."
        )


def layers_of(recipe: sections.Recipe) -> Layers:
    """The layers of a dataset's backbone: those of the last heatmaps if they are of the same backbone."""
    try:
        network = json.loads(pathlib.Path(NETWORK).read_text())
    except (OSError, ValueError):
        network = {}
    if network.get("backbone") == recipe.backbone.name:
        return Layers(network["layers"], network["blocks"])
    return _built(recipe)


def _built(recipe: sections.Recipe) -> Layers:
    import stages.support.quiet  # noqa: F401  here, since it takes seconds

    from wsol.networks import classifier, layers

    model = classifier.build(recipe.backbone.name, 1, recipe.image_size, 1)
    return Layers(layers.layer_names(model), layers.block_outputs(model))


def check_layers(settings: sections.Params, layers: Layers) -> None:
    """Raise InputError unless every layer that params.yaml names can be used."""
    sweep = layers.blocks if settings.heatmaps.layers == "all" else settings.heatmaps.layers
    for layer in sweep:
        params.check_layer("heatmaps.layers", layer, layers.known, "the backbone")
    trainable = settings.recipe.finetune.trainable
    if trainable not in ("all", "head"):
        params.check_layer("finetune.trainable", trainable, layers.known, "the backbone")
    drawn_at = [*sweep, "all"] if settings.heatmaps.fusion == "mean" else sweep
    params.check_layer("layer", settings.layer, drawn_at, "heatmaps.layers")
    if settings.refine.method != "none":
        check_refined_maps(settings.refine.maps, settings.heatmaps.methods, drawn_at)


def check_refined_maps(names: list[str], methods: Sequence[str], layers: Sequence[str]) -> None:
    """Raise InputError unless every map of `refine.maps` is drawn."""
    drawn = ("cam", *methods)
    for name in names:
        map_name, _, layer = name.partition("/")
        if map_name not in drawn:
            raise InputError(
                f"Expected refine.maps to name maps that are drawn, {', '.join(drawn)}; got {name!r}: correct it, or "
                "add its method to heatmaps.methods."
            )
        if name != "cam":
            params.check_layer(f"{name!r} of refine.maps", layer, layers, "heatmaps.layers")


def check_precision(wanted: str) -> None:
    """Raise InputError if the heatmaps cannot be computed in this precision."""
    if wanted == "bfloat16":
        import stages.support.quiet  # noqa: F401  here, since it takes seconds

        from wsol.networks import precision

        precision.compute_in_bfloat16()


if __name__ == "__main__":
    run(main)
