"""Contestants timed in turn, each in a process of its own, and what is written of them.

On a machine whose speed drifts only what was measured side by side can be compared: in each
round every contestant runs once, and a ratio is taken within the round.
"""

import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

RESULTS = pathlib.Path(__file__).parent / "results"
CORES = 2  # of each contestant, on Linux


def serve(prepare: Callable[[], Callable[[], float]]) -> None:
    """A contestant's process: prepare, then answer each line with the units of work done and the seconds they took."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print as they please; the answers alone go where they are read
    if hasattr(os, "sched_setaffinity"):  # Linux
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    work = prepare()
    work()
    print("ready", file=out, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        units = work()
        print((time.perf_counter() - start) / units, file=out, flush=True)


class Contestant:
    """A process of `python -m MODULE NAME`, kept warm between the rounds."""

    def __init__(self, module: str, name: str, environment: dict[str, str]) -> None:
        """Start it; `environment` is added to this process's."""
        command = [sys.executable, "-m", module, name]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment
        )
        if self._answer() != "ready":
            raise SystemExit(f"Error: Expected {' '.join(command[1:])} to start, but it ended: run it to see why.")

    def _answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def run(self) -> float:
        """Seconds a unit."""
        assert self.process.stdin
        print("go", file=self.process.stdin, flush=True)
        return float(self._answer())

    def stop(self) -> None:
        """End the process."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def in_turn(contestants: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Seconds a unit of each contestant in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, run in contestants.items():
            seconds[name].append(run())
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return seconds


Times = dict[str, list[float]]
Ratios = dict[str, dict[str, float]]


def beside(
    module: str, ours: str, rounds: dict[str, int], environments: dict[str, dict[str, str]]
) -> tuple[Times, Ratios]:
    """Ours beside one peer after another, so that no more than two are in memory: seconds a unit, and the ratios."""
    mine = Contestant(module, ours, {})
    seconds: Times = {}
    found: Ratios = {}
    for peer, count in rounds.items():
        other = Contestant(module, peer, environments.get(peer, {}))
        pair = in_turn({ours: mine.run, peer: other.run}, count)
        other.stop()
        seconds |= {f"{ours}, beside {peer}": pair[ours], peer: pair[peer]}
        found |= ratios(pair, ours)
    mine.stop()
    return seconds, found


def spread(values: list[float]) -> dict[str, float]:
    """Median and extremes, to three digits."""
    found = {"median": statistics.median(values), "low": min(values), "high": max(values)}
    return {name: float(f"{value:.3g}") for name, value in found.items()}


def ratios(seconds: dict[str, list[float]], ours: str) -> dict[str, dict[str, float]]:
    """Our time over each peer's, pair by pair."""
    return {
        peer: spread([mine / other for mine, other in zip(seconds[ours], times, strict=True)])
        for peer, times in seconds.items()
        if peer != ours
    }


def write(name: str, content: dict[str, Any]) -> None:
    """Write results/NAME.json, with the machine they were taken on."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": machine()} | content, indent=2) + "\n")


def update(name: str, runs: dict[str, Any]) -> None:
    """Write `runs` into results/NAME.json, and keep its other runs if they are of the same machine."""
    path = RESULTS / f"{name}.json"
    earlier = json.loads(path.read_text()) if path.is_file() else {}
    kept = earlier.get("runs", {}) if earlier.get("machine") == machine() else {}
    write(name, {"runs": kept | runs})


def table(title: str, unit: str, seconds: dict[str, list[float]], found: dict[str, dict[str, float]]) -> None:
    """Print each contestant's median time and our ratio to it."""
    print(f"\n{title}\n{'':34}{unit:>12}{'ours over it':>15}{'low':>8}{'high':>8}")
    for name, times in seconds.items():
        ratio = found.get(name)
        tail = f"{ratio['median']:15.3g}{ratio['low']:8.3g}{ratio['high']:8.3g}" if ratio else ""
        print(f"{name:34}{statistics.median(times) * 1e3:12.4g}{tail}")


def machine() -> str:
    """The processor, and how many cores there are."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines() if pathlib.Path("/proc/cpuinfo").exists() else []
    fields = dict(line.replace("\t", "").split(":", 1) for line in lines if ":" in line)
    family = f" family {fields['cpu family'].strip()} model {fields['model'].strip()}" if "cpu family" in fields else ""
    widest = (
        "AVX-512" if "avx512f" in fields.get("flags", "") else "AVX2" if "avx2" in fields.get("flags", "") else "SSE"
    )
    return f"{os.cpu_count()} cores of {fields.get('model name', platform.processor()).strip()}{family}, {widest}"
