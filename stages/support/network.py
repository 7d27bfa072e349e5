"""What is known of a network without TensorFlow: its layers, as the last heatmaps have left them."""

import hashlib
import json
import pathlib
from typing import TYPE_CHECKING, NamedTuple

from stages.support.folders import aside
from stages.support.recipes import Backbone
from wsol.errors import InputError

if TYPE_CHECKING:
    import keras

FILE = "data/heatmaps/network.json"


class Layers(NamedTuple):
    """Names of a network's layers, in its order, and whether it defines CAM."""

    known: list[str]  # those that a map can be computed at
    blocks: list[str]  # those that `heatmaps.layers: all` stands for
    stages: list[str]  # those that `heatmaps.layers: stages` stands for
    cam: bool


def network_key(backbone: Backbone, image_size: int) -> str:
    """What decides a network's layers: its name or its file's content, and the side of its pictures."""
    if backbone.model is None:
        return f"{backbone.name}, {image_size}"
    try:
        with pathlib.Path(backbone.model).open("rb") as opened:
            return f"{hashlib.file_digest(opened, 'sha256').hexdigest()}, {image_size}"
    except FileNotFoundError as error:
        raise InputError(
            f"Expected backbone.model to be a .keras file; there is no file {backbone.model}: correct its path."
        ) from error


def layers_of(model: "keras.Model") -> Layers:
    """The layers of a classifier."""
    from wsol.networks import cam_parts, layers  # here, since they import Keras, which takes seconds

    return Layers(
        layers.layer_names(model),
        layers.block_outputs(model),
        layers.stage_outputs(model),
        cam_parts.cam_parts(model) is not None,
    )


def read_layers(key: str) -> Layers | None:
    """The layers of the network with this key; None if the last heatmaps are of another one."""
    try:
        network = json.loads(pathlib.Path(FILE).read_text())
        return Layers(**network["layers"]) if network["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_layers(folder: pathlib.Path, key: str, layers: Layers) -> None:
    """Write the layers into the folder that becomes data/heatmaps."""
    with aside(folder / pathlib.Path(FILE).name) as part:
        part.write_text(json.dumps({"key": key, "layers": layers._asdict()}) + "\n")
