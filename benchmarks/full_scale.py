"""How long does a user wait at the paper's full scale, once the heatmaps are drawn, and how much memory does it take?

    python -m benchmarks.full_scale [boxes] [layer] [memory]

boxes    the stages `boxes` and `max_box_acc` on random heatmaps of the true shapes: all 120 breeds (1,200 images of
         holdout, 8,580 of test), CAM and Grad-CAM at 16 layers, and the 35 maps of the default parameters. Random
         heatmaps are the worst case: those of a network have large areas of zeros.
layer    the stages `scores`, `tables` and `report`, and a change of layer up to the new metrics, with 100 maps of these
         images. The outputs of `boxes` and `max_box_acc` are simulated.
memory   the same stages with 100 maps of 50,000 images: 17 GB of temporary files.

Without a name all three run, in this order.
"""

import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

from benchmarks import clones, timing

HOLDOUT, TEST, CLASSES, THRESHOLDS, LEVELS = 1200, 8580, 120, 100, 255
FEW = 17  # maps: CAM, and Grad-CAM at every layer
LARGE_HOLDOUT, LARGE_TEST = 5_000, 45_000
LAYERS = {
    f"conv{stage}_block{block}_out": side
    for stage, blocks, side in ((2, 3, 56), (3, 4, 28), (4, 6, 14), (5, 3, 7))
    for block in range(1, blocks + 1)
}
LAST = "conv5_block3_out"
METHODS = ("grad_cam", "grad_cam_pp", "xgrad_cam", "hires_cam", "layer_cam", "activation")
CHANGE = ("dvc", "exp", "run", "-S", "layer=conv4_block6_out", "report")

Keys = list[tuple[str, str]]
Runs = dict[str, dict[str, float]]


def main() -> None:
    wanted = sys.argv[1:] or list(PARTS)
    runs: Runs = {}
    for name in wanted:
        # beside the project: the system's folder for temporary files may lie in memory
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", clones.ROOT.parent)) as folder:
            clone = pathlib.Path(folder) / "clone"
            clones.clone(clone, {"dataset": "stanford_dogs"})
            runs |= PARTS[name](clone)
    clones.report("At full scale", runs)
    timing.update("full_scale", runs)


def boxes(folder: pathlib.Path) -> Runs:
    keys = [("cam", LAST), *itertools.product(("grad_cam", "layer_cam"), [*LAYERS, "all"])]
    simulate_heatmaps(folder, keys, keys, HOLDOUT, TEST)
    table = pd.read_parquet(folder / "data/heatmaps/maps.parquet")
    runs: Runs = {}
    for count in (FEW, len(keys)):
        table.head(count).to_parquet(folder / "data/heatmaps/maps.parquet")
        title = f"{count} maps, {HOLDOUT + TEST} images"
        runs |= {f"{stage}, {title}": stage_run(folder, stage) for stage in ("boxes", "max_box_acc")}
    return runs


def layer(folder: pathlib.Path) -> Runs:
    keys = simulate_boxes(folder, HOLDOUT, TEST)
    title = f"{len(keys)} maps, {HOLDOUT + TEST} images"
    runs = {f"{stage}, {title}": stage_run(folder, stage) for stage in ("check", "scores", "tables", "report")}
    commit = [sys.executable, "-m", "dvc", "commit", "--force", "--quiet", "--with-deps", "report"]
    subprocess.run(commit, cwd=folder, check=True)
    runs[f"{' '.join(CHANGE)}, {title}"] = clones.measured(folder, *CHANGE)
    runs["dvc repro with nothing to do"] = clones.measured(folder, "dvc", "repro", "report")
    return runs


def memory(folder: pathlib.Path) -> Runs:
    keys = simulate_boxes(folder, LARGE_HOLDOUT, LARGE_TEST)
    title = f"{len(keys)} maps, {LARGE_HOLDOUT + LARGE_TEST} images"
    return {f"{stage}, {title}": stage_run(folder, stage) for stage in ("scores", "tables", "report")}


PARTS = {"boxes": boxes, "layer": layer, "memory": memory}


def stage_run(folder: pathlib.Path, stage: str) -> dict[str, float]:
    return clones.measured(folder, sys.executable, "-m", f"stages.{stage}")


# ---------------------------------------------------------------- what earlier stages would have written


def simulate_boxes(folder: pathlib.Path, holdout: int, test: int) -> Keys:
    """The outputs of `boxes` and `max_box_acc` for 100 maps, and of the stages before."""
    keys = [("cam", LAST), *itertools.product(METHODS, LAYERS), *((method, "all") for method in METHODS[:3])]
    drawn = [("cam", LAST), ("grad_cam", "conv3_block3_out"), ("grad_cam", "conv4_block6_out")]
    simulate_heatmaps(folder, keys, drawn, holdout, test)
    rng = np.random.default_rng(1)
    for name in ("boxes", "max_box_acc", "refined"):
        (folder / "data" / name).mkdir()
    simulate_refined(folder / "data/refined", rng, holdout + test)
    for key in keys:
        np.save(folder / "data/boxes" / file_name(*key), shrinking_boxes(rng, holdout + test))
        np.save(folder / "data/max_box_acc" / file_name(*key), hits(rng, holdout + test))
    return keys


def simulate_refined(folder: pathlib.Path, rng: np.random.Generator, images: int) -> None:
    """The refined boxes of CAM."""
    np.save(folder / "cam-grabcut.npy", shrinking_boxes(rng, images)[:1])
    row = {"map": "cam", "layer": LAST, "refinement": "grabcut", "file": "cam-grabcut.npy", "heatmaps": "cam.npy"}
    pd.DataFrame([row | {"low": 0.2, "high": 0.7, "degenerate_test": 0}]).to_parquet(folder / "maps.parquet")


def shrinking_boxes(rng: np.random.Generator, images: int) -> np.ndarray:
    """Boxes (thresholds, images, 4) that shrink around a centre as the threshold rises."""
    centres = rng.uniform(0.3, 0.7, (images, 2)).astype(np.float32)
    sides = rng.uniform(0.3, 0.6, (images, 2)).astype(np.float32)
    halves = sides * np.linspace(1, 0.05, THRESHOLDS, dtype=np.float32)[:, None, None] / 2
    return np.concatenate([centres - halves, centres + halves], axis=-1)


def hits(rng: np.random.Generator, images: int) -> np.ndarray:
    """(levels, images, 4) bool: an image is localized up to some level."""
    return np.arange(LEVELS)[:, None, None] < rng.integers(0, LEVELS, (images, 4))


def simulate_heatmaps(folder: pathlib.Path, keys: Keys, drawn: Keys, holdout: int, test: int) -> None:
    """Tables for all maps, and arrays of random heatmaps for those that are `drawn`."""
    rng = np.random.default_rng(0)
    heatmaps = folder / "data/heatmaps"
    for path in (heatmaps, folder / "data/stanford_dogs", folder / "data/features", folder / "models/training"):
        path.mkdir(parents=True)
        (path / "simulated").touch()
    (folder / "models/classifier.keras").touch()
    index(rng, holdout, test).to_parquet(heatmaps / "index.parquet")
    pd.DataFrame({"name": [f"class {label}" for label in range(CLASSES)]}).to_parquet(heatmaps / "classes.parquet")
    layers = {"known": list(LAYERS), "blocks": list(LAYERS), "stages": list(LAYERS), "cam": True}
    network = {"key": "ResNet50, 224", "layers": layers}
    (heatmaps / "network.json").write_text(json.dumps(network))
    sides = [LAYERS.get(layer, max(LAYERS.values())) for _, layer in keys]
    table = pd.DataFrame(keys, columns=["map", "layer"]).assign(refinement="none", height=sides, width=sides)
    table.assign(file=[file_name(*key) for key in keys]).to_parquet(heatmaps / "maps.parquet")
    for map_name, layer in drawn:
        side = LAYERS.get(layer, max(LAYERS.values()))
        values = rng.random((holdout + test, side, side), np.float32)
        values /= values.max(axis=(1, 2), keepdims=True)
        np.save(heatmaps / file_name(map_name, layer), values.astype(np.float16))


def file_name(map_name: str, layer: str) -> str:
    return f"{map_name}-{layer}.npy"


def index(rng: np.random.Generator, holdout: int, test: int) -> pd.DataFrame:
    count = holdout + test
    top5 = np.argsort(rng.random((count, CLASSES)), axis=1)[:, :5]
    corners = np.sort(rng.random((count, 2, 2, 2)).astype(np.float32), axis=2)  # image, box, lower and upper, y and x
    labels = rng.integers(0, CLASSES, count)
    boxes_yxyx = [boxes[: 2 if rng.random() < 0.08 else 1].ravel() for boxes in corners]
    return pd.DataFrame(
        {
            "split": np.repeat(["holdout", "test"], [holdout, test]),
            "image": [f"{number}.jpg" for number in range(count)],
            "label": labels,
            "boxes_yxyx": boxes_yxyx,
            "predicted": top5[:, 0],
            "top5": list(top5),
            "mapped": labels,
            "probability": rng.random(count),
            "height": 375,
            "width": 500,
        }
    )


if __name__ == "__main__":
    main()
