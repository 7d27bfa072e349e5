"""What a process on a node of a cluster does: it makes a stage's worker once, and then shard after shard.

A node may lack this project, so this file is sent there, and it imports nothing of the project before it has looked.
"""

import hashlib
import importlib
import importlib.metadata
import os
import pathlib
import sys
from typing import Any

import numpy as np


class Node:
    """A process with one worker. `stages.support.engine` calls its methods, several at a time."""

    def prepare(self, name: str, threads: int, job: tuple) -> str | None:
        """Make the worker, or say in one sentence why it cannot be made.

        Args:
            name: of the node, for errors.
            threads: that the worker is to use.
            job: what must be the same on all nodes, the names of a module and of a function that makes the worker, and
                its further arguments.
        """
        place, (module, function), args = job
        if sentence := _missing_files(name, place) or _other_versions(name, place):
            return sentence
        os.chdir(place["folder"])
        sys.path.insert(0, place["folder"])
        pools = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), str(threads))
        _set_environment(pools | place["settings"])  # before TensorFlow is imported
        self.worker = getattr(importlib.import_module(module), function)(threads, *args)
        return None

    def shard(self, start: int, stop: int) -> dict[str, np.ndarray]:
        """The arrays of the rows `start` to `stop`."""
        batches = list(self.worker(start, stop))
        return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def _set_environment(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _missing_files(name: str, place: dict[str, Any]) -> str | None:
    for path, digest in place["digests"].items():
        file = pathlib.Path(path)
        problem = "it is missing" if not file.is_file() else "it has another content"
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            return (
                f"Expected the node {name} to see {path} as this machine does, but {problem} there: put the project on "
                "storage that all nodes mount at the same path."
            )
    return None


def _other_versions(name: str, place: dict[str, Any]) -> str | None:
    for package, version in place["versions"].items():
        try:
            installed = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            installed = "none"
        if installed != version:
            return (
                f"Expected {package} {version} on the node {name}, as on this machine; got {installed}: start its Ray "
                "from the same environment."
            )
    return None
