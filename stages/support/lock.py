"""A stage's inputs, compared with what dvc.lock says of them."""

import hashlib
import json
import pathlib
from typing import Any

from ruamel.yaml import YAML, YAMLError

from stages.support.folders import inside

CODE = ("stages/", "wsol/")


def changed_inputs(stage: str) -> list[str]:
    """Paths of the stage's dependencies whose content is not that of the last `dvc repro`.

    Args:
        stage: its name in dvc.lock.

    Returns:
        Empty too if dvc.lock does not have the stage, or if the stage's code has changed: the code is then the likelier
        cause of an error.
    """
    changed = [entry["path"] for entry in _deps(stage) if digest(entry["path"]) != entry["md5"]]
    return [] if any(path.startswith(CODE) for path in changed) else changed


def _deps(stage: str) -> list[dict[str, Any]]:
    try:
        stages = YAML(typ="safe").load(pathlib.Path("dvc.lock").read_text(encoding="utf8"))["stages"]
        return list(stages[stage]["deps"])
    except (OSError, ValueError, YAMLError, KeyError, TypeError):
        return []


def digest(path: str) -> str:
    """The MD5 that DVC gives to a file, or to a folder: the digest of the list of its files."""
    if not pathlib.Path(path).is_dir():
        return _md5(path) if pathlib.Path(path).is_file() else ""
    files = [{"md5": _md5(file), "relpath": pathlib.Path(file).relative_to(path).as_posix()} for file in inside(path)]
    files.sort(key=lambda entry: entry["relpath"])
    return f"{hashlib.md5(json.dumps(files).encode(), usedforsecurity=False).hexdigest()}.dir"


def _md5(file: str) -> str:
    with pathlib.Path(file).open("rb") as opened:
        return hashlib.file_digest(opened, "md5").hexdigest()
