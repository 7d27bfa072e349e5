"""Several trainings: the figures by image, their mean, spread and interval."""

import json
import pathlib

import numpy as np
import pandas as pd
import pytest
from clones import set_params, shell, succeed

from stages import trainings as stage
from wsol.pictures import figures
from wsol.scores import bootstrap, trainings
from wsol.scores.trainings import Training

COMPARED = ("grad_cam", "a", "none")
IMAGES = ["1.jpg", "2.jpg"]


def rows(key: tuple[str, str, str], ious: list[float], chosen: list[float]) -> pd.DataFrame:
    columns = dict(zip(("map", "layer", "refinement"), key, strict=True))
    return pd.DataFrame({"image": IMAGES, "top1_right": [True, False], "iou": ious, "iou_chosen": chosen, **columns})


def training(cam: float = 0.5, verdict: str = "holds", holdout: tuple[float, float] = (0.1, 0.2)) -> Training:
    """Grad-CAM at layer a has IoUs 0.2 and 0.4, at layer b 0.6 and 0.8; the centre box 0.3 and 0.3."""
    images = pd.concat(
        [
            rows(("cam", "b", "none"), [cam, cam], [cam + 0.1, cam + 0.1]),
            rows(COMPARED, [0.2, 0.4], [0.3, 0.5]),
            rows(("grad_cam", "b", "none"), [0.6, 0.8], [0.6, 0.8]),
            rows(("centre_box", "none", "none"), [0.3, 0.3], [0.3, 0.3]),
        ]
    )
    scores = pd.DataFrame({"map": "grad_cam", "layer": ["a", "b"], "refinement": "none", "score": "mean_iou_chosen"})
    claimed = pd.DataFrame({"image": IMAGES, "CAM beats it": [cam - 0.2, cam - 0.4]})
    return Training(images, scores.assign(holdout=holdout), claimed, {"CAM beats it": verdict})


def means(training: Training) -> dict[tuple[str, str], float]:
    return {key: float(values.mean()) for key, values in trainings.figures(training, COMPARED).items()}


def test_figures_by_hand() -> None:
    # Grad-CAM at a: (0.2 + 0.4) / 2 = 0.3, chosen 0.4. Layer b is the best on holdout, and no figure but as the best.
    assert means(training()) == pytest.approx(
        {
            ("CAM", "mean_iou"): 0.5,
            ("Grad-CAM at a", "mean_iou"): 0.3,
            ("centre box", "mean_iou"): 0.3,
            ("CAM less Grad-CAM at a", "mean_iou"): 0.2,
            ("CAM less centre box", "mean_iou"): 0.2,
            ("Grad-CAM at a less centre box", "mean_iou"): 0.0,
            ("CAM", "mean_iou_chosen"): 0.6,
            ("Grad-CAM at a", "mean_iou_chosen"): 0.4,
            ("Grad-CAM, best layer on holdout", "mean_iou_chosen"): 0.7,
            ("centre box", "mean_iou_chosen"): 0.3,
            ("CAM less Grad-CAM at a", "mean_iou_chosen"): 0.2,
            ("CAM less centre box", "mean_iou_chosen"): 0.3,
            ("Grad-CAM at a less centre box", "mean_iou_chosen"): 0.1,
            ("Grad-CAM, best layer on holdout less centre box", "mean_iou_chosen"): 0.4,
            ("top-1 accuracy", "top1"): 0.5,
            ("CAM beats it", "claim"): 0.2,
        }
    )


def test_nothing_is_chosen_without_holdout() -> None:
    assert {score for _, score in means(training(holdout=(np.nan, np.nan)))} == {"mean_iou", "top1", "claim"}


def test_no_cam() -> None:
    whole = training()
    without = whole._replace(images=whole.images[whole.images["map"] != "cam"])
    assert not any(figure.startswith("CAM") for figure, score in means(without) if score != "claim")


@pytest.mark.parametrize("of_trainings", [0.0, 0.02, 0.2])  # standard deviations of the trainings; of images it is 0.1
def test_of_a_hundred_intervals_about_95_hold_the_mean(of_trainings: float) -> None:
    rng, draws = np.random.default_rng(0), 400
    counts = bootstrap.resampled(5, draws, 0), bootstrap.resampled(40, draws, 1)
    held = 0
    for _ in range(300):
        images, means = rng.normal(0, 0.1, 40), rng.normal(0, of_trainings, (5, 1))
        low, high = trainings.interval_of_both(images + means, *counts)
        held += low <= 0 <= high
    assert 0.91 <= held / 300 <= 0.98  # resampled trainings alone: 0.85 of the last case


def test_mean_and_spread_of_three_trainings_by_hand() -> None:
    # CAM has .5, .6 and .7: mean .6, standard deviation sqrt((.01 + 0 + .01) / 2) = .1
    made = {3: training(0.5), 5: training(0.6, "undecided"), 8: training(0.7)}
    table = trainings.table(made, COMPARED, draws=400, seed=0).set_index(["figure", "score"])
    cam = table.loc[("CAM", "mean_iou")]
    assert cam[["mean", "sd", "seed_3", "seed_5", "seed_8"]].tolist() == pytest.approx([0.6, 0.1, 0.5, 0.6, 0.7])
    # of three trainings the smallest is drawn three times in 1 of 27 draws, more than 2.5 %. Its distance to the mean
    # is enlarged by sqrt(3 / 2) * 4.303 / 1.960 = 2.689, where 4.303 is Student's quantile
    assert (cam["low"], cam["high"]) == pytest.approx((0.6 - 0.2689, 0.6 + 0.2689), abs=1e-4)
    assert pd.isna(cam["holds"])
    claim = table.loc[("CAM beats it", "claim")]
    assert claim[["holds", "does_not_hold", "undecided"]].tolist() == [2, 0, 1]
    # the centre box is the same in every training and image
    assert table.loc[("centre box", "mean_iou"), ["sd", "low", "high"]].tolist() == pytest.approx([0, 0.3, 0.3])


def test_a_single_training_has_no_spread() -> None:
    table = trainings.table({0: training()}, COMPARED, draws=100, seed=0)
    assert table["sd"].isna().all() and table["mean"].tolist() == table["seed_0"].tolist()


def test_the_interval_of_equal_trainings_is_that_of_images() -> None:
    values, of_images = np.random.default_rng(0).uniform(size=(1, 50)), bootstrap.resampled(50, 500, seed=0)
    repeated = trainings.interval_of_both(np.repeat(values, 3, axis=0), bootstrap.resampled(3, 500, 0), of_images)
    _, low, high = bootstrap.interval(values.T, of_images)
    assert repeated == pytest.approx((low[0], high[0]))
    two = np.array([[0.0] * 50, [1.0] * 50])
    # a draw may have the same training twice. From the mean .5, 0 and 1 are moved to sqrt(2) * 12.706 / 1.960 = 9.168
    # times their distance, where 12.706 is Student's quantile
    ends = trainings.interval_of_both(two, bootstrap.resampled(2, 500, 0), of_images)
    assert ends == pytest.approx((0.5 - 4.584, 0.5 + 4.584), abs=1e-3)


def test_points_of_the_figure() -> None:
    table = trainings.table({0: training(0.5), 1: training(0.7)}, COMPARED, draws=100, seed=0)
    points = trainings.points(table)
    cam = points[(points["figure"] == "CAM") & (points["group"] == "mean IoU, at the fixed threshold")]
    assert cam["seed"].tolist() == ["0", "1"] and cam["estimate"].tolist() == pytest.approx([0.5, 0.7])
    assert set(points["group"]) == {
        f"{what}, {how}"
        for what in ("mean IoU", "difference of mean IoU")
        for how in ("at the fixed threshold", "choices made on holdout")
    }
    svg = figures.svg(figures.filled(stage.PLOT | {"title": "x"}, {"trainings": points}, "", ".dvc/plots"))
    assert "difference of mean IoU, at the fixed threshold" in svg


def test_params_but_for_the_seed() -> None:
    def content(seed: int, epochs: int) -> dict[str, object]:
        return {"dataset": "toy_dogs", "toy_dogs": {"finetune": {"seed": seed, "epochs": epochs}}}

    assert stage.without_seed(content(0, 6)) == stage.without_seed(content(1, 6))
    assert stage.without_seed(content(0, 6)) != stage.without_seed(content(0, 7))
    assert stage.seed_of(content(3, 6)) == 3
    assert stage.seed_of({"dataset": "mine", "mine": {"finetune": {}}}) == 0  # the default of a user's section


def test_without_experiments(clone: pathlib.Path) -> None:
    done = shell(clone, "python", "-m", "stages.trainings")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "queue some with `dvc exp run --queue -S 'toy_dogs.finetune.seed=1,2,3,4'`" in done.stderr


def test_outputs_of_other_params(clone: pathlib.Path) -> None:
    set_params(clone, {"toy_dogs.finetune.seed": 7})
    done = shell(clone, "python", "-m", "stages.trainings")
    assert done.returncode == 1 and "`dvc status` names changes: run `dvc repro`." in done.stderr


def test_two_trainings(clone: pathlib.Path) -> None:
    succeed(clone, "dvc", "exp", "run", "--quiet", "-S", "toy_dogs.finetune.seed=1", "report")
    succeed(clone, "git", "checkout", "--quiet", ".")
    succeed(clone, "dvc", "checkout", "--quiet", "--force")
    output = succeed(clone, "python", "-m", "stages.trainings")
    assert "(2 trainings)" in output
    table = pd.read_csv(clone / "tables/trainings.csv").set_index(["figure", "score"])
    headline = json.loads((clone / "metrics/localization.json").read_text())
    assert table.loc[("CAM", "mean_iou"), "seed_0"] == pytest.approx(headline["cam"], abs=1e-6)
    assert table.loc[("CAM", "mean_iou"), "seed_1"] != table.loc[("CAM", "mean_iou"), "seed_0"]
    assert (clone / "plots/trainings.svg").read_text().startswith("<svg")
    assert "lowest to highest of 2 trainings" in (clone / "plots/trainings_by_layer.svg").read_text()
    for name in (
        "tables/trainings.csv",
        "plots/trainings.svg",
        "plots/trainings_by_layer.svg",
    ):  # git ignores them, so they would stay
        (clone / name).unlink()
