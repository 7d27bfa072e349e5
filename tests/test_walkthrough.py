"""docs/walkthrough.md: its template is filled with values that agree with the committed results, its code runs."""

import doctest
import json
import pathlib
import sys

import numpy as np
import pandas as pd
import pytest
from clones import ROOT, succeed

from wsol.maps.keys import KEY, MapKey
from wsol.pictures import walkthrough_text
from wsol.pictures.examples import ShownMaps

CAM, FUSED = MapKey("cam", "conv5"), MapKey("layer_cam", "all", "grabcut")
FOLDER = ROOT / "docs/walkthrough"
RENEW = "run `python -m stages.walkthrough` after `dvc repro`"


def values() -> dict[str, str]:
    return json.loads((FOLDER / "values.json").read_text(encoding="utf8"))


def test_the_page_is_its_template_with_the_values() -> None:
    template = (FOLDER / "template.md").read_text(encoding="utf8")
    assert (ROOT / "docs/walkthrough.md").read_text(encoding="utf8") == template.format_map(values()), RENEW


def test_the_means_are_those_of_the_results() -> None:
    leaderboard, baselines = (
        pd.read_csv(ROOT / f"docs/results/toy_dogs/{name}.csv") for name in ("leaderboard", "baselines")
    )
    quoted = values()
    assert quoted["centre_box_mean"] == f"{walkthrough_text.centre_box_mean(baselines):.3f}", RENEW
    cam = leaderboard[(leaderboard["map"] == "cam") & (leaderboard["refinement"] == "none")].iloc[0]
    compared = leaderboard.query("map == @quoted['map'] and layer == @quoted['layer'] and refinement == 'none'")
    for role, row in (("cam", cam), ("compared", compared.iloc[0]), ("recommended", leaderboard.iloc[0])):
        for name, text in walkthrough_text.mean_values(row).items():
            assert quoted[f"{role}_{name}"] == text, RENEW


def test_the_dogs_ious_are_those_of_the_committed_run() -> None:
    quoted = values()
    row = pd.read_csv(ROOT / "plots/iou_by_image.csv").set_index("image").loc[quoted["image"]]
    for role in ("cam", "compared"):
        assert quoted[f"{role}_iou_fixed"] == f"{row[role]:.3f}", RENEW


def test_its_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.glob("*.png")]
    assert len(sizes) == 5
    assert sum(sizes) < 300_000


def test_areas_and_iou_by_hand() -> None:
    # half of the image and three quarters of it share 1/2 * 3/4 = 0.375; the union is 0.5 + 0.75 - 0.375 = 0.875
    found = walkthrough_text.overlap(np.array([0, 0, 0.5, 1]), np.array([0, 0, 1, 0.75]))
    expected = {
        "box_area": "0.5000",
        "truth_area": "0.7500",
        "intersection": "0.3750",
        "union": "0.8750",
        "iou": "0.429",
    }
    assert found == expected
    disjoint = walkthrough_text.overlap(np.array([0, 0, 0.5, 0.5]), np.array([0.6, 0.6, 1, 1]))
    assert (disjoint["intersection"], disjoint["iou"]) == ("0.0000", "0.000")


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 0.2, "better than the centre box"), (-0.2, -0.1, "worse than the centre box"), (-0.1, 0.1, "undecided")],
)
def test_the_verdict(low: float, high: float, verdict: str) -> None:
    row = {"mean_iou": 0.5, "mean_iou_low": 0.4, "mean_iou_high": 0.6, "less_centre_box": 0.0}
    row |= {"less_centre_box_low": low, "less_centre_box_high": high}
    assert walkthrough_text.mean_values(pd.Series(row))["verdict"] == verdict


def test_the_code_on_the_page_prints_what_it_says(clone: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    succeed(clone, sys.executable, "-m", "stages.walkthrough")
    monkeypatch.chdir(clone)
    result = doctest.testfile(str(clone / "docs/walkthrough.md"), module_relative=False)
    assert result.attempted > 15
    assert result.failed == 0


@pytest.mark.parametrize(("recommended", "expected"), [(FUSED, ("LayerCAM, all layers", "0.6")), (CAM, ("CAM", "0.1"))])
def test_the_seed_thresholds(recommended: MapKey, expected: tuple[str, str]) -> None:
    refined = pd.DataFrame([["cam", "conv5", "grabcut", 0.1, 0.9], ["layer_cam", "all", "grabcut", 0.6, 0.9]])
    refined.columns = pd.Index([*KEY, "low", "high"])
    quoted = walkthrough_text.seed_thresholds(refined, ShownMaps(CAM, CAM, [CAM], recommended))
    assert quoted == {"seeds_of": expected[0], "low": expected[1], "high": "0.9"}
