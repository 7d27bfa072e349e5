"""A clone of the project in which a benchmark runs its stages, and what each run took."""

import os
import pathlib
import subprocess
import sys
import time

from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).parents[1]
# A new process counts the memory of its parent as its own, so a small process is put between.
LAUNCHER = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def clone(folder: pathlib.Path, changes: dict[str, object]) -> None:
    """Clone the last commit, and set params there, named as for `dvc exp run -S`."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    yaml = YAML()
    params = yaml.load(folder / "params.yaml")
    for name, value in changes.items():
        *sections, last = name.split(".")
        section = params
        for part in sections:
            section = section[part]
        section[last] = value
    yaml.dump(params, folder / "params.yaml")


def measured(folder: pathlib.Path, *command: str) -> dict[str, float]:
    """Seconds that a command takes in the clone, and the peak of resident memory of its largest process, GiB."""
    programs = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    start = time.perf_counter()
    launched = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command],
        cwd=folder,
        env=os.environ | {"PATH": programs},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if launched.returncode:
        raise SystemExit(f"Error: Expected {' '.join(command)} to succeed, but it ended with {launched.returncode}.")
    unit = 2**30 if sys.platform == "darwin" else 2**20  # getrusage counts bytes on macOS, KiB elsewhere
    return {"seconds": round(time.perf_counter() - start, 1), "gib": round(int(launched.stdout) / unit, 2)}


def report(title: str, found: dict[str, dict[str, float]]) -> None:
    """Print a line a run."""
    print(f"\n{title}\n{'':40}{'seconds':>10}{'GiB':>8}")
    for name, run in found.items():
        print(f"{name:40}{run['seconds']:10}{run['gib']:8}")
