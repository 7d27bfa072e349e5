"""Classes and boxes of a single picture as text: the names of classes, and what the JSON file holds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from wsol.errors import InputError
from wsol.maps.keys import MapKey

BEST = 5  # classes that are listed
NO_BOX = {"box_yxyx_fractions": None, "box_xywh_pixels": None}


def class_names(encoded: bytes, classes: int, path: str) -> list[str]:
    """Names of the classes from a text file, one a line. Empty lines do not count.

    Args:
        encoded: the file, UTF-8.
        classes: number of the model's classes.
        path: what messages call the file.

    Raises:
        InputError: the file is not text, or has another number of names.

    >>> class_names(b"cat\\ndog\\n", 2, "names.txt")
    ['cat', 'dog']
    """
    try:
        lines = [line.strip() for line in encoded.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise InputError(f"Expected {path} to be a text file in UTF-8, but it is not: save it as UTF-8.") from error
    names = [line for line in lines if line]
    if len(names) != classes:
        raise InputError(
            f"Expected {classes} names of classes in {path}, one a line, as many as the model has classes; got "
            f"{len(names)}: correct the file."
        )
    return names


def class_number(wanted: str, names: Sequence[str]) -> int:
    """The number of a class, from 0, given its name or its number.

    Raises:
        InputError: there is no such class, or the name stands for several classes.

    >>> class_number("dog", ["cat", "dog"]), class_number("0", ["cat", "dog"])
    (1, 0)
    """
    numbers = [number for number, name in enumerate(names) if name == wanted]
    if len(numbers) > 1:
        raise InputError(
            f"Expected --class to name a single class, but {wanted!r} is the name of the classes "
            f"{' and '.join(map(str, numbers))}: give one of these numbers."
        )
    if not numbers and not (wanted.isdecimal() and int(wanted) < len(names)):
        raise InputError(
            f"Expected --class to be a number from 0 to {len(names) - 1} or a class's name; got {wanted!r}: correct it."
        )
    if numbers and wanted.isdecimal() and int(wanted) != numbers[0] and int(wanted) < len(names):
        raise InputError(
            f"Expected --class to name a single class, but {wanted!r} is the name of class {numbers[0]} and the number "
            f"of {names[int(wanted)]!r}: rename the class in --names."
        )
    return numbers[0] if numbers else int(wanted)


def classes(probabilities: np.ndarray, names: Sequence[str], label: int | None) -> dict[str, Any]:
    """The predicted class, the mapped class, and the most probable classes, each with its probability.

    Args:
        probabilities: (classes,) float.
        names: of the classes.
        label: number of the mapped class. None: the predicted class.

    >>> classes(np.array([0.25, 0.75]), ["cat", "dog"], label=0)["mapped"]
    {'label': 0, 'name': 'cat', 'probability': 0.25}
    """
    best = np.argsort(-probabilities, kind="stable")[:BEST].tolist()
    chosen = [
        {"label": number, "name": names[number], "probability": round(float(probabilities[number]), 6)}
        for number in [best[0], best[0] if label is None else label, *best]
    ]
    return {"predicted": chosen[0], "mapped": chosen[1], "classes": chosen[2:]}


def classes_line(classes: dict[str, Any], has_label: bool) -> str:
    """The predicted class with its probability, and the mapped class where the user has chosen it.

    >>> cat, dog = ({"name": "cat", "probability": 0.25}, {"name": "dog", "probability": 0.75})
    >>> classes_line({"predicted": dog, "mapped": dog}, has_label=False)
    'dog (0.75)'
    >>> classes_line({"predicted": dog, "mapped": cat}, has_label=True)
    'predicted dog (0.75), mapped cat (0.25)'
    """
    predicted, mapped = (
        f"{classes[role]['name']} ({classes[role]['probability']:.2f})" for role in ("predicted", "mapped")
    )
    return f"predicted {predicted}, mapped {mapped}" if has_label else predicted


def boxes(boxes_yxyx: dict[MapKey, np.ndarray], height: int, width: int) -> list[dict[str, Any]]:
    """Boxes in pixels and in fractions of the picture; both are None where there is no box.

    Args:
        boxes_yxyx: map's key -> (4,) float, [ymin, xmin, ymax, xmax] in fractions of the picture; all 0: no box.
        height: of the picture, pixels.
        width: of the picture, pixels.

    >>> (box,) = boxes({MapKey("cam", "conv"): np.array([0.25, 0, 0.75, 0.5])}, height=40, width=60)
    >>> box["box_xywh_pixels"]
    [0.0, 10.0, 30.0, 20.0]
    """
    return [
        {**key._asdict(), **(_box(box_yxyx, height, width) if box_yxyx.any() else NO_BOX)}
        for key, box_yxyx in boxes_yxyx.items()
    ]


def _box(box_yxyx: np.ndarray, height: int, width: int) -> dict[str, Any]:
    ymin, xmin, ymax, xmax = (round(float(edge), 6) for edge in box_yxyx)
    pixels = [xmin * width, ymin * height, (xmax - xmin) * width, (ymax - ymin) * height]
    return {
        "box_yxyx_fractions": [ymin, xmin, ymax, xmax],
        "box_xywh_pixels": [round(value, 2) for value in pixels],
    }
