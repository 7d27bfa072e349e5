"""Maps and boxes of single pictures.

    python -m wsol MODEL PICTURE...

MODEL is a .keras file, or the name of a network of keras.applications. For each picture two files are written into
the output folder: PICTURE.maps.png, the picture with its heatmaps and boxes, and PICTURE.boxes.json, the classes and
the boxes.
"""

import argparse
import json
import pathlib
import sys
from collections.abc import Callable
from typing import Any

import wsol.quiet  # noqa: F401

import keras
import numpy as np

from wsol.boxes.heatmap_boxes import heatmap_boxes
from wsol.data import pictures
from wsol.errors import InputError
from wsol.maps.methods import METHODS
from wsol.maps.one_picture import Maps, picture_mapper
from wsol.networks import opening, stock
from wsol.networks.layers import layer_names
from wsol.pictures.picture_strip import draw


def main(arguments: list[str]) -> None:
    """Write maps and boxes of the pictures that the command line names."""
    options = _parser().parse_args(arguments)
    _check_options(options)
    is_file = pathlib.Path(options.model).suffix in (".keras", ".h5") or pathlib.Path(options.model).exists()
    model = opening.opened(options.model) if is_file else stock.stock(options.model, options.weights)
    classes = model.output_shape[1]
    names = stock.imagenet_names() if not is_file and options.weights == "imagenet" else None
    names = names or [f"class {label}" for label in range(classes)]
    label = None if options.label is None else _label(options.label, names)
    mapper = picture_mapper(model, options.method, _layers(options.layer, model), label)
    for path in options.pictures:
        _write(path, read_picture(path), mapper, names, options, canvas_size=model.input_shape[1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wsol", description=str(__doc__).split("\n")[0])
    parser.add_argument("model", help="a .keras file, or a network of keras.applications")
    parser.add_argument("pictures", nargs="+", metavar="picture", help="JPEG, PNG, WebP, BMP, TIFF or GIF files")
    parser.add_argument("--class", dest="label", help="number or name of the class that is mapped; default: predicted")
    parser.add_argument("--method", default="layer_cam", help=f"{', '.join(METHODS)}; default: layer_cam")
    parser.add_argument("--layer", help="a single layer; default: the end of every block, and the mean over these")
    parser.add_argument("--threshold", type=float, default=0.1, help="of the boxes, a heatmap value; default: 0.1")
    parser.add_argument("--weights", default="imagenet", help="of a network by name: imagenet or a file with the top")
    parser.add_argument("--output", default="maps", help="folder of the files; default: maps")
    return parser


def _check_options(options: argparse.Namespace) -> None:
    if options.method not in METHODS:
        raise InputError(f"Expected --method to be one of {', '.join(METHODS)}; got {options.method!r}: correct it.")
    if not 0 <= options.threshold < 1:
        raise InputError(f"Expected --threshold to be from 0 to below 1; got {options.threshold:g}: correct it.")
    files = [pathlib.Path(path).name for path in options.pictures]
    if repeated := [name for name in files if files.count(name) > 1]:
        raise InputError(f"Expected pictures of different names; got {repeated[0]} twice: rename one, or leave it out.")


def _label(wanted: str, names: list[str]) -> int:
    """The number of a class, given its number or its name."""
    if wanted in names:
        return names.index(wanted)
    if not (wanted.isdecimal() and int(wanted) < len(names)):
        raise InputError(
            f"Expected --class to be a number from 0 to {len(names) - 1} or a class's name; got {wanted!r}: correct it."
        )
    return int(wanted)


def _layers(wanted: str | None, model: keras.Model) -> list[str] | None:
    known = layer_names(model)
    if wanted is not None and wanted not in known:
        raise InputError(
            f"Expected --layer to name a layer of the network; got {wanted!r}: take one of {', '.join(known[-5:])} or "
            "an earlier one."
        )
    return None if wanted is None else [wanted]


def read_picture(path: str) -> np.ndarray:
    """Pixels (height, width, 3) uint8 RGB of a picture, as the pipeline sees them."""
    try:
        return pictures.pixels(pathlib.Path(path).read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"Expected a picture at {path}, but there is no such file: correct its path.") from error
    except pictures.UnusableError as error:
        raise InputError(f"Expected a picture at {path}, but it {error}: save it as JPEG or PNG.") from error


def _write(
    path: str,
    picture: np.ndarray,
    mapper: Callable[[np.ndarray], tuple[Maps, np.ndarray]],
    names: list[str],
    options: argparse.Namespace,
    canvas_size: int,
) -> None:
    """Write the two files of a picture."""
    heatmaps, probabilities = mapper(picture)
    boxes_yxyx = {
        key: heatmap_boxes(heatmap, [options.threshold], canvas_size, "largest", "upright")[0]
        for key, heatmap in heatmaps.items()
    }
    best = int(probabilities.argmax())
    title = f"{pathlib.Path(path).name}: {names[best]} ({probabilities[best]:.2f}), boxes above {options.threshold:g}"
    folder = pathlib.Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    png, text = (folder / f"{pathlib.Path(path).name}.{ending}" for ending in ("maps.png", "boxes.json"))
    png.write_bytes(draw(picture, heatmaps, boxes_yxyx, title))
    content = described(path, picture.shape[:2], probabilities, names, boxes_yxyx) | {"threshold": options.threshold}
    text.write_text(json.dumps(content, indent=2) + "\n")
    print(f"{path}: {names[best]} ({probabilities[best]:.2f}); wrote {png} and {text}")


def described(
    path: str,
    size: tuple[int, ...],
    probabilities: np.ndarray,
    names: list[str],
    boxes_yxyx: dict[tuple[str, str], np.ndarray],
) -> dict[str, Any]:
    """What the JSON file holds; a box is null where no heatmap value is above the threshold."""
    height, width = size
    best = np.argsort(-probabilities, kind="stable")[:5].tolist()
    boxes = []
    for (map_name, layer), box in boxes_yxyx.items():
        ymin, xmin, ymax, xmax = (round(float(edge), 6) for edge in box)
        pixels = [xmin * width, ymin * height, (xmax - xmin) * width, (ymax - ymin) * height]
        fractions, xywh = (
            ([ymin, xmin, ymax, xmax], [round(value, 2) for value in pixels]) if box.any() else (None,) * 2
        )
        boxes.append({"map": map_name, "layer": layer, "box_yxyx_fractions": fractions, "box_xywh_pixels": xywh})
    return {
        "picture": path,
        "height_pixels": height,
        "width_pixels": width,
        "classes": [
            {"label": label, "name": names[label], "probability": round(float(probabilities[label]), 6)}
            for label in best
        ],
        "boxes": boxes,
    }


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(f"Error: {error}")
