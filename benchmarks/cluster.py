"""Stages on a Ray cluster beside the same stages on one machine.

    python -m benchmarks.cluster

Two nodes of one core each are started on this machine. The stages `heatmaps` and `boxes` run on them and, in turn,
locally on two cores, on toy_dogs at 224 x 224 with a ResNet50 of full width. The speed counts the rows that come once
every process has returned some. Then the stages run on 200 and on 2,000 images, and the peaks of memory are compared.
Needs requirements-ray.txt.
"""

import contextlib
import filecmp
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import psutil

from benchmarks import clones, timing
from benchmarks.memory import MODEL

# not 127.0.0.1, which a driver of Ray replaces with the machine's outer address
LOOPBACK = "127.0.0.2"
NODE = {"num_cpus": 1, "node_ip_address": LOOPBACK, "include_dashboard": False, "object_store_memory": 3 * 10**8}
ROUNDS = 2
IMAGES = 1280  # of the comparison: 20 shards
# prints the seconds since the start at which rows came, and how many; what runs is the stage itself
OBSERVED = """
import importlib, json, os, sys, time
start = time.time()
from stages.support import progress
seen = []
added = progress.added
def noted(done, first, stop):
    seen.append((time.time() - start, stop - first))
    return added(done, first, stop)
progress.added = noted
stage = sys.argv[1]
module = importlib.import_module(f"stages.{stage}")
module.main()
print(json.dumps({"seen": seen, "seconds": time.time() - start}))
"""


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """The address of a cluster of two nodes of one core each."""
    os.environ |= {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args=NODE)
    nodes.add_node(**NODE)
    try:
        yield nodes.address
    finally:
        nodes.shutdown()


def prepared(folder: pathlib.Path, images: int) -> None:
    """A clone with this many images of holdout and test, and a network with random weights."""
    pictures = {"toy_dogs.download.train": 2, "toy_dogs.download.test": images // 10 - 1}
    clones.clone(folder, pictures | {"toy_dogs.image_size": 224, "toy_dogs.backbone.width": 1.0})
    (folder / "models").mkdir()
    clones.measured(folder, sys.executable, "-m", "stages.download")
    clones.measured(folder, sys.executable, "-c", MODEL)


def run(folder: pathlib.Path, stage: str, address: str | None) -> dict[str, Any]:
    """Run a stage: when which rows came, its seconds, and peaks of memory of driver and actors, GiB."""
    shutil.rmtree(folder / f"data/{stage}", ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    environment |= {"RAY_ADDRESS": address} if address else {}
    command = [sys.executable, "-c", OBSERVED, stage]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    peaks = {"driver": 0.0, "actor": 0.0}
    while process.poll() is None:
        peaks["driver"] = max(peaks["driver"], memory(psutil.Process(process.pid)))
        peaks["actor"] = max([peaks["actor"], *(memory(actor) for actor in actors())])
        time.sleep(0.5)
    assert process.stdout
    if process.returncode:
        raise SystemExit(f"Error: Expected stages.{stage} to succeed, but it ended with {process.returncode}.")
    observed = json.loads(process.stdout.read().splitlines()[-1])
    return observed | {name: round(value, 2) for name, value in peaks.items()}


def actors() -> list[psutil.Process]:
    """The processes of Ray's actors."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "ray::Node" in " ".join(process.info["cmdline"] or [])
    ]


def memory(process: psutil.Process) -> float:
    """Resident memory without what is shared, such as Ray's store and mapped arrays, GiB."""
    with contextlib.suppress(psutil.Error):
        info = process.memory_info()
        return (info.rss - info.shared) / 2**30
    return 0.0


def speed(observed: dict[str, Any], under_way: int) -> float:
    """Rows a second while as many shards are under way at the end of the time as at its start.

    Args:
        observed: of `run`.
        under_way: number of times that rows come which are left out at both ends.
    """
    seen = observed["seen"][under_way - 1 : -under_way]
    return sum(rows for _, rows in seen[1:]) / (seen[-1][0] - seen[0][0])


def same(first: pathlib.Path, second: pathlib.Path) -> bool:
    """Whether two folders hold the same bytes."""
    names = sorted(path.name for path in first.iterdir())
    _, other, errors = filecmp.cmpfiles(first, second, names, shallow=False)
    return names == sorted(path.name for path in second.iterdir()) and not other and not errors


def compare(folder: pathlib.Path, stage: str, address: str) -> dict[str, Any]:
    """Speed on the cluster and locally, in turn; the seconds until the first rows; whether the bytes are the same."""
    kept = folder / f"data/{stage}.local"
    ratios, starts, speeds = [], [], []
    for _ in range(ROUNDS):
        here = run(folder, stage, None)
        shutil.rmtree(kept, ignore_errors=True)
        (folder / f"data/{stage}").rename(kept)
        there = run(folder, stage, address)
        speeds.append((speed(here, 2), speed(there, 4)))  # two batches here, two shards of two actors there
        ratios.append(speeds[-1][1] / speeds[-1][0])
        starts.append((here["seen"][0][0], there["seen"][1][0]))
        assert same(folder / f"data/{stage}", kept)
        print(f"{stage}: rows a second {speeds[-1]}, first rows after {starts[-1]} s", file=sys.stderr)
    local, spread = (statistics.median(values) for values in zip(*speeds, strict=True))
    names = ("local_rows_a_second", "cluster_rows_a_second", "local_start_seconds", "cluster_start_seconds")
    medians = (local, spread, *(statistics.median(values) for values in zip(*starts, strict=True)))
    figures = {name: float(f"{value:.3g}") for name, value in zip(names, medians, strict=True)}
    return figures | {"ratio": timing.spread(ratios), "same_bytes": True}


def main() -> None:
    with tempfile.TemporaryDirectory() as name, cluster() as address:
        small, middle, large = (pathlib.Path(name) / str(images) for images in (200, IMAGES, 2000))
        prepared(middle, IMAGES)
        speeds = {stage: compare(middle, stage, address) for stage in ("heatmaps", "boxes")}
        timing.write("cluster", {"speeds": speeds})
        peaks = {}
        for folder in (small, large):
            prepared(folder, int(folder.name))
            for stage in ("heatmaps", "boxes"):
                observed = run(folder, stage, address)
                peaks[f"{stage}, {folder.name} images"] = {key: observed[key] for key in ("driver", "actor")}
                print(f"{stage}, {folder.name} images: {observed['driver']} {observed['actor']}", file=sys.stderr)
    timing.write("cluster", {"speeds": speeds, "gib": peaks})
    print(json.dumps({"speeds": speeds, "gib": peaks}, indent=2))


if __name__ == "__main__":
    main()
