"""Maps and boxes of single pictures.

    python -m wsol MODEL PICTURE...

MODEL is a .keras file, or the name of a network of keras.applications. For each picture two files are written into
the output folder: PICTURE.maps.png, the picture with its heatmaps and boxes, and PICTURE.boxes.json, the classes and
the boxes.
"""

import argparse
import json
import pathlib
import re
import sys
from typing import Any, NoReturn

import wsol.quiet  # noqa: F401

import keras
import numpy as np
from tqdm import tqdm

from wsol.boxes.heatmap_boxes import heatmap_boxes
from wsol.data import pictures
from wsol.errors import InputError
from wsol.maps import picture_text
from wsol.maps.keys import CAM, MapKey
from wsol.maps.methods import METHODS
from wsol.maps.one_picture import picture_mapper, refined_boxes
from wsol.networks import opening, stock
from wsol.networks.layers import layer_names
from wsol.pictures.picture_strip import draw

Maps = dict[MapKey, np.ndarray]

FEW = 3  # pictures without a progress bar
# wsol.networks words its sentences for params.yaml
ARGUMENTS = {
    "set backbone.weights to a weights file": "set --weights to a weights file with the top, or give a .keras file",
    "backbone.name": "MODEL",
    "backbone.weights": "--weights",
    " heatmaps.image_size draws the maps on larger pictures.": "",
    "image_size": "--image-size",
}


def main(arguments: list[str]) -> None:
    """Write maps and boxes of the pictures that the command line names."""
    options = _parser().parse_args(arguments)
    _check(options)
    model = _model(options)
    names = _names(options, model.output_shape[1])
    label = None if options.label is None else picture_text.class_number(options.label, names)
    mapper = picture_mapper(model, options.method, _layers(options.layer, model), label)
    pathlib.Path(options.output).mkdir(parents=True, exist_ok=True)
    for path in tqdm(options.pictures, "pictures", unit=" pictures", disable=len(options.pictures) <= FEW or None):
        picture = read_picture(path)
        drawn, probabilities = mapper(picture)
        heatmaps = {MapKey(*key): heatmap for key, heatmap in drawn.items()}
        boxes_yxyx = _boxes(heatmaps, options.threshold, canvas_size=model.input_shape[1])
        if options.grabcut:
            refined = _refined(heatmaps)
            heatmaps |= refined
            boxes_yxyx |= refined_boxes(refined, picture, model.input_shape[1], *options.grabcut)
        classes = picture_text.classes(probabilities, names, label)
        tqdm.write(_write(path, picture, heatmaps, boxes_yxyx, classes, options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wsol", description=str(__doc__).split("\n")[0])
    parser.error = _refuse  # type: ignore[method-assign]
    parser.add_argument("model", metavar="MODEL", help="a .keras file, or a network of keras.applications")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="JPEG, PNG, WebP, BMP, TIFF or GIF files")
    parser.add_argument("--class", dest="label", help="number or name of the class that is mapped; default: predicted")
    parser.add_argument("--names", metavar="FILE", help="text file with the names of the classes, one a line")
    parser.add_argument("--method", default="layer_cam", help=f"{', '.join(METHODS)}; default: layer_cam")
    parser.add_argument("--layer", help="a single layer; default: the end of every block, and the mean over these")
    parser.add_argument("--threshold", type=float, default=0.1, help="of the boxes, a heatmap value; default: 0.1")
    parser.add_argument(
        "--grabcut",
        nargs=2,
        type=float,
        metavar=("LOW", "HIGH"),
        help="also refine the boxes of CAM and of the last map, with these two levels of the stage refine",
    )
    parser.add_argument("--weights", help="of a network by name: imagenet or a file with the top; default: imagenet")
    parser.add_argument("--image-size", type=int, help="pixels, for a .keras file that takes pictures of any size")
    parser.add_argument("--output", default="maps", help="folder of the files; default: maps")
    return parser


def _refuse(message: str) -> NoReturn:
    raise InputError(f"Expected the arguments that `python -m wsol --help` names, but {message}: correct the command.")


# ---------------------------------------------------------------- checks


def _check(options: argparse.Namespace) -> None:
    _check_values(options)
    _check_pairs(options)
    _check_files(options)
    _check_pictures(options.pictures)


def _check_values(options: argparse.Namespace) -> None:
    if options.method not in METHODS:
        raise InputError(f"Expected --method to be one of {', '.join(METHODS)}; got {options.method!r}: correct it.")
    if not 0 <= options.threshold < 1:
        raise InputError(f"Expected --threshold to be from 0 to below 1; got {options.threshold:g}: correct it.")
    low, high = options.grabcut or (0, 1)
    if not 0 <= low < high <= 1:
        raise InputError(f"Expected --grabcut LOW HIGH from 0 to 1, LOW below HIGH; got {low:g} {high:g}: correct it.")
    if options.image_size is not None and options.image_size < 1:
        raise InputError(f"Expected --image-size to be at least 1; got {options.image_size}: correct it.")


def _check_pairs(options: argparse.Namespace) -> None:
    if _is_file(options) and options.weights:
        raise InputError(f"Expected --weights with a network by name alone; got {options.model!r}: leave it out.")
    if not _is_file(options) and options.image_size:
        raise InputError(f"Expected --image-size with a .keras file alone; got {options.model!r}: leave it out.")


def _check_files(options: argparse.Namespace) -> None:
    if options.weights not in (None, "imagenet") and not pathlib.Path(options.weights).is_file():
        raise InputError(
            f"Expected --weights to be imagenet or a weights file; there is no file {options.weights}: correct it."
        )
    if pathlib.Path(options.output).is_file():
        raise InputError(f"Expected --output to be a folder; got the file {options.output}: correct it.")
    if options.names and not pathlib.Path(options.names).is_file():
        raise InputError(f"Expected --names to be a text file; there is no file {options.names}: correct it.")


def _check_pictures(paths: list[str]) -> None:
    files = [pathlib.Path(path).name for path in paths]
    if repeated := [name for name in files if files.count(name) > 1]:
        raise InputError(f"Expected pictures of different names; got {repeated[0]} twice: rename one, or leave it out.")
    for path in paths:
        if not pathlib.Path(path).is_file():
            raise InputError(f"Expected a picture at {path}, but there is no such file: correct its path.")


# ---------------------------------------------------------------- what is read


def _is_file(options: argparse.Namespace) -> bool:
    """Whether MODEL is a file, not a network of keras.applications."""
    path = pathlib.Path(options.model)
    return path.suffix in (".keras", ".h5") or path.is_file()


def _model(options: argparse.Namespace) -> keras.Model:
    try:
        if _is_file(options):
            return opening.opened(options.model, options.image_size)
        return stock.stock(options.model, options.weights or "imagenet")
    except InputError as error:
        raise InputError(_in_arguments(str(error))) from error


def _in_arguments(sentence: str) -> str:
    """A sentence of `wsol.networks` with the arguments of this command for the parameters."""
    for parameter, argument in ARGUMENTS.items():
        before = r"(?<![\w./])" if parameter[0].isalpha() else ""  # not inside a path
        sentence = re.sub(rf"{before}{re.escape(parameter)}(?![\w./]\w)", argument, sentence)
    return sentence


def _names(options: argparse.Namespace, classes: int) -> list[str]:
    """The names of the classes: of --names, of ImageNet, or numbers."""
    if options.names:
        return picture_text.class_names(pathlib.Path(options.names).read_bytes(), classes, options.names)
    has_imagenets = not _is_file(options) and options.weights in (None, "imagenet")
    return (stock.imagenet_names() if has_imagenets else None) or [f"class {label}" for label in range(classes)]


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
    except pictures.UnusableError as error:
        raise InputError(f"Expected a picture at {path}, but it {error}: save it as JPEG or PNG.") from error


# ---------------------------------------------------------------- what is written


def _boxes(heatmaps: Maps, threshold: float, canvas_size: int) -> Maps:
    """The box (4,) of each heatmap, as `heatmap_boxes` returns it."""
    return {
        key: heatmap_boxes(heatmap, [threshold], canvas_size, "largest", "upright")[0]
        for key, heatmap in heatmaps.items()
    }


def _refined(heatmaps: Maps) -> Maps:
    """The maps whose boxes are refined: CAM, and the mean over the layers or the single layer."""
    last = list(heatmaps)[-1]
    return {key._replace(refinement="grabcut"): heatmaps[key] for key in heatmaps if key.map == CAM or key == last}


def _write(
    path: str,
    picture: np.ndarray,
    heatmaps: Maps,
    boxes_yxyx: Maps,
    classes: dict[str, Any],
    options: argparse.Namespace,
) -> str:
    """Write the two files of a picture, and return a line about it."""
    name, size = pathlib.Path(path).name, picture.shape[:2]
    png, text = (pathlib.Path(options.output, f"{name}.{ending}") for ending in ("maps.png", "boxes.json"))
    line = picture_text.classes_line(classes, has_label=options.label is not None)
    png.write_bytes(draw(picture, heatmaps, boxes_yxyx, f"{name}: {line}, {_boxes_text(options)}"))
    content = {"picture": path, "height_pixels": size[0], "width_pixels": size[1], "threshold": options.threshold}
    content |= {"grabcut": dict(zip(("low", "high"), options.grabcut, strict=True)) if options.grabcut else None}
    content |= {**classes, "boxes": picture_text.boxes(boxes_yxyx, *size)}
    text.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf8")
    return f"{path}: {line}; wrote {png} and {text}"


def _boxes_text(options: argparse.Namespace) -> str:
    by_grabcut = ", or by GrabCut from {:g} and {:g}".format(*options.grabcut) if options.grabcut else ""
    return f"boxes above {options.threshold:g}{by_grabcut}"


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(f"Error: {error}")
    except OSError as error:
        file = error.filename or "the files"  # a full disk has no name
        sys.exit(f"Error: Expected to read and write {file}, but that failed ({error.strerror}): correct it.")
    except KeyboardInterrupt:
        sys.exit("Stopped.")
