"""Peak memory of every stage at 2,000 and at 20,000 pictures.

    python -m benchmarks.stage_memory

A fifth of the pictures is in train, the others in test. They are 32 x 32 pixels: noise with a bright square, in COCO
files. The network is a narrow ResNet50 with random weights, of which the head is trained. `finetune, all layers` is
the same stage with `trainable: all`.
"""

import json
import os
import pathlib
import sys
import tempfile

import numpy as np
from PIL import Image
from ruamel.yaml import YAML

from benchmarks import clones, timing

COUNTS = (2_000, 20_000)
SIDE, TRAIN = 32, 5  # pixels; one picture of so many is in train
COLOURS = ("red", "green", "blue")  # the classes
PARAMS: dict[str, object] = {
    "dataset": "squares",
    "map": "layer_cam",
    "layer": "all",
    "heatmaps.methods": ["layer_cam"],
    "heatmaps.layers": "stages",
    "boxes.thresholds.step": 0.1,
    "boxes.thresholds.also": [0.005],
    "refine.method": "none",
    "selection.images": 2,
    "selection.thresholds": [0.1],
}
BACKBONE = {"name": "ResNet50", "width": 0.05, "weights": None}
HEAD = {"epochs": 2, "batch_size": 64, "learning_rate": 0.001, "patience": 5}
FINETUNE = {"trainable": "head", "seed": 0, "batch_norm_momentum": 0.9, **HEAD, "head": HEAD}

Runs = dict[str, dict[str, float]]


def main() -> None:
    runs: Runs = {}
    for count in COUNTS:
        # beside the project: the system's folder for temporary files may lie in memory
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", clones.ROOT.parent)) as name:
            runs |= {f"{stage}, {count} pictures": run for stage, run in stages(pathlib.Path(name), count).items()}
            timing.write("stage_memory", {"runs": runs})
    clones.report("Memory of the stages", runs)


def stages(folder: pathlib.Path, count: int) -> Runs:
    """Seconds and memory of each stage on this many pictures."""
    draw(folder, count)
    source = {
        "images": str(folder / "pictures"),
        **{split: str(folder / f"{split}.json") for split in ("train", "test")},
    }
    section = {"classes": "all", "image_size": SIDE, "download": {"coco": source}, "backbone": BACKBONE}
    clone = folder / "clone"
    clones.clone(clone, PARAMS | {"squares": section | {"finetune": FINETUNE}})
    runs = {stage: stage_run(clone, stage) for stage in names(clone)}
    set_trainable(clone, "all")
    return runs | {"finetune, all layers": stage_run(clone, "finetune")}


def stage_run(clone: pathlib.Path, stage: str) -> dict[str, float]:
    run = clones.measured(clone, sys.executable, "-m", f"stages.{stage}")
    print(f"{stage}: {run['seconds']} s, {run['gib']} GiB", flush=True)
    return run


def names(clone: pathlib.Path) -> list[str]:
    """The stages in the order of dvc.yaml, which is that in which they run."""
    return list(YAML(typ="safe").load(clone / "dvc.yaml")["stages"])


def set_trainable(clone: pathlib.Path, trainable: str) -> None:
    params = YAML().load(clone / "params.yaml")
    params["squares"]["finetune"]["trainable"] = trainable
    YAML().dump(params, clone / "params.yaml")


# ---------------------------------------------------------------- pictures


def draw(folder: pathlib.Path, count: int) -> None:
    """Write the pictures and their annotation files."""
    (folder / "pictures").mkdir()
    rng = np.random.default_rng(0)
    splits: dict[str, list[int]] = {"train": [], "test": []}
    boxes = []
    for number in range(count):
        splits["test" if number % TRAIN else "train"].append(number)
        pixels, box = square(rng, number)
        boxes.append(box)
        Image.fromarray(pixels).save(folder / f"pictures/{number}.png")
    for split, numbers in splits.items():
        (folder / f"{split}.json").write_text(json.dumps(annotations(numbers, boxes)))


def square(rng: np.random.Generator, number: int) -> tuple[np.ndarray, list[int]]:
    """A picture, and the box of its square as [x, y, width, height]. The class follows from the number."""
    pixels = rng.integers(0, 100, (SIDE, SIDE, 3), np.uint8)
    x, y, side = (int(value) for value in (*rng.integers(0, SIDE // 2, 2), rng.integers(8, SIDE // 2)))
    pixels[y : y + side, x : x + side, label(number)] = 255
    return pixels, [x, y, side, side]


def label(number: int) -> int:
    return number // TRAIN % len(COLOURS)


def annotations(numbers: list[int], boxes: list[list[int]]) -> dict[str, list]:
    """The content of a COCO file of these pictures."""
    return {
        "images": [{"id": number, "file_name": f"{number}.png", "width": SIDE, "height": SIDE} for number in numbers],
        "annotations": [
            {"id": number, "image_id": number, "category_id": label(number), "bbox": boxes[number]}
            for number in numbers
        ],
        "categories": [{"id": number, "name": name} for number, name in enumerate(COLOURS)],
    }


if __name__ == "__main__":
    main()
