"""The stages by picture on a Ray cluster: two nodes of one core each on this machine."""

import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from clones import ROOT, clone_to, set_params, shell

from stages.support import progress
from wsol.data.toy_dogs.toy_dogs_dataset_builder import Builder, Pictures
from wsol.networks import classifier

os.environ.update(RAY_AUTH_MODE="disabled", RAY_USAGE_STATS_ENABLED="0")
cluster_utils = pytest.importorskip("ray.cluster_utils", reason="Ray is not installed: requirements-ray.txt")

STAGES = ("heatmaps", "boxes", "max_box_acc", "refine", "features")
# not 127.0.0.1, which a driver of Ray replaces with the machine's outer address
LOOPBACK = "127.0.0.2"
NODE = {"num_cpus": 1, "node_ip_address": LOOPBACK, "object_store_memory": 10**8, "include_dashboard": False}
COUNT = 1000  # rows of the stage `counting`: 16 shards of at most 64
UNDER_WAY = 4  # shards: two actors with two each
BEING_WRITTEN = 1  # shard: the driver gives its actor the next one before it records the rows


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=NODE)
    cluster.add_node(**NODE)
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A clone with 210 images of holdout and test, and a classifier with random weights."""
    folder = tmp_path_factory.mktemp("clone")
    clone_to(folder)
    shutil.copy(ROOT / "tests/counting.py", folder / "stages/counting.py")
    builder = Builder(config=Pictures(name="few", seed=0, train=2, test=20), data_dir=tmp_path_factory.mktemp("toy"))
    builder.download_and_prepare()
    shutil.copytree(builder.data_path, folder / "data/toy_dogs")
    (folder / "models").mkdir()
    classifier.build("ResNet50", 0.05, 32, 10).save(folder / "models/classifier.keras")
    set_params(folder, {"toy_dogs.finetune.trainable": "head", "heatmaps.methods": ["grad_cam"], "refine.low": 0.2})
    return folder


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", *map(str, arguments)]


def run(folder: pathlib.Path, address: str, *arguments: object) -> str:
    done = shell(folder, "env", f"RAY_ADDRESS={address}", *command(*arguments))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def started(folder: pathlib.Path) -> list[str]:
    """Lines of the shards that were started, from `counting`."""
    return (folder / "started.txt").read_text().splitlines() if (folder / "started.txt").exists() else []


def wait_for_shards(folder: pathlib.Path, count: int, process: subprocess.Popen) -> None:
    while len(started(folder)) < count:
        assert process.poll() is None
        time.sleep(0.05)


def start_counting(folder: pathlib.Path, address: str, processes: int) -> subprocess.Popen:
    shutil.rmtree(folder / "data/counting", ignore_errors=True)
    (folder / "started.txt").unlink(missing_ok=True)
    environment = os.environ | {"RAY_ADDRESS": address}
    return subprocess.Popen(command("stages.counting", COUNT, 0.1, processes), cwd=folder, env=environment)


def check_squares(folder: pathlib.Path) -> None:
    assert (np.load(folder / "data/counting/squares.npy") == np.arange(COUNT) ** 2).all()


def test_all_stages_write_the_same_bytes(clone: pathlib.Path, cluster: Any) -> None:
    outputs = {stage: clone / "data" / ("refined" if stage == "refine" else stage) for stage in STAGES}
    # in one process, since importing TensorFlow takes seconds
    imports = "".join(f"import stages.{stage}; stages.{stage}.main(); " for stage in STAGES)
    done = shell(clone, "env", "-u", "RAY_ADDRESS", sys.executable, "-c", imports)
    assert done.returncode == 0, done.stderr
    here = {stage: contents(output) for stage, output in outputs.items()}
    for stage, output in outputs.items():
        shutil.rmtree(output)
        lines = run(clone, cluster.address, f"stages.{stage}").splitlines()
        assert contents(output) == here[stage]
        assert [line for line in lines if not line.startswith(f"{stage}: ")] == []  # Ray logs nothing


def test_a_driver_that_is_killed(clone: pathlib.Path, cluster: Any) -> None:
    process = start_counting(clone, cluster.address, 1)
    wait_for_shards(clone, 9, process)
    process.kill()
    process.wait()
    before = len(started(clone))
    recorded = {str(row) for done in progress.read(clone / "data/counting.partial/rows.txt") for row in range(*done)}
    run(clone, cluster.address, "stages.counting", COUNT, 0, 1)
    check_squares(clone)
    firsts = [line.split()[0] for line in started(clone)]
    again = {first for first in firsts if firsts.count(first) > 1}
    assert recorded and not recorded & again  # what is recorded is never lost
    assert before <= len(started(clone)) <= 16 + UNDER_WAY + BEING_WRITTEN


def test_a_node_that_is_killed(clone: pathlib.Path, cluster: Any) -> None:
    process = start_counting(clone, cluster.address, 2)  # a node may be ready seconds before the other
    wait_for_shards(clone, 9, process)
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)  # SIGKILL
    assert process.wait(timeout=300) == 0
    check_squares(clone)
    assert 16 <= len(started(clone)) <= 16 + UNDER_WAY


def test_an_error_of_a_worker_is_one_sentence(clone: pathlib.Path, cluster: Any) -> None:
    array = clone / "data/heatmaps/grad_cam-all.npy"
    array.write_bytes(array.read_bytes()[:100])
    done = shell(clone, "env", f"RAY_ADDRESS={cluster.address}", *command("stages.boxes"))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Expected an array at data/heatmaps/grad_cam-all.npy")
    assert len(done.stderr.splitlines()) == 1
