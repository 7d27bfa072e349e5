"""Draw a few small maps and keep what the unaltered clovaai/wsolevaluation counts for each.

    python -m benchmarks.wsolevaluation_fixture WSOLEVALUATION OUT

Reads   WSOLEVALUATION, a checkout of clovaai/wsolevaluation; tests/wsolevaluation_fixture.npz is of its commit 96f4b88
Writes  OUT, an .npz:
        names                    (images,) of the maps
        revision                 of the checkout's files: the SHA-256 of evaluation.py
        versions                 of OpenCV and NumPy
        canvas_size              (images,) side of the square on which contours are searched, pixels
        picture_size             (images, 2) height and width of the picture the boxes were drawn in, pixels
        map_NAME                 (h, w) float16
        boxes_picture_xyxy_NAME  (boxes, 4) int, ground truth in pixels of the picture
        boxes_canvas_xyxy_NAME   (boxes, 4) int, the same on the canvas, as BoxEvaluator makes them
        boxes_yxyx_NAME          (boxes, 4) float32, the same in fractions of the picture
        thresholds               (1000,) float64, BoxEvaluator's cam_threshold_list
        deltas                   (3,) percent, its iou_threshold_list
        largest, any             (images, 1000, 3) bool, what an image adds to num_correct at each threshold and
                                 delta, with multi_contour_eval off and on
Takes   3 seconds

Of what wsolevaluation imports, BoxEvaluator needs neither torch, torchvision nor munch: they are left out. It needs
np.float, which NumPy no longer has and which stood for float.
"""

import argparse
import dataclasses
import hashlib
import pathlib
import sys
import tempfile
import types
from typing import Any

import cv2
import numpy as np

THRESHOLDS = np.arange(0, 1, 0.001)
DELTAS = (30, 50, 70)


@dataclasses.dataclass
class Case:
    """A map, the canvas it is scored on, and the ground truth [x0, y0, x1, y1] in a picture of (height, width)."""

    name: str
    heatmap: np.ndarray
    canvas_size: int
    picture_size: tuple[int, int]
    boxes_xyxy: list[tuple[int, int, int, int]]


def main() -> None:
    """Write the fixture."""
    parser = argparse.ArgumentParser(description="Keep what the unaltered wsolevaluation counts for a few maps.")
    parser.add_argument("wsolevaluation", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    arguments = parser.parse_args()
    evaluation, inference = imported(arguments.wsolevaluation)
    drawn = cases()
    arrays: dict[str, Any] = {
        "names": np.array([case.name for case in drawn]),
        "revision": np.array(hashlib.sha256((arguments.wsolevaluation / "evaluation.py").read_bytes()).hexdigest()),
        "versions": np.array([f"opencv {cv2.__version__}", f"numpy {np.__version__}"]),
        "canvas_size": np.array([case.canvas_size for case in drawn]),
        "picture_size": np.array([case.picture_size for case in drawn]),
        "thresholds": THRESHOLDS,
        "deltas": np.array(DELTAS),
        "largest": np.stack([correct(case, False, evaluation, inference) for case in drawn]),
        "any": np.stack([correct(case, True, evaluation, inference) for case in drawn]),
    }
    for case in drawn:
        arrays |= of_case(case, evaluation)
    np.savez_compressed(arguments.out, **arrays)


def imported(folder: pathlib.Path) -> tuple[Any, Any]:
    """Its modules evaluation and inference, with stand-ins for what BoxEvaluator does not need."""
    np.float = float  # type: ignore[attr-defined]
    data: dict[str, Any] = {"Dataset": object, "DataLoader": object}
    stand_ins: dict[str, dict[str, Any]] = {"torch": {}, "torch.utils": {}, "torch.utils.data": data, "munch": {}}
    for name, contents in (stand_ins | {"torchvision": {"transforms": object}}).items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(contents)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, sys.modules[name])
    sys.path.insert(0, str(folder))
    import evaluation  # type: ignore[import-not-found]
    import inference  # type: ignore[import-not-found]

    return evaluation, inference


def evaluator(case: Case, every_contour: bool, evaluation: Any) -> Any:
    """A BoxEvaluator that knows of one image."""
    height, width = case.picture_size
    lines = {
        "image_ids": ["0"],
        "image_sizes": [f"0,{width},{height}"],
        "localization": [",".join(map(str, (0, *box))) for box in case.boxes_xyxy],
    }
    evaluation._RESIZE_LENGTH = case.canvas_size
    with tempfile.TemporaryDirectory() as folder:
        metadata = Metadata({name: f"{folder}/{name}.txt" for name in lines})
        for name, own in lines.items():
            pathlib.Path(metadata[name]).write_text("".join(f"{line}\n" for line in own))
        return evaluation.BoxEvaluator(
            metadata=metadata,
            dataset_name="CUB",
            split="test",
            cam_threshold_list=list(THRESHOLDS),
            iou_threshold_list=list(DELTAS),
            mask_root="",
            multi_contour_eval=every_contour,
        )


class Metadata(dict):
    """A dictionary whose entries are attributes too, as wsolevaluation reads them."""

    __getattr__ = dict.__getitem__


def correct(case: Case, every_contour: bool, evaluation: Any, inference: Any) -> np.ndarray:
    """Whether the image counts as correct, (thresholds, deltas) bool; resized in float64 as its CAMComputer does."""
    side = case.canvas_size
    resized = cv2.resize(case.heatmap.astype(float), (side, side), interpolation=cv2.INTER_CUBIC)
    judge = evaluator(case, every_contour, evaluation)
    judge.accumulate(inference.normalize_scoremap(resized), "0")
    return np.stack([judge.num_correct[delta] for delta in DELTAS], axis=-1).astype(bool)


def of_case(case: Case, evaluation: Any) -> dict[str, np.ndarray]:
    """The arrays that say what the case is."""
    boxes, (height, width) = np.array(case.boxes_xyxy), case.picture_size
    return {
        f"map_{case.name}": case.heatmap,
        f"boxes_picture_xyxy_{case.name}": boxes,
        f"boxes_canvas_xyxy_{case.name}": np.array(evaluator(case, False, evaluation).gt_bboxes["0"]),
        f"boxes_yxyx_{case.name}": (boxes[:, [1, 0, 3, 2]] / [height, width, height, width]).astype(np.float32),
    }


def cases() -> list[Case]:
    """The maps; sizes and boxes are chosen so that each has thresholds of both outcomes."""
    rng = np.random.default_rng(0)
    drawn = [
        Case("smooth", smooth(rng, 7), 112, (375, 500), [(10, 30, 480, 360)]),
        # two boxes, one to the picture's last column; 7 / 49 lies below a whole pixel in float32
        Case("smooth_two_boxes", smooth(rng, 14), 112, (98, 49), [(7, 0, 49, 98), (28, 49, 49, 98)]),
        Case("noise", rng.random((28, 28)), 112, (333, 500), [(10, 12, 490, 300), (250, 150, 270, 170)]),
        Case("sparse", sparse(rng, 14), 64, (64, 64), [(20, 10, 60, 60), (1, 1, 12, 30)]),
        Case("relu", np.maximum(rng.normal(size=(14, 14)), 0), 112, (480, 640), [(20, 20, 630, 450)]),
        # the ring encloses more than the blot, which has more pixels; once the ring is the object, once the blot
        Case("ring_is_object", ring_and_blot(), 112, (112, 112), [(46, 46, 110, 110)]),
        Case("blot_is_object", ring_and_blot(), 112, (112, 112), [(0, 0, 44, 44)]),
        # of a bar and a square without holes the bar has more pixels, the square more area
        Case("bar_and_square", bar_and_square(), 64, (64, 64), [(28, 27, 50, 50)]),
        # contours of holes count among any, never as the largest
        Case("rings", rings(28), 64, (64, 64), [(14, 14, 48, 48)]),
        # peaks alike, and so contours of the same area: the last in raster order is listed first
        Case("equals", equals(), 112, (112, 112), [(80, 80, 95, 95)]),
        # boxes of every width: at 21, 35, 49 and 100 columns IoU with the object's 70 is exactly a delta, and 69 of
        # 112 lies below column 69 in float32
        Case("ramp", np.tile(np.linspace(1, 0, 28), (28, 1)), 112, (112, 112), [(0, 0, 69, 111)]),
        # nothing is above any threshold: the box is the canvas's first pixel, half of this object
        Case("constant", np.full((7, 7), 0.5), 64, (64, 64), [(0, 0, 0, 1)]),
        # the same, though resized in float32 it is no longer constant
        Case("nearly_constant", np.full((7, 7), 0.3), 64, (64, 64), [(0, 0, 64, 64)]),
    ]
    return [dataclasses.replace(case, heatmap=case.heatmap.astype(np.float16)) for case in drawn]


def smooth(rng: np.random.Generator, size: int) -> np.ndarray:
    """A few hills."""
    return cv2.GaussianBlur(rng.random((size, size)), (0, 0), size / 10)


def sparse(rng: np.random.Generator, size: int) -> np.ndarray:
    """Lone peaks of all heights."""
    noise = rng.random((size, size))
    return noise * (rng.random((size, size)) > 0.85)


def ring_and_blot() -> np.ndarray:
    """A blot in one corner, and a ring of as much height, of fewer pixels but wider, in the other."""
    heatmap = np.zeros((28, 28))
    heatmap[:11, :11] = 1
    heatmap[12:27, 12:27] = 1
    heatmap[13:26, 13:26] = 0
    return heatmap


def bar_and_square() -> np.ndarray:
    """A bar along the upper edge and a square."""
    heatmap = np.zeros((28, 28))
    heatmap[1:5, :] = 1
    heatmap[12:22, 12:22] = 1
    return heatmap


def rings(size: int) -> np.ndarray:
    """Rings around the middle, the inner ones higher."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    radius = np.hypot(y, x)
    return (1 + np.cos(radius * 1.3)) * np.exp(-radius / size)


def equals() -> np.ndarray:
    """Three peaks of the same height, away from the edge."""
    heatmap = np.zeros((7, 7))
    heatmap[[1, 3, 5], [3, 1, 5]] = 1
    return heatmap


if __name__ == "__main__":
    main()
