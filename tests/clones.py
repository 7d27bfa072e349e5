"""A clone of the project to run in, and the commands to run there."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).parents[1]
STAGES = (
    *("check", "download", "features", "finetune", "curves", "heatmaps"),
    *("boxes", "max_box_acc", "refine", "scores", "selectors", "tables", "boxes_needed", "selected", "report"),
    *("figures", "gallery", "browser", "page", "recommendation"),
)


def shell(folder: pathlib.Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):  # set where the tests run in a git hook
        environment.pop(name, None)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def succeed(folder: pathlib.Path, *command: str) -> str:
    done = shell(folder, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def digests(folder: pathlib.Path) -> dict[str, str]:
    """Digest of every output, and of dvc.lock."""
    places = ("data", "models", "metrics", "plots", "tables")
    files = [path for place in places for path in (folder / place).rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (*files, folder / "dvc.lock")
    }


def log_of(folder: pathlib.Path) -> pathlib.Path:
    """What the run in a clone has printed, with no terminal."""
    return folder / ".git/dvc-repro.log"


def set_params(folder: pathlib.Path, changes: dict[str, Any]) -> None:
    yaml = YAML()
    everything = yaml.load(folder / "params.yaml")
    for name, value in changes.items():
        *sections, last = name.split(".")
        section = everything
        for part in sections:
            section = section[part]
        assert last in section
        section[last] = value
    yaml.dump(everything, folder / "params.yaml")


def clone_to(folder: pathlib.Path) -> None:
    """A clone of the working tree, uncommitted changes included, with the tests' own params."""
    listed = succeed(ROOT, "git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    shutil.copy(ROOT / "tests/params.yaml", folder / "params.yaml")
    succeed(folder, "git", "init", "--quiet")
    commit(folder)


def commit(folder: pathlib.Path) -> None:
    succeed(folder, "git", "add", "--all")
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    succeed(folder, "git", *identity, "commit", "--quiet", "--allow-empty", "--message", "test")
