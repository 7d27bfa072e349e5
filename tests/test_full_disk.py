"""A disk that is full, or that cannot be written: one sentence, and the same command goes on once it can be."""

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from clones import digests, shell, succeed

LARGE = "512m"
FULL = "Error: Expected room on the disk, but it is full: free some, and the same command resumes the work."


def mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """An empty disk in memory."""
    folder = tmp_path_factory.mktemp("disk")
    if sys.platform != "linux" or not mount("-t", "tmpfs", "-o", f"size={LARGE}", "tmpfs", str(folder)):
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def clone(disk: pathlib.Path, reproduced: pathlib.Path) -> Iterator[pathlib.Path]:
    """The reproduced clone on the small disk."""
    shutil.copytree(reproduced, disk / "clone", symlinks=True)
    yield disk / "clone"
    assert mount("-o", f"remount,rw,size={LARGE}", str(disk))
    shutil.rmtree(disk / "clone")


def leave(disk: pathlib.Path, room: int) -> None:
    """Shrink the disk to what it holds and `room` bytes more."""
    status = os.statvfs(disk)
    used = (status.f_blocks - status.f_bfree) * status.f_frsize
    assert mount("-o", f"remount,size={used + room}", str(disk))


def last_line(folder: pathlib.Path, stage: str, status: int = 1) -> str:
    done = shell(folder, sys.executable, "-m", f"stages.{stage}")
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1] if done.stderr else ""


@pytest.mark.parametrize("stage", ["heatmaps", "tables"])  # arrays and tables; a stage takes half a minute
def test_a_stage_goes_on_once_there_is_room(stage: str, disk: pathlib.Path, clone: pathlib.Path) -> None:
    before = digests(clone)
    leave(disk, room=0)
    assert last_line(clone, stage) == FULL
    leave(disk, room=64 * 1024)
    done = shell(clone, sys.executable, "-m", f"stages.{stage}")
    assert done.returncode == 0 or done.stderr.strip().splitlines()[-1] == FULL
    assert mount("-o", f"remount,size={LARGE}", str(disk))
    succeed(clone, sys.executable, "-m", f"stages.{stage}")
    assert digests(clone) == before


def test_a_disk_that_cannot_be_written(disk: pathlib.Path, clone: pathlib.Path) -> None:
    before = digests(clone)
    assert mount("-o", "remount,ro", str(disk))
    assert "Error: Expected permission to read and write" in last_line(clone, "tables")
    assert mount("-o", "remount,rw", str(disk))
    succeed(clone, sys.executable, "-m", "stages.tables")
    assert digests(clone) == before
