"""What decides the outcome of a stage, as a digest."""

import hashlib
import importlib.metadata
import json
import pathlib
from collections.abc import Sequence

from stages.support import params, pipeline
from stages.support.folders import inside

PACKAGES = ("tensorflow", "keras")  # their versions decide weights and heatmaps


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """The installed versions of packages, by default those of TensorFlow and Keras."""
    return {name: importlib.metadata.version(name) for name in packages}


def fingerprint(stage: str, *inputs: str) -> str:
    """Digest of what decides a stage's outcome.

    That is the params and the content of the dependencies that dvc.yaml declares for the stage, and the versions of
    TensorFlow and Keras.

    Args:
        stage: its name in dvc.yaml.
        inputs: more files that decide it.
    """
    settings = params.read(stage)
    digest = hashlib.sha256(json.dumps([settings.model_dump(), versions()], sort_keys=True).encode())
    for path in (*pipeline.declared(stage, "deps", params.read_all().dataset), *inputs):
        for file in inside(path):
            with pathlib.Path(file).open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
