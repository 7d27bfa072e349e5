"""Choosing on k images: small cases whose best choice is known by hand, and what the stage writes."""

import pathlib
import types

import numpy as np
import pandas as pd
import pytest

from stages import boxes_needed as stage
from stages.support import params
from wsol.maps.keys import KEY
from wsol.scores import boxes_needed
from wsol.scores.images import NO_CHOICES, NO_SCORES

MAPS = pd.DataFrame(
    [
        ("cam", "conv5", "none"),
        ("layer_cam", "conv5", "none"),
        ("layer_cam", "all", "none"),
        ("layer_cam", "all", "grabcut"),
    ],
    columns=KEY,
)

# ---------------------------------------------------------------- draws


@pytest.mark.parametrize(
    ("images", "expected"),
    [(0, []), (1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (50, [1, 2, 5, 10, 20, 50]), (51, [1, 2, 5, 10, 20, 50, 51])],
)
def test_no_draw_is_larger_than_holdout(images: int, expected: list[int]) -> None:
    assert boxes_needed.sizes(images) == expected


def test_draws_are_without_replacement_and_nested() -> None:
    drawn = boxes_needed.draws(7, repeats=20, seed=0)
    assert drawn.sum(axis=1).tolist() == [1] * 20 + [2] * 20 + [5] * 20 + [7]
    first, second, third = drawn[:20], drawn[20:40], drawn[40:60]
    assert (first <= second).all()
    assert (second <= third).all()
    assert len({row.tobytes() for row in second}) > 5  # of 21 pairs


def test_a_seed_gives_the_same_draws() -> None:
    first, again, other = (boxes_needed.draws(9, repeats=5, seed=seed) for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()


def test_without_images_there_is_no_draw() -> None:
    assert boxes_needed.draws(0, repeats=5, seed=0).shape == (0, 0)


# ---------------------------------------------------------------- choices

IOUS = np.array([[0.9, 0.1, 0.1], [0.4, 0.4, 0.4], [0.0, 0.7, 0.4]])  # three candidates on three images
REPORTED = np.array([0.3, 0.5, 0.6])


@pytest.mark.parametrize(
    ("drawn", "highest", "reported"),
    [
        ([1, 0, 0], 0.9, 0.3),
        ([0, 1, 0], 0.7, 0.6),
        ([0, 0, 1], 0.4, 0.5),  # the second and the third are equal: the second
        ([1, 1, 0], 0.5, 0.3),  # means .5, .4, .35
        ([0, 1, 1], 0.55, 0.6),  # .1, .4, .55
        ([1, 1, 1], 0.4, 0.5),  # .37, .4, .37
    ],
)
def test_the_best_candidate_of_a_draw(drawn: list[int], highest: float, reported: float) -> None:
    chosen = boxes_needed.choices(IOUS, REPORTED, np.array([drawn], bool))
    assert [values.tolist() for values in chosen] == [[pytest.approx(highest)], [reported]]


def test_of_identical_candidates_the_first_is_chosen() -> None:
    ious = np.repeat(np.random.default_rng(0).random((1, 40)), 101, axis=0)
    drawn = boxes_needed.draws(40, repeats=50, seed=0)
    _, reported = boxes_needed.choices(ious, np.arange(101.0), drawn)
    assert not reported.any()


# ---------------------------------------------------------------- candidates


def names(maps: pd.DataFrame) -> list[str]:
    return [name for _, name, _ in boxes_needed.candidates(maps)]


def test_sets_of_candidates() -> None:
    assert [(role, name, rows.astype(int).tolist()) for role, name, rows in boxes_needed.candidates(MAPS)] == [
        ("all", "all maps", [1, 1, 1, 0]),
        ("refined", "all maps and refined maps", [1, 1, 1, 1]),
        ("method", "CAM", [1, 0, 0, 0]),
        ("method", "LayerCAM, any layer", [0, 1, 1, 0]),
        ("fusion", "LayerCAM, all layers", [0, 0, 1, 0]),
    ]


def test_without_layer_cam_every_fused_map_has_its_thresholds() -> None:
    keys = [("grad_cam", "conv5"), ("grad_cam", "all"), ("hires_cam", "conv5"), ("hires_cam", "all")]
    maps = pd.DataFrame([(*key, "none") for key in keys], columns=KEY)
    assert names(maps)[-2:] == ["Grad-CAM, all layers", "HiResCAM, all layers"]


def test_a_set_is_listed_once() -> None:
    assert names(MAPS[:1]) == ["all maps"]
    assert names(MAPS[1:3]) == ["all maps", "LayerCAM, all layers"]


# ---------------------------------------------------------------- the table


def test_table() -> None:
    # draws of one image, twice, and of both images
    drawn = np.array([[1, 0], [0, 1], [1, 1]], bool)
    highest = np.array([[0.2, 0.6, 0.4], [0.3, 0.5, 0.4], [0.1, 0.1, 0.1], [0.1, 0.7, 0.3]])
    reported = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.0, 0.0, 0.0], [0.7, 0.9, 0.8]])
    table = boxes_needed.table(MAPS, highest, reported, drawn).set_index(["candidates", "k"])
    # the second map, then the first: .4 and .2; the percentiles lie a twentieth inside
    assert table.loc[("all maps", 1), ["mean_iou", "low", "high"]].tolist() == pytest.approx([0.3, 0.21, 0.39])
    # both maps have .4 on both images: the first one
    assert table.loc[("all maps", 2), ["mean_iou", "low", "high"]].tolist() == [0.3, 0.3, 0.3]
    # the second map, then the refined one: .4 and .9
    assert table.loc[("all maps and refined maps", 1), "mean_iou"] == pytest.approx(0.65)
    assert table.loc[("LayerCAM, any layer", 1), "mean_iou"] == pytest.approx(0.45)
    assert table.loc[("LayerCAM, all layers", 2), "mean_iou"] == 0


def test_without_draws_the_table_has_no_row() -> None:
    table = boxes_needed.table(MAPS, np.zeros((4, 0)), np.zeros((4, 0)), np.zeros((0, 0), bool))
    assert table.columns.tolist() == boxes_needed.COLUMNS
    assert table.empty


# ---------------------------------------------------------------- the stage

BOX = np.array([[0.0, 0.0, 1.0, 1.0]])
NO_BOX = np.zeros((0, 4))


def write_run(folder: pathlib.Path, boxes: list[np.ndarray]) -> None:
    """What the stages before have written: two images of holdout, two of test, and two thresholds, 0.1 and 0.5."""
    for name in ("heatmaps", "refined", "scores"):
        (folder / "data" / name).mkdir(parents=True)
    index = pd.DataFrame({"split": ["holdout", "holdout", "test", "test"], "label": 0, "predicted": 0})
    # flat, as parquet holds them
    index = index.assign(top5=[[0]] * 4, boxes_yxyx=[box.ravel() for box in boxes])
    index.to_parquet(folder / "data/heatmaps/index.parquet")
    drawn = MAPS[:3].assign(height=7, width=7, file=["cam.npy", "layer_cam-conv5.npy", "layer_cam-all.npy"])
    drawn.to_parquet(folder / "data/heatmaps/maps.parquet")
    refined = MAPS[3:].assign(file="refined.npy", heatmaps="layer_cam-all.npy")
    refined.to_parquet(folder / "data/refined/maps.parquet")
    ious = {
        "cam": [[0.1, 0.1, 0.4, 0.2], [0.5, 0.3, 0.6, 0.4]],
        "layer_cam-conv5": [[0.2, 0.2, 0.2, 0.2], [0.1, 0.1, 0.1, 0.1]],
        "layer_cam-all": [[0.3, 0.3, 0.7, 0.7], [0.2, 0.2, 0.8, 0.8]],
        "refined": [[0.9, 0.9, 0.3, 0.1]],
    }
    for name, values in ious.items():
        np.save(folder / f"data/scores/{name}.npy", np.array(values))
    baselines = pd.DataFrame({"baseline": ["centre_box"], "score": "mean_iou", "values": [np.array([0.4, 0.2])]})
    baselines.to_parquet(folder / "data/scores/baselines.parquet")


def run_stage(folder: pathlib.Path, boxes: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> str:
    write_run(folder, boxes)
    thresholds = types.SimpleNamespace(step=0.5, also=[0.1])
    settings = types.SimpleNamespace(seed=0, boxes=types.SimpleNamespace(thresholds=thresholds))
    monkeypatch.setattr(params, "read", {"boxes_needed": settings}.get)
    monkeypatch.chdir(folder)
    return stage.main()


def test_the_stage(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = run_stage(tmp_path, [BOX] * 4, monkeypatch)
    assert said == "boxes_needed: wrote tables/boxes_needed.csv and plots/boxes_needed.csv (4 maps)"
    table = pd.read_csv("tables/boxes_needed.csv")
    assert table.columns.tolist() == ["candidates", "k", "mean_iou", "low", "high"]
    at_all = table[table["k"] == 2].set_index("candidates")[["mean_iou", "low", "high"]]
    # on both images of holdout, CAM at 0.5 has .4: .5 on test. LayerCAM, all layers, is best at 0.1: .7
    assert at_all.loc["all maps"].tolist() == [0.5] * 3
    assert at_all.loc["all maps and refined maps"].tolist() == [0.2] * 3
    assert at_all.loc["LayerCAM, any layer"].tolist() == [0.7] * 3
    # on the second image alone, CAM at 0.5 and LayerCAM, all layers, at 0.1 have .3: the first
    assert set(table.loc[(table["k"] == 1) & (table["candidates"] == "all maps"), "mean_iou"]) == {0.5}
    lines = pd.read_csv("plots/boxes_needed.csv")[stage.LINES].drop_duplicates()
    # fused LayerCAM at 0.1; the centre box; the same map at 0.5
    assert lines.to_numpy().tolist() == [[pytest.approx(0.7), pytest.approx(0.3), pytest.approx(0.8)]]


def test_images_without_ground_truth_do_not_count(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_stage(tmp_path, [NO_BOX, BOX, BOX, NO_BOX], monkeypatch)
    table = pd.read_csv("tables/boxes_needed.csv")
    assert table["k"].unique().tolist() == [1]
    assert table["mean_iou"].tolist()[0] == 0.6  # CAM at 0.5, on the first image of test alone


@pytest.mark.parametrize(
    ("boxes", "sentence"), [([NO_BOX] * 2 + [BOX] * 2, NO_CHOICES), ([BOX] * 2 + [NO_BOX] * 2, NO_SCORES)]
)
def test_without_boxes_nothing_is_chosen(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, boxes: list[np.ndarray], sentence: str
) -> None:
    assert run_stage(tmp_path, boxes, monkeypatch).endswith(f"; {sentence}")
    assert pd.read_csv("tables/boxes_needed.csv").columns.tolist() == ["candidates", "k", "mean_iou", "low", "high"]
    assert pd.read_csv("plots/boxes_needed.csv").empty
