"""How long does a user wait at the paper's full scale, once the maps are drawn?

    python -m benchmarks.full_scale

Simulated: random maps of the true shapes for all 120 breeds (1,200 images of holdout, 8,580 of
test, CAM and 16 layers), and the default grid of thresholds. Random maps are the worst case for
`boxes` and `max_box_acc`: a map that a network draws has large areas of zeros.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

from benchmarks import clones, timing

HOLDOUT, TEST, CLASSES = 1200, 8580, 120
LAYERS = {
    f"conv{stage}_block{block}_out": side
    for stage, blocks, side in ((2, 3, 56), (3, 4, 28), (4, 6, 14), (5, 3, 7))
    for block in range(1, blocks + 1)
}
STAGES = ("boxes", "max_box_acc", "iou")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "clone"
        clones.clone(folder, {"dataset": "stanford_dogs"})
        simulate(folder)
        found = {stage: clones.measured(folder, sys.executable, "-m", f"stages.{stage}") for stage in STAGES}
        commit = [sys.executable, "-m", "dvc", "commit", "--force", "--quiet", "--with-deps", STAGES[-1]]
        subprocess.run(commit, cwd=folder, check=True)
        # no further: the pictures beside need a real data set
        change = ("dvc", "exp", "run", "-S", "layer=conv4_block6_out", STAGES[-1])
        found[" ".join(change)] = clones.measured(folder, *change)
        found["dvc repro, idle"] = clones.measured(folder, "dvc", "repro", STAGES[-1])
    clones.report(f"{HOLDOUT + TEST} images, {len(LAYERS) + 1} maps", found)
    timing.write("full_scale", {"runs": found})


def simulate(folder: pathlib.Path) -> None:
    """What the stages before `boxes` would have written."""
    rng = np.random.default_rng(0)
    heatmaps = folder / "data/heatmaps"
    for path in (heatmaps, folder / "data/stanford_dogs", folder / "models"):
        path.mkdir(parents=True)
    (folder / "data/stanford_dogs/simulated").touch()
    (folder / "models/classifier.keras").touch()
    index(rng).to_parquet(heatmaps / "index.parquet")
    pd.DataFrame({"name": [f"class {label}" for label in range(CLASSES)]}).to_parquet(heatmaps / "classes.parquet")
    maps = [("cam", "conv5_block3_out", "cam.npy", 7)]
    maps += [("grad_cam", layer, f"grad_cam-{layer}.npy", side) for layer, side in LAYERS.items()]
    for _, _, file, side in maps:
        values = rng.random((HOLDOUT + TEST, side, side), np.float32)
        np.save(heatmaps / file, (values / values.max(axis=(1, 2), keepdims=True)).astype(np.float16))
    table = pd.DataFrame(maps, columns=["map", "layer", "file", "height"])
    table.assign(width=table["height"]).to_parquet(heatmaps / "maps.parquet")


def index(rng: np.random.Generator) -> pd.DataFrame:
    count = HOLDOUT + TEST
    top5 = np.argsort(rng.random((count, CLASSES)), axis=1)[:, :5]
    corners = np.sort(rng.random((count, 2, 2, 2)).astype(np.float32), axis=2)  # image, box, lower and upper, y and x
    labels = rng.integers(0, CLASSES, count)
    boxes_yxyx = [own[: 2 if rng.random() < 0.08 else 1].ravel() for own in corners]
    return pd.DataFrame(
        {
            "split": np.repeat(["holdout", "test"], [HOLDOUT, TEST]),
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
