"""Check params.yaml, before DVC removes any output of the stages that follow.

    python -m stages.check

Reads   params.yaml; data/heatmaps/network.json, if an earlier run has left it
Writes  data/checked.txt     always the same, so that no change of params reruns a stage that does not read them
        data/versions.json   the versions of TensorFlow and Keras, which decide weights and heatmaps
        data/opencv.json     the version of OpenCV, which decides boxes
Takes   1 second; 8 seconds where the network or the pictures' size is not that of the last heatmaps, so that the
        network has to be built, and where heatmaps.precision is bfloat16
"""

import json
import pathlib
from collections.abc import Sequence

from stages.support import coco_paths, params, pipeline, recipes, sections
from stages.support.fingerprint import PACKAGES, versions
from stages.support.folders import aside
from stages.support.network import Layers, layers_of, network_key, read_layers
from stages.support.run import run
from wsol.errors import InputError

VERSIONS = {"versions": PACKAGES, "opencv": ("opencv-python-headless",)}


def main() -> str:
    settings = params.read_all()
    backbone, outputs = settings.recipe.backbone, pipeline.outputs(settings.dataset)
    for name, path in (("backbone.weights", backbone.weights), ("backbone.model", backbone.model)):
        if path not in (None, "imagenet"):
            check_file(name, path, outputs)
    check_source(settings.recipe.download, outputs)
    check_layers(settings, known_layers(settings))
    check_precision(settings.heatmaps.precision)
    for name, packages in VERSIONS.items():
        with aside(f"data/{name}.json") as part:
            part.write_text(json.dumps(versions(packages)) + "\n")
    with aside("data/checked.txt") as part:
        part.write_text("params.yaml has been checked.\n")
    return "check: params.yaml is valid"


def check_file(name: str, path: str, outputs: Sequence[str]) -> None:
    """Raise InputError unless a file that params.yaml names exists, outside what DVC deletes before a run."""
    expected = "a .keras file" if name == "backbone.model" else "imagenet, null or a weights file"
    if not pathlib.Path(path).is_file():
        raise InputError(f"Expected {name} to be {expected}; there is no file {path}: correct it.")
    check_outside(name, path, outputs)


def check_source(source: recipes.Pictures | recipes.Tfds | recipes.Coco, outputs: Sequence[str]) -> None:
    """Raise InputError if the user's files lie in what DVC deletes before a run, or COCO files are missing."""
    if isinstance(source, recipes.Coco):
        for folder in coco_paths.folders(source.coco).values():
            check_outside("download.coco.images", folder, outputs)
        for name in ("train", "test"):
            check_outside(f"download.coco.{name}", getattr(source.coco, name), outputs)
        coco_paths.check(source.coco)
    if isinstance(source, recipes.Tfds):
        check_outside("download.folder", source.folder, outputs)


def check_outside(name: str, path: str, outputs: Sequence[str]) -> None:
    """Raise InputError if a path that params.yaml names lies in an output of the pipeline."""
    for output in outputs:
        if pathlib.Path(path).resolve().is_relative_to(pathlib.Path(output).resolve()):
            raise InputError(
                f"Expected {name} to lie outside the pipeline's outputs; got {path}, which a run deletes: move it to "
                "another folder."
            )


def known_layers(settings: sections.Params) -> Layers:
    """The layers of the dataset's network: those of the last heatmaps if they are of the same network."""
    key = network_key(settings.recipe.backbone, settings.canvas_size)
    return read_layers(key) or _built(settings.recipe, settings.canvas_size)


def _built(recipe: recipes.Recipe, canvas_size: int) -> Layers:
    import stages.support.quiet  # noqa: F401  here, since it takes seconds

    from wsol.networks import classifier, opening, resizing

    backbone = recipe.backbone
    if backbone.model:
        model = resizing.resized(opening.opened(backbone.model, recipe.image_size), canvas_size)
    else:
        model = classifier.build(str(backbone.name), 1, canvas_size, 1)
    return layers_of(model)


def check_layers(settings: sections.Params, layers: Layers) -> None:
    """Raise InputError unless every layer that params.yaml names can be used."""
    sweep = sweep_of(settings.heatmaps.layers, layers)
    for layer in sweep:
        params.check_layer("heatmaps.layers", layer, layers.known, "the backbone")
    trainable = settings.recipe.finetune.trainable
    if trainable not in ("all", "head", "none"):
        params.check_layer("finetune.trainable", trainable, layers.known, "the backbone, or to be all, head or none")
    drawn_at = [*sweep, "all"] if settings.heatmaps.fusion == "mean" else sweep
    where = "heatmaps.layers, or to be all" if settings.heatmaps.fusion == "mean" else "heatmaps.layers"
    params.check_layer("layer", settings.layer, drawn_at, where)
    if settings.refine.method != "none":
        check_refined_maps(settings.refine.maps, settings.heatmaps.methods, drawn_at)


def sweep_of(wanted: str | list[str], layers: Layers) -> list[str]:
    """The layers that `heatmaps.layers` stands for."""
    if isinstance(wanted, str):
        return layers.blocks if wanted == "all" else layers.stages
    return wanted


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
