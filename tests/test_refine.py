"""The stage `refine`, on a handful of pictures and heatmaps made by hand."""

import pathlib
import shutil

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from clones import ROOT, set_params

from stages import check, refine
from wsol.boxes.geometry import iou_with_ground_truth, padded_boxes
from wsol.boxes.grabcut import grabcut_box
from wsol.boxes.seed_thresholds import pairs
from wsol.data import datasets, images
from wsol.errors import InputError

FILES = ["cam-grabcut.npy", "choices.parquet", "grad_cam-conv3_block3_out-grabcut.npy", "maps.parquet"]


@pytest.fixture
def workspace(
    tmp_path: pathlib.Path,
    toy_folder: pathlib.Path,
    toy_dogs: tfds.core.DatasetBuilder,
    monkeypatch: pytest.MonkeyPatch,
) -> pathlib.Path:
    """A folder with all that the stage reads: 10 images of holdout, 10 of test, two maps."""
    for name in ("dvc.yaml", "tests/params.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "data/heatmaps").mkdir(parents=True)
    (tmp_path / "data/toy_dogs").symlink_to(toy_folder)
    table = datasets.table(toy_dogs, 0.1, 0)
    index = pd.concat([table[table["split"] == split] for split in ("holdout", "test")], ignore_index=True)
    index = index.assign(predicted=0, top5=[[0, 1, 2, 3, 4]] * len(index))
    index.to_parquet(tmp_path / "data/heatmaps/index.parquet")
    write_maps(tmp_path / "data/heatmaps", len(index))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_maps(folder: pathlib.Path, count: int) -> None:
    """Heatmaps with 2 x 2 cells of 1 at a random place, so that some pixels are surely the object.

    CAM is empty for the last test image.
    """
    rng = np.random.default_rng(0)
    keys = [("cam", "last"), ("grad_cam", "conv3_block3_out"), ("grad_cam", "last")]
    names = ["cam.npy", "grad_cam-conv3_block3_out.npy", "grad_cam-last.npy"]
    maps = pd.DataFrame(keys, columns=["map", "layer"]).assign(refinement="none", file=names, height=8, width=8)
    maps.to_parquet(folder / "maps.parquet")
    for name in names:
        heatmaps = np.full((count, 8, 8), 0.03)
        for heatmap, (y, x) in zip(heatmaps, rng.integers(0, 7, (count, 2)), strict=True):
            heatmap[y : y + 2, x : x + 2] = 1
        if name == "cam.npy":
            heatmaps[-1] = 0
        np.save(folder / name, heatmaps.astype(np.float16))


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "data/refined").iterdir())}


def table(name: str) -> pd.DataFrame:
    return pd.read_parquet(f"data/refined/{name}.parquet")


def test_what_is_written(workspace: pathlib.Path) -> None:
    assert refine.main() == "refine: wrote data/refined (2 maps)"
    assert list(contents(workspace)) == FILES
    assert not (workspace / "data/refined.partial").exists()
    maps = table("maps")
    assert maps.columns.tolist() == ["map", "layer", "refinement", "file", "heatmaps", "low", "high", "degenerate_test"]
    assert maps["map"].tolist() == ["cam", "grad_cam"]
    assert maps["layer"].tolist() == ["last", "conv3_block3_out"]
    assert maps["refinement"].tolist() == ["grabcut"] * 2
    assert maps["heatmaps"].tolist() == ["cam.npy", "grad_cam-conv3_block3_out.npy"]
    assert maps["degenerate_test"].tolist() == [1, 0]  # the empty map
    for file in maps["file"]:
        boxes_yxyx = np.load(f"data/refined/{file}")
        assert boxes_yxyx.shape == (1, 20, 4)
        assert boxes_yxyx.dtype == np.float32
    assert np.load("data/refined/cam-grabcut.npy")[0, -1].tolist() == [0, 0, 0, 0]


def test_the_pair_is_the_best_on_holdout(workspace: pathlib.Path) -> None:
    refine.main()
    index, maps, choices = pd.read_parquet("data/heatmaps/index.parquet"), table("maps"), table("choices")
    assert len(choices) == 2 * len(pairs("holdout", "holdout"))
    truth = padded_boxes(index["boxes_yxyx"])[:10]
    for row in maps.itertuples():
        tried = choices[choices["map"] == row.map]
        assert list(zip(tried["low"], tried["high"], strict=True)) == pairs("holdout", "holdout")
        best = tried.loc[tried["mean_iou"].idxmax()]
        assert (row.low, row.high) == (best["low"], best["high"])
        boxes_yxyx = np.load(f"data/refined/{row.file}")[0, :10]
        assert best["mean_iou"] == pytest.approx(iou_with_ground_truth(boxes_yxyx, truth, "best").mean())


def test_the_boxes_are_those_of_the_images(workspace: pathlib.Path, toy_dogs: tfds.core.DatasetBuilder) -> None:
    refine.main()
    row, boxes_yxyx = table("maps").iloc[1], np.load("data/refined/grad_cam-conv3_block3_out-grabcut.npy")[0]
    heatmaps = np.load("data/heatmaps/grad_cam-conv3_block3_out.npy")
    parts = datasets.table(toy_dogs, 0.1, 0)
    for split, first in (("holdout", 0), ("test", 10)):
        for number, example in enumerate(datasets.encoded(toy_dogs, parts, split), first):
            pixels = tf.round(images.decoded(example["image"], 32)[0]).numpy().astype(np.uint8)
            box_yxyx, _ = grabcut_box(heatmaps[number], pixels, row["low"], row["high"], 1, "largest", "upright")
            assert boxes_yxyx[number].tolist() == box_yxyx.tolist()


def test_images_without_a_box_choose_nothing(workspace: pathlib.Path) -> None:
    index = pd.read_parquet("data/heatmaps/index.parquet")
    index.at[3, "boxes_yxyx"] = np.array([], np.float32)
    index.to_parquet("data/heatmaps/index.parquet")
    refine.main()
    best = table("choices").groupby("map")["mean_iou"].max()
    rows = [row for row in range(10) if row != 3]
    boxes_yxyx = np.load("data/refined/cam-grabcut.npy")[0, rows]
    ious = iou_with_ground_truth(boxes_yxyx, padded_boxes(index["boxes_yxyx"][rows]), "best")
    assert best["cam"] == pytest.approx(ious.mean())


def test_a_given_pair_and_side(workspace: pathlib.Path) -> None:
    set_params(workspace, {"refine.low": 0.3, "refine.high": 0.6, "refine.maps": ["grad_cam/last"], "refine.side": 48})
    refine.main()
    assert table("choices")[["map", "layer", "low", "high"]].to_numpy().tolist() == [["grad_cam", "last", 0.3, 0.6]]
    assert table("maps")[["low", "high"]].to_numpy().tolist() == [[0.3, 0.6]]
    pixels = np.load("data/refined/grad_cam-last-grabcut.npy") * 48
    assert pixels == pytest.approx(np.rint(pixels), abs=1e-4)


def test_no_refinement_leaves_empty_tables(workspace: pathlib.Path) -> None:
    refine.main()
    before = {name: table(name) for name in ("maps", "choices")}
    set_params(workspace, {"refine.method": "none"})
    assert refine.main() == "refine: wrote data/refined (0 maps)"
    assert list(contents(workspace)) == ["choices.parquet", "maps.parquet"]
    for name, full in before.items():
        assert len(table(name)) == 0
        assert table(name).columns.tolist() == full.columns.tolist()
        numbers = full.select_dtypes("number").dtypes
        assert (table(name).dtypes[numbers.index] == numbers).all()


@pytest.mark.parametrize("names", [["cam"], ["cam", "grad_cam/last"]])
def test_without_cam_it_is_left_out(workspace: pathlib.Path, names: list[str]) -> None:
    maps = pd.read_parquet("data/heatmaps/maps.parquet")
    maps[maps["map"] != "cam"].to_parquet("data/heatmaps/maps.parquet")
    set_params(workspace, {"refine.maps": names, "refine.low": 0.1, "refine.high": 0.9})
    count = len(names) - 1
    said = f"refine: wrote data/refined ({count} maps); cam is left out, since the network has none"
    assert refine.main() == said
    assert table("maps")["map"].tolist() == ["grad_cam"] * count
    assert len(table("choices")) == count


def test_without_boxes_on_holdout_the_first_pair_stands_for_the_best(workspace: pathlib.Path) -> None:
    index = pd.read_parquet("data/heatmaps/index.parquet")
    index["boxes_yxyx"] = [np.array([], np.float32)] * len(index)
    index.to_parquet("data/heatmaps/index.parquet")
    set_params(workspace, {"refine.maps": ["grad_cam/last"]})
    assert refine.main() == (
        "refine: wrote data/refined (1 maps); nothing is chosen: no holdout image has a ground-truth box, so low is "
        "0.1 and high is 0.7"
    )
    assert table("maps")[["low", "high"]].to_numpy().tolist() == [[0.1, 0.7]]
    assert table("choices")["mean_iou"].isna().tolist() == [True]
    # a given pair needs no choice
    set_params(workspace, {"refine.low": 0.3, "refine.high": 0.6})
    assert refine.main() == "refine: wrote data/refined (1 maps)"


def test_the_check_refuses_a_map_that_is_not_drawn() -> None:
    check.check_refined_maps(["cam", "grad_cam/conv1"], ["grad_cam"], ["conv1"])
    with pytest.raises(InputError, match=r"refine\.maps to name maps that are drawn, cam, .*; got 'layer_kam/conv1'"):
        check.check_refined_maps(["layer_kam/conv1"], ["grad_cam"], ["conv1"])
    with pytest.raises(InputError, match=r"'grad_cam/conv2' of refine\.maps to name a layer of heatmaps\.layers"):
        check.check_refined_maps(["grad_cam/conv2"], ["grad_cam"], ["conv1"])


# ---------------------------------------------------------------- stopped runs


def test_a_stopped_run_is_resumed(workspace: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refine.main()
    whole = contents(workspace)
    shutil.rmtree(workspace / "data/refined")
    tried = len(pairs("holdout", "holdout"))
    monkeypatch.setattr(refine, "BATCH", 4)  # batches of 4, 4 and 2 images
    # holdout's 10 images with two maps and all pairs, then 4 test images with two maps
    stopped = Counted(10 * 2 * tried + 4 * 2 + 1)
    monkeypatch.setattr(refine, "grabcut_box", stopped)
    with pytest.raises(KeyboardInterrupt):
        refine.main()
    assert not (workspace / "data/refined").exists()
    resumed = Counted()
    monkeypatch.setattr(refine, "grabcut_box", resumed)
    refine.main()
    assert resumed.calls <= 10 * 2  # none of holdout
    assert contents(workspace) == whole


class Counted:
    """`grabcut_box`, with its calls counted; it fails from call number `last` on."""

    def __init__(self, last: float = np.inf) -> None:
        self.calls, self.last = 0, last

    def __call__(self, *values: object) -> tuple[np.ndarray, bool]:
        self.calls += 1
        if self.calls >= self.last:
            raise KeyboardInterrupt
        return grabcut_box(*values)  # type: ignore[arg-type]
