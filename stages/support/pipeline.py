"""What dvc.yaml declares for a stage."""

import pathlib
from typing import Any

from ruamel.yaml import YAML


def declared(stage: str, field: str, dataset: str) -> list[str]:
    """The `deps` or `params` of a stage in dvc.yaml, with `${dataset}` filled in.

    Parsing the file takes milliseconds; DVC's own API takes a second to import.
    """
    return [str(entry) for entry in _section("stages", dataset)[stage].get(field, [])]


def outputs(dataset: str) -> list[str]:
    """The paths of all outputs in dvc.yaml: DVC deletes them before it runs their stages."""
    stages = _section("stages", dataset).values()
    entries = (entry for stage in stages for name in ("outs", "metrics") for entry in stage.get(name, []))
    return [path for entry in entries for path in ([entry] if isinstance(entry, str) else entry)]


def data_folders() -> list[str]:
    """Names of the folders of data/ that the stages write, other than the dataset's."""
    paths = [pathlib.PurePosixPath(path) for path in outputs(dataset="")]
    return [path.name for path in paths if path.parent.name == "data" and not path.suffix]


def vega_plots() -> dict[str, Any]:
    """The plots that have a template, by name. An entry that is a path alone stands for a picture."""
    return {name: plot for entry in _section("plots") if isinstance(entry, dict) for name, plot in entry.items()}


def _section(name: str, dataset: str = "") -> Any:
    text = pathlib.Path("dvc.yaml").read_text(encoding="utf8").replace("${dataset}", dataset)
    return YAML(typ="safe").load(text)[name]
