"""The data of the plots, on figures small enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest

from wsol.pictures import plot_data
from wsol.scores import tables
from wsol.scores.localization import Score

THRESHOLDS = np.array([0.1, 0.5])


def scored(kind: str, layer: str, side: int) -> tables.ScoredMap:
    ious = np.array([[0.2, 0.4], [0.6, 0.8]])
    scores = {"mean_iou": Score(ious[:, 0], 0.1), "mean_iou_chosen": Score(ious[:, 1], 0.5)}
    box_accs = np.linspace(1, 0, 255)
    return tables.ScoredMap(
        kind, layer, "", side, side, np.zeros((2, 2, 4)), ious, ious, box_accs, scores, scores, scores
    )


MAPS = [scored("cam", "conv5_out", 7), scored("grad_cam", "conv4_out", 14), scored("grad_cam", "conv5_out", 7)]
COUNTS = np.array([[2.0, 0], [1, 1], [0, 2]])
SCORES = tables.scores(MAPS, COUNTS)
LOOKING_AT_NOTHING = {name: {"mean_iou": Score(np.array([0.1, 0.3]), np.nan)} for name in plot_data.BASELINES}
BASELINES = tables.baselines(
    dict.fromkeys(plot_data.BASELINES, np.zeros((1, 4))), LOOKING_AT_NOTHING, LOOKING_AT_NOTHING, COUNTS
)


def test_by_layer() -> None:
    table = plot_data.by_layer(MAPS, SCORES, BASELINES, "conv5_out")
    assert table["label"].tolist() == ["conv5_out|7 × 7", "conv4_out|14 × 14", "conv5_out|7 × 7"]
    assert table["marked"].tolist() == [False, False, True]  # CAM has its last layer's name, and no mark
    assert table["block"].tolist() == ["conv5", "conv4", "conv5"]
    assert table["shaded"].tolist() == [False, False, True]
    assert table["mean_iou"].tolist() == pytest.approx([0.4] * 3)
    assert table["full_image_iou"].tolist() == pytest.approx([0.2] * 3)
    assert (table["low"] < table["mean_iou"]).all()


def test_by_threshold() -> None:
    table = plot_data.by_threshold(MAPS, THRESHOLDS, BASELINES)
    assert table["mean_iou"].tolist() == pytest.approx([0.4, 0.6] * 3)
    # thresholds are whole grey levels: .1 is level 25 of 255, .5 level 127, which lies in the middle of 0..254
    assert table["box_acc"].tolist()[:2] == pytest.approx([1 - 25 / 254, 0.5])


def test_compared() -> None:
    table = plot_data.compared(MAPS[:2], SCORES, BASELINES)
    assert table["what"].tolist() == [
        *["CAM"] * 2,
        *["Grad-CAM at conv4_out"] * 2,
        "full-image box",
        "centre box",
        "mean box",
    ]
    assert table["threshold"].tolist() == ["fixed", "chosen on holdout"] * 2 + ["none"] * 3
    assert table["mean_iou"].tolist() == pytest.approx([0.4, 0.6, 0.4, 0.6, 0.2, 0.2, 0.2])


def test_by_image() -> None:
    images = pd.DataFrame(
        {
            "image": ["a", "b"] * 3,
            "label": "beagle",
            "top1_right": [True, False] * 3,
            "map": ["cam"] * 2 + ["grad_cam"] * 4,
            "layer": ["last"] * 2 + ["early"] * 2 + ["last"] * 2,
            "iou": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        }
    )
    table = plot_data.by_image(images, "early")
    assert table[["image", "prediction", "cam", "grad_cam"]].to_numpy().tolist() == [
        ["a", "right", 0.1, 0.3],
        ["b", "wrong", 0.2, 0.4],
    ]


def predictions(labels: list[str], predicted: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"map": "cam", "label": labels, "predicted": predicted})


def test_confusion_shows_all_pairs_of_the_classes_there_are() -> None:
    # a is once taken for b, and once for c, of which there is no image
    table = plot_data.confusion(predictions(["a", "a", "a", "b"], ["a", "b", "c", "b"]))
    assert table[["true", "predicted", "images"]].to_numpy().tolist() == [
        ["a", "a", 1],
        ["a", "b", 1],
        ["b", "a", 0],
        ["b", "b", 1],
    ]
    assert table["share"].tolist() == pytest.approx([1 / 3, 1 / 3, 0, 1])


def test_confusion_keeps_the_most_confused() -> None:
    # 30 classes of two images; those from the 20th on are each taken once for the next
    labels = [f"{at // 2:02}" for at in range(60)]
    predicted = [f"{(at // 2 - 19) % 10 + 20}" if at % 2 and at >= 40 else label for at, label in enumerate(labels)]
    table = plot_data.confusion(predictions(labels, predicted))
    names = sorted(set(table["true"]))
    assert len(table) == 20 * 20
    assert names[-10:] == [str(at) for at in range(20, 30)]  # all ten that are confused; the rest fill up in order
    assert names[:10] == [f"{at:02}" for at in range(10)]
