"""Files between stages that are cut, emptied, removed or changed: one sentence or the right result, no wrong figure.

A stage sees damage that breaks a file's format. A byte that is flipped in an array's values breaks no format: DVC sees
it, since dvc.lock has the file's digest, and `dvc repro` restores the file before a later stage reads it.
"""

import pathlib
import shutil
import sys
from collections.abc import Callable

import pytest
from clones import digests, shell, succeed

MAP = "grad_cam-conv3_block3_out.npy"
# a file of each type -> a stage that reads it
FILES = {
    f"data/boxes/{MAP}": "scores",
    "data/heatmaps/classes.parquet": "report",
    "data/toy_dogs/*test.tfrecord*": "gallery",
    "data/toy_dogs/dataset_info.json": "gallery",
    "models/classifier.keras": "heatmaps",
    "models/training/scores.json": "curves",
    "models/training/log.csv": "curves",
    "tables/scores.csv": "report",
    "plots/compared.csv": "figures",
    ".dvc/plots/iou_by_map.json": "figures",
}

# other files of these types
LATER = [f"data/scores/{MAP}", "data/scores/chosen.parquet", "data/selectors/numbers.parquet", "data/iou.parquet"]

Damage = Callable[[bytes], bytes | None]


def flipped(content: bytes, place: int) -> bytes:
    """The content with a bit of one byte changed."""
    return content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]


DAMAGES: dict[str, Damage] = {
    "missing": lambda _: None,
    "empty": lambda _: b"",
    "half": lambda content: content[: len(content) // 2],
}


def damage(folder: pathlib.Path, name: str, change: Damage) -> None:
    (path,) = folder.glob(name)
    content = change(path.read_bytes())
    path.unlink()
    if content is not None:
        path.write_bytes(content)


def ends_in_a_sentence(folder: pathlib.Path, stage: str) -> None:
    done = shell(folder, sys.executable, "-m", f"stages.{stage}")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("Error: Expected")


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_stage_says_that_its_input_is_damaged(name: str, how: str, clone: pathlib.Path) -> None:
    damage(clone, name, DAMAGES[how])
    ends_in_a_sentence(clone, FILES[name])


@pytest.mark.parametrize(
    ("name", "stage", "place"),
    [
        (f"data/boxes/{MAP}", "scores", 20),  # of the header
        ("data/heatmaps/classes.parquet", "report", -8),  # of the footer's length
        ("data/toy_dogs/*test.tfrecord*", "gallery", 1000),  # records and weights have checksums
        ("models/classifier.keras", "heatmaps", 300_000),
        ("tables/scores.csv", "report", 1),  # of a column's name
    ],
)
def test_a_stage_says_that_a_byte_is_flipped(name: str, stage: str, place: int, clone: pathlib.Path) -> None:
    damage(clone, name, lambda content: flipped(content, place % len(content)))
    ends_in_a_sentence(clone, stage)


@pytest.mark.parametrize("how", [*DAMAGES, "flipped"])
def test_dvc_restores_what_is_damaged(how: str, clone: pathlib.Path) -> None:
    before = digests(clone)
    change = DAMAGES.get(how, lambda content: flipped(content, len(content) // 2))
    for name in (*FILES, *LATER):
        if not name.startswith(".dvc"):  # of the project, not an output
            damage(clone, name, change)
    succeed(clone, "dvc", "repro")
    assert digests(clone) == before


@pytest.mark.parametrize("command", [("dvc", "checkout"), ("dvc", "repro")])
def test_dvc_brings_a_missing_data_folder_back(command: tuple[str, ...], clone: pathlib.Path) -> None:
    before = digests(clone)
    shutil.rmtree(clone / "data")
    ends_in_a_sentence(clone, "scores")
    shutil.rmtree(clone / "data", ignore_errors=True)  # of the stage that has failed
    succeed(clone, *command)
    assert digests(clone) == before
