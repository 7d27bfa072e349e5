"""Does a pipeline that is killed again and again end with the bytes of an undisturbed run?

    python -m benchmarks.faults [SEED] [KILLS]

In a clone with the small recipe of tests/params.yaml, `dvc repro` runs once undisturbed. Then it starts anew without
outputs and cache. In each stage in turn its process group is killed (signal 9) at a random moment, and the same command
is given again. After the last stage the files are compared, and the next round begins, until there were KILLS kills
(default 38: two in each stage).
"""

import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import IO, NamedTuple

from ruamel.yaml import YAML

from benchmarks import clones, timing

PLACES = ("data", "models", "metrics", "plots", "tables")
COMMAND = ("dvc", "repro")
STARTS = re.compile(r"Running stage '(\w+)'")
DEFAULTS = (0, 38)  # seed and number of kills
AFTER = 0.5  # seconds after a stage's end in which a kill meets DVC itself


class Kill(NamedTuple):
    """A moment at which the pipeline was killed."""

    stage: str
    seconds: float  # since the start of the stage that was waited for


def main() -> None:
    arguments = [int(value) for value in sys.argv[1:]]
    seed, kills = (*arguments, *DEFAULTS[len(arguments) :])
    print(f"seed {seed}, {kills} kills")
    rng = random.Random(seed)
    done: list[Kill] = []
    different: set[str] = set()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", clones.ROOT.parent)) as name:
        folder = pathlib.Path(name) / "clone"
        clones.clone(folder, {})
        durations = undisturbed(folder)
        expected = digests(folder)
        start = time.monotonic()
        while len(done) < kills:
            done += killed_round(folder, durations, rng, kills - len(done))
            different |= compared(expected, digests(folder))
    report(seed, done, different, time.monotonic() - start)


# ---------------------------------------------------------------- runs


def undisturbed(folder: pathlib.Path) -> dict[str, float]:
    """Run the pipeline; the seconds from each stage's start to the next one's."""
    reset(folder)
    process = started(folder)
    assert process.stdout
    starts = [(match[1], time.monotonic()) for line in process.stdout if (match := STARTS.search(line))]
    if process.wait():
        raise SystemExit("Error: Expected the undisturbed run to succeed, but it failed: run `make repro` first.")
    ends = [moment for _, moment in starts[1:]] + [time.monotonic()]
    return {stage: end - moment for (stage, moment), end in zip(starts, ends, strict=True)}


def killed_round(folder: pathlib.Path, durations: dict[str, float], rng: random.Random, most: int) -> list[Kill]:
    """Run the pipeline from its start, killed in each stage in turn; the moments."""
    reset(folder)
    moments = [Kill(stage, rng.uniform(0, seconds + AFTER)) for stage, seconds in durations.items()][:most]
    made = [kill for moment in moments if (kill := killed(folder, moment))]
    finish(folder)
    return made


def killed(folder: pathlib.Path, moment: Kill) -> Kill | None:
    """Run the pipeline and kill it at this moment; the stage that was hit, or None if the run had ended."""
    process, lines = started(folder), list[str]()
    assert process.stdout
    reached = wait_for(process.stdout, moment.stage, lines)
    try:
        process.wait(moment.seconds if reached else None)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        # on a busy machine stages take longer or shorter than undisturbed
        (*_, stage) = (moment.stage, *STARTS.findall(process.stdout.read()))
        print(f"killed in {stage}, {moment.seconds:.2f} s after {moment.stage} began{survivors(folder)}", flush=True)
        return Kill(stage, moment.seconds)
    if process.returncode:
        mend(folder, "".join(lines) + process.stdout.read())
    return None


def finish(folder: pathlib.Path) -> None:
    """Give the command until it succeeds."""
    while True:
        process = started(folder)
        output = process.communicate()[0]
        if not process.returncode:
            return
        mend(folder, output)


def mend(folder: pathlib.Path, output: str) -> None:
    """What docs/files.md says to type where DVC's own files are left behind; an error of the pipeline ends this."""
    if "rwlock" in output.lower():
        (folder / ".dvc/tmp/rwlock").unlink(missing_ok=True)
        print("removed .dvc/tmp/rwlock", flush=True)
    elif "dvc.lock" in output and "stages." not in output:
        subprocess.run(["git", "checkout", "--quiet", "dvc.lock"], cwd=folder, check=True)
        print("checked out dvc.lock", flush=True)
    else:
        raise SystemExit(f"Error: Expected the run to go on, but it failed:\n{output}")


def started(folder: pathlib.Path) -> subprocess.Popen[str]:
    """The command in a process group of its own, its output a pipe."""
    environment = os.environ | {"PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.Popen(
        COMMAND,
        cwd=folder,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(output: IO[str], stage: str, lines: list[str]) -> bool:
    """Read lines of the output until the stage starts; whether it did."""
    for line in output:
        lines.append(line)
        if (match := STARTS.search(line)) and match[1] == stage:
            return True
    return False


def survivors(folder: pathlib.Path) -> str:
    """A remark if a process of the clone outlived the kill."""
    alive = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            alive += [process.name] if (process / "cwd").readlink().is_relative_to(folder) else []
        except OSError:  # it has ended, or is another user's
            continue
    return f"; still running: {' '.join(alive)}" if alive else ""


# ---------------------------------------------------------------- files


def reset(folder: pathlib.Path) -> None:
    """The clone with the small recipe, without outputs, DVC's cache and compiled code."""
    for path in (*(folder / name for name in PLACES), folder / ".dvc/cache", folder / ".dvc/tmp"):
        shutil.rmtree(path, ignore_errors=True)
    for path in folder.rglob("__pycache__"):
        shutil.rmtree(path)
    subprocess.run(["git", "checkout", "--quiet", "dvc.lock"], cwd=folder, check=True)
    shutil.copy(folder / "tests/params.yaml", folder / "params.yaml")


def digests(folder: pathlib.Path) -> dict[str, str]:
    """Digest of every output, and the content of dvc.lock, in which DVC keeps the stages in any order."""
    files = [path for place in PLACES for path in (folder / place).rglob("*") if path.is_file()]
    made = {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return made | {"dvc.lock": json.dumps(YAML(typ="safe").load(folder / "dvc.lock"), sort_keys=True)}


def compared(expected: dict[str, str], received: dict[str, str]) -> set[str]:
    """The files that differ, are missing or are left over."""
    return {path for path in {*expected, *received} if expected.get(path) != received.get(path)}


def report(seed: int, kills: list[Kill], different: set[str], seconds: float) -> None:
    """Print and write the result; exit status 1 if a file differs."""
    counts = {
        stage: sum(kill.stage == stage for kill in kills) for stage in dict.fromkeys(kill.stage for kill in kills)
    }
    print(f"{len(kills)} kills in {seconds:.0f} s; by stage: {counts}")
    content = {"seed": seed, "kills": [kill._asdict() for kill in kills], "different": sorted(different)}
    timing.write("faults", content | {"seconds": round(seconds)})
    if different:
        raise SystemExit(f"Error: Expected the bytes of an undisturbed run, but these differ: {sorted(different)}.")
    print("every file has the bytes of the undisturbed run")


if __name__ == "__main__":
    main()
