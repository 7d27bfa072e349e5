"""params.yaml as one object: reading it, the part that a stage declares, and the sentences about what is wrong."""

import difflib
import pathlib
import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML, YAMLError

from stages.support import pipeline
from stages.support.recipes import value_of
from stages.support.sections import Params
from wsol.errors import InputError

Model = TypeVar("Model", bound=BaseModel)

CHOICES = {  # what parameters of several types may be
    "heatmaps.layers": "all, stages or a list of layers, at least one, as in [A,B]",
    "refine.maps": "a list of maps, at least one",
    "refine.low": "a number in 0..1 or 'holdout'",
    "refine.high": "a number in 0..1 or 'holdout'",
    "classes": "all or a list of classes, at least two",
    "images": "a folder, or train and test with a folder each",
    "object_values": "a list of whole numbers, at least one",
}
DOWNLOADS = "downloads"  # folder of data/ that no stage writes and no section may be named after


def read(stage: str) -> Params:
    """The params that dvc.yaml declares for a stage; any other is missing from the object.

    All of params.yaml is validated first.

    Raises:
        InputError: a parameter is missing, unknown or out of its range.
    """
    everything = read_all()
    return part(everything, pipeline.declared(stage, "params", everything.dataset))


def read_all() -> Params:
    """All of params.yaml. Only for stages that depend on the whole file."""
    try:
        content = YAML(typ="safe").load(pathlib.Path("params.yaml"))
    except (OSError, YAMLError) as error:
        raise InputError(
            f"Expected a readable params.yaml in the current folder: {str(error).splitlines()[0]}."
        ) from error
    return validated(content)


def validated(content: Any) -> Params:
    """The content of params.yaml as an object; InputError for the first parameter that is wrong."""
    if not isinstance(content, dict):
        raise InputError(f"Expected params.yaml to hold parameters by name; got {content!r}: put it back as it was.")
    for name in content:
        if name not in Params.model_fields:
            _check_section(str(name), content)
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise InputError(_sentence(error.errors()[0], content)) from error


def _check_section(name: str, everything: dict[Any, Any]) -> None:
    """Raise InputError unless a key of params.yaml that is none of ours is a dataset's section."""
    section = everything.get(name)
    if not (isinstance(section, dict) and "download" in section):
        raise InputError(
            f"{_unknown(name, everything)}: remove it, correct its name, or give it the keys of a dataset's section, "
            "such as download."
        )
    taken = sorted([*pipeline.data_folders(), DOWNLOADS, "cls"])  # cls is an argument of pydantic's methods
    if name in taken or not re.fullmatch(r"[a-z]\w*", name, re.ASCII):
        raise InputError(
            "Expected the name of a dataset's section in params.yaml to be of lower-case letters, digits and "
            f"underscores, and none of {', '.join(taken)}; got {name}: rename it."
        )


def _unknown(name: str, content: Any) -> str:
    """The start of the sentence about a parameter that does not exist. It names the nearest of params.yaml."""
    others = [other for other in _names(content) if other != name and not other.startswith(f"{name}.")]
    nearest = difflib.get_close_matches(name, others, n=3)
    return f"Expected no parameter {name} in params.yaml{'; nearest are ' * bool(nearest)}{', '.join(nearest)}"


def _names(content: Any, prefix: str = "") -> list[str]:
    """The dotted names of all sections and parameters."""
    if not isinstance(content, dict):
        return []
    nested = ([f"{prefix}{name}", *_names(value, f"{prefix}{name}.")] for name, value in content.items())
    return [name for names in nested for name in names]


def part(model: Model, names: Iterable[str]) -> Model:
    """The named values of a model, such as `seed` or `toy_dogs.backbone`; reading another is an AttributeError."""
    nested: dict[str, list[str]] = {}
    for name in names:
        field, _, rest = name.partition(".")
        nested.setdefault(field, []).append(rest)
    values = {
        field: value_of(model, field) if "" in rests else part(value_of(model, field), rests)
        for field, rests in nested.items()
    }
    partial = type(model).model_construct(**values)
    for field in set(vars(partial)) - set(values):  # defaults, which pydantic fills in
        del vars(partial)[field]
    return partial


def check_layer(name: str, layer: str, known: Sequence[str], where: str) -> None:
    """Raise InputError, naming the nearest layers, unless `layer` is a known one."""
    if layer not in known:
        nearest = difflib.get_close_matches(layer, known, n=3, cutoff=0)
        remedy = ""
        if name == "layer":
            remedy = f": correct it; with heatmaps.layers set layer too, as in `-S layer={nearest[0]}`"
        raise InputError(
            f"Expected {name} to name a layer of {where}; got {layer!r}, nearest are {', '.join(nearest)}{remedy}."
        )


def _sentence(error: Any, content: Any) -> str:
    """A validation error of params.yaml's content in one sentence."""
    loc = list(map(str, error["loc"]))
    if loc[1:2] == ["download"]:
        del loc[2:3]  # pydantic's tag of the source
    name = ".".join(loc)
    expected = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if error["type"] == "too_short":
        expected = "a list that is not empty"
    for end in range(1, len(loc) + 1):
        if choice := CHOICES.get(".".join(loc[:end])) or CHOICES.get(loc[end - 1]):
            name, expected = ".".join(loc[:end]), choice
    if error["type"] == "union_tag_not_found":
        return f"Expected {name} to hold tfds and folder, or coco; got {error['input']!r}: correct it in params.yaml."
    if error["type"] == "value_error":
        return f"Expected params.yaml to agree with itself, but {name + ': ' if name else ''}{expected}."
    if error["type"] == "extra_forbidden":
        return f"{_unknown(name, content)}: remove it, or correct its name."
    if error["type"] == "missing":
        return f"Expected a parameter {name} in params.yaml, but there is none: add it."
    return f"Expected {name} to be {expected}; got {error['input']!r}: correct it in params.yaml."
