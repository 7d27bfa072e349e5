"""Shards of a stage's work on the nodes of a Ray cluster. The only file that imports Ray.

A node with GPUs has an actor for each of them, any other node one actor with all of its CPUs. An actor is a process
with one worker. Ray starts the actors, sends them ranges of rows, and brings back arrays.
"""

import collections
import contextlib
import hashlib
import os
import pathlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

# Both must be set before Ray is imported. Without the first, Ray looks for a token in the home folder.
os.environ.setdefault("RAY_AUTH_MODE", "disabled")
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from stages.support import shards
from stages.support.fingerprint import PACKAGES, versions
from stages.support.node import Node
from stages.support.progress import Range
from wsol.errors import InputError

UNDER_WAY = 2  # shards of an actor at a time: the second fills the gaps between the first one's batches
GPU_SHARDS = 16  # times as many rows a shard where there are GPUs, which take seconds for them
TRIES = 3  # processes that may end while they have the same shard
STARTS = 20  # processes that may end one after the other before they are ready; some do so on a node that is being lost
PAUSE = 5.0  # seconds between two looks for nodes that have come or gone
VERSIONS = (*PACKAGES, "numpy", "opencv-python-headless")  # must be the same on all nodes
SETTINGS = ("TF_ENABLE_ONEDNN_OPTS", "KERAS_FLOATX", "NVIDIA_TF32_OVERRIDE")  # of the environment; they decide results


def results(
    workspace: pathlib.Path, make_worker: Callable[..., Any], args: tuple, ranges: list[Range], rows: int
) -> Iterator[tuple[int, shards.Batch]]:
    """(first row, arrays) of every shard, in any order. See `shards.spread` for the arguments.

    A shard whose node is lost is done again on another one. Nodes that come are used too.

    Raises:
        InputError: there is no cluster, it has no node with a CPU, or a node does not see the workspace or has other
            packages; or what the worker raises.
    """
    with _connected():
        gpus = any(node["Resources"].get("GPU") for node in _nodes())
        waiting = collections.deque(shards.split(ranges, rows * (GPU_SHARDS if gpus else 1)))
        crew = _Crew(ray.put((_place(workspace), _address(make_worker), args)))
        try:
            yield from _gathered(crew, waiting)
        finally:
            crew.dismiss()


def _gathered(crew: "_Crew", waiting: collections.deque[Range]) -> Iterator[tuple[int, shards.Batch]]:
    while waiting or crew.has_shards():
        crew.staff()
        crew.send(waiting)
        for reference in crew.ended():
            actor, shard = crew.under_way.pop(reference)
            try:
                batch = _value(reference)
            except RayError:
                crew.lose(actor, shard, waiting)
            else:
                crew.welcome(actor)
                crew.send(waiting)  # before the result is consumed, which takes time
                if shard:
                    yield shard[0], batch
                del batch  # an array that is referred to stays in Ray's memory


class _Crew:
    """The actors, and what each has under way."""

    def __init__(self, job: ray.ObjectRef) -> None:
        """The job is what an actor prepares."""
        self.job = job
        self.nodes: dict[Any, str] = {}  # actor -> id of its node
        self.ready: set[Any] = set()  # actors that have prepared
        self.under_way: dict[ray.ObjectRef, tuple[Any, Range | None]] = {}  # None: the actor prepares
        self.ends: collections.Counter[Range | None] = collections.Counter()
        self.staffed = -PAUSE

    def has_shards(self) -> bool:
        """Whether a shard is under way."""
        return any(shard for _, shard in self.under_way.values())

    def staff(self) -> None:
        """Start the actors that the living nodes lack, at most once in PAUSE seconds."""
        if time.monotonic() - self.staffed < PAUSE:
            return
        self.staffed = time.monotonic()
        for node in _nodes():
            count, resources = _actors_of(node["Resources"])
            for _ in range(count - list(self.nodes.values()).count(node["NodeID"])):
                strategy = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                actor = _remote_node().options(**resources, scheduling_strategy=strategy).remote()
                self.nodes[actor] = node["NodeID"]
                prepared = actor.prepare.remote(node["NodeManagerAddress"], int(resources["num_cpus"]), self.job)
                self.under_way[prepared] = (actor, None)

    def send(self, waiting: collections.deque[Range]) -> None:
        """Give out shards until every actor has UNDER_WAY of them."""
        busy = collections.Counter(actor for actor, _ in self.under_way.values())
        for actor in [actor for _ in range(UNDER_WAY) for actor in self.ready]:
            if waiting and busy[actor] < UNDER_WAY:
                shard = waiting.popleft()
                self.under_way[actor.shard.remote(*shard)] = (actor, shard)
                busy[actor] += 1

    def ended(self) -> list[ray.ObjectRef]:
        """Wait until something that is under way has ended, or for PAUSE seconds."""
        if self.under_way:
            return ray.wait(list(self.under_way), timeout=PAUSE)[0]
        time.sleep(PAUSE)  # no node is left: wait for one
        return []

    def welcome(self, actor: Any) -> None:
        """Give shards to an actor from now on, unless it has been lost."""
        if actor in self.nodes:
            self.ready.add(actor)
            self.ends[None] = 0

    def lose(self, actor: Any, shard: Range | None, waiting: collections.deque[Range]) -> None:
        """End an actor that has failed, and put back its shard. Each of its shards ends with an error."""
        ray.kill(actor)  # it may still run, and hold its node's CPUs
        self.nodes.pop(actor, None)
        self.ready.discard(actor)
        self.ends[shard] += 1
        if shard:
            waiting.appendleft(shard)
        if self.ends[shard] == (TRIES if shard else STARTS):
            rows = f"the rows {shard[0]} to {shard[1] - 1}" if shard else "their first rows"
            raise InputError(
                f"Expected the nodes to do {rows}, but {self.ends[shard]} processes ended over them: see the logs of "
                "Ray, and give the nodes more memory or lower heatmaps.batch_size."
            )

    def dismiss(self) -> None:
        """End all actors."""
        for actor in self.nodes:
            ray.kill(actor)


def _value(reference: ray.ObjectRef) -> Any:
    """What a call returned. An error of the worker is raised as it was."""
    try:
        value = ray.get(reference)
    except RayTaskError as error:
        raise (error.cause if isinstance(error.cause, Exception) else RuntimeError(str(error))) from error
    if isinstance(value, str):  # of `Node.prepare`
        raise InputError(value)
    return value


@contextlib.contextmanager
def _connected() -> Iterator[None]:
    address = os.environ["RAY_ADDRESS"]
    try:
        ray.init(address=address, log_to_driver=False, logging_level="CRITICAL")
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise InputError(
            f"Expected a Ray cluster at RAY_ADDRESS={address}, with this Python and this Ray, but: "
            f"{str(error).splitlines()[0]} Start one as in docs/scale.md, or unset RAY_ADDRESS."
        ) from error
    try:
        if not _nodes():
            raise InputError(f"Expected a node with a CPU in the Ray cluster at {address}: add one with `ray start`.")
        yield
    finally:
        ray.shutdown()


def _nodes() -> list[dict[str, Any]]:
    """The living nodes that take work: those with GPUs, if there are any, since CPUs round in another way."""
    nodes = [node for node in ray.nodes() if node["Alive"] and _actors_of(node["Resources"])[0]]
    return [node for node in nodes if node["Resources"].get("GPU")] or nodes


def _actors_of(resources: dict[str, float]) -> tuple[int, dict[str, float]]:
    """Number of actors of a node with these resources, and what each takes."""
    cpus, gpus = int(resources.get("CPU", 0)), int(resources.get("GPU", 0))
    if gpus:
        return gpus, {"num_cpus": max(cpus // gpus, 1), "num_gpus": 1}
    return (1, {"num_cpus": cpus}) if cpus else (0, {})


def _remote_node() -> Any:
    """`Node` as an actor. It is sent by value, since a node may lack this project."""
    ray.cloudpickle.register_pickle_by_value(sys.modules[Node.__module__])
    return ray.remote(max_restarts=0, max_concurrency=UNDER_WAY)(Node)


def _place(workspace: pathlib.Path) -> dict[str, Any]:
    """What must be the same on all nodes."""
    files = [pathlib.Path("params.yaml"), *sorted(workspace.glob("fingerprint.txt"))]
    return {
        "folder": str(pathlib.Path.cwd()),
        "digests": {str(file.absolute()): hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
        "versions": versions(VERSIONS),
        "settings": {name: os.environ.get(name) for name in SETTINGS},
    }


def _address(make_worker: Callable[..., Any]) -> tuple[str, str]:
    """Names of the module and the function. A stage's own module is `__main__` here, but not on a node."""
    spec = sys.modules[make_worker.__module__].__spec__
    return (spec.name if spec else make_worker.__module__), make_worker.__name__
