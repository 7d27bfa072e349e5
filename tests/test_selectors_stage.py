"""The stage `selectors`, on a handful of pictures and a small classifier."""

import pathlib
import shutil
from collections.abc import Callable

import keras
import numpy as np
import pandas as pd
import pytest
from clones import ROOT, set_params

from stages import boxes, heatmaps, selectors
from stages.support import rows
from wsol.selection.agreement import agreement

MAPS = 1 + 2 * 3  # CAM, and two methods at two layers and their fusion
THRESHOLDS = 2


@pytest.fixture(scope="module")
def classifier() -> keras.Model:
    keras.utils.set_random_seed(0)
    image = keras.Input((32, 32, 3))
    values = keras.layers.Rescaling(1 / 255)(image)
    for name in ("first", "second"):
        values = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name=name)(values)
    return keras.Model(image, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(values)))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, toy_folder: pathlib.Path, classifier: keras.Model) -> pathlib.Path:
    """A folder with all that the stage reads: heatmaps and boxes of 10 images of holdout and 10 of test."""
    folder = tmp_path_factory.mktemp("selectors")
    shutil.copy(ROOT / "dvc.yaml", folder)
    shutil.copy(ROOT / "tests/params.yaml", folder / "params.yaml")
    set_params(folder, {"heatmaps.layers": ["first", "second"]})
    (folder / "models").mkdir()
    (folder / "data").mkdir()
    (folder / "data/toy_dogs").symlink_to(toy_folder)
    classifier.save(folder / "models/classifier.keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for stage in (heatmaps, boxes):
            stage.main()
    return folder


@pytest.fixture
def workspace(drawn: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    shutil.copytree(drawn, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(pathlib.Path("data/selectors").iterdir())}


def test_what_is_written(workspace: pathlib.Path) -> None:
    printed = selectors.main()
    assert printed == "selectors: wrote data/selectors (13 selectors, 14 candidates, 2 images of holdout)"
    assert list(contents()) == ["images.parquet", "numbers.parquet"]
    assert not (workspace / "data/selectors.partial").exists()
    numbers = pd.read_parquet("data/selectors/numbers.parquet")
    assert len(numbers) == MAPS * THRESHOLDS
    assert numbers["threshold"].tolist() == [0.1, 0.4] * MAPS
    maps = pd.read_parquet("data/heatmaps/maps.parquet")
    assert numbers["layer"].tolist() == maps["layer"].repeat(THRESHOLDS).tolist()
    assert np.isfinite(numbers.drop(columns=["map", "layer", "refinement"])).all(axis=None)
    fixed = numbers[numbers["fixed_rule"] == 1]
    assert fixed[["map", "layer", "threshold"]].to_numpy().tolist() == [["layer_cam", "all", 0.1]]


def test_images_are_of_holdout_and_of_different_classes(workspace: pathlib.Path) -> None:
    selectors.main()
    index = pd.read_parquet("data/heatmaps/index.parquet")
    images = pd.read_parquet("data/selectors/images.parquet")["image"]
    shown = index[index["image"].isin(images)]
    assert shown["split"].tolist() == ["holdout", "holdout"]
    assert shown["label"].nunique() == 2


def test_the_ground_truth_boxes_of_holdout_change_nothing(workspace: pathlib.Path) -> None:
    selectors.main()
    before = contents()
    index = pd.read_parquet("data/heatmaps/index.parquet")
    index.assign(boxes_yxyx=[np.zeros(0, np.float32)] * len(index)).to_parquet("data/heatmaps/index.parquet")
    selectors.main()
    assert contents() == before


def test_a_stopped_run_goes_on_after_its_last_image(workspace: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_params(workspace, {"selection.images": 4})
    selectors.main()
    before = contents()
    monkeypatch.setattr(rows, "INTERVAL", 0)
    measured: list[int] = []
    monkeypatch.setattr(selectors, "agreement", stopping(measured, after=2))
    with pytest.raises(KeyboardInterrupt):
        selectors.main()
    assert (workspace / "data/selectors.partial/rows.txt").read_text() == "0 2\n"
    monkeypatch.setattr(selectors, "agreement", stopping(measured, after=100))
    selectors.main()
    assert len(measured) == 5  # two images, the one that was stopped, and the last two
    assert contents() == before


def stopping(calls: list[int], after: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The function `agreement`, which is interrupted when it has been called so many times."""

    def counted(boxes_yxyx: np.ndarray, maps: np.ndarray) -> np.ndarray:
        calls.append(len(maps))
        if len(calls) > after:
            raise KeyboardInterrupt
        return agreement(boxes_yxyx, maps)

    return counted


def test_more_images_than_holdout_has(workspace: pathlib.Path) -> None:
    set_params(workspace, {"selection.images": 1000})
    assert "10 images of holdout" in selectors.main()


def test_the_seed_chooses_the_images(workspace: pathlib.Path) -> None:
    names = []
    for seed in (0, 1, 2):
        holdout = pd.read_parquet("data/heatmaps/index.parquet").query("split == 'holdout'")
        names.append(holdout["image"].iloc[selectors.first_images(holdout["label"].to_numpy(), 2, seed)].tolist())
    assert len(set(map(tuple, names))) > 1


def test_pictures_of_another_size_and_the_predicted_class(
    workspace: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_params(workspace, {"heatmaps.image_size": 48, "heatmaps.target": "predicted", "heatmaps.fusion": "none"})
    heatmaps.main()
    boxes.main()
    assert "(13 selectors, 10 candidates, 2 images of holdout)" in selectors.main()  # no fused map
    numbers = pd.read_parquet("data/selectors/numbers.parquet")
    assert numbers.loc[numbers["fixed_rule"] == 1, "map"].tolist() == ["cam"]  # none is fused: the first


def test_batches_hold_all_pictures_in_order() -> None:
    batches = list(selectors.batched(iter(np.arange(5)), 2, 7))
    assert [batch.tolist() for batch, _ in batches] == [[0, 1], [2, 3], [4]]
    assert [label for _, label in batches] == [7, 7, 7]
    assert list(selectors.batched(iter([]), 2, 7)) == []
