"""Small tables for every plot, by their paths: what `dvc repro` writes, in a few rows."""

import pandas as pd

BASELINES = {"full_image_iou": 0.3, "centre_box_iou": 0.5, "mean_box_iou": 0.4}
BASELINES_ACC = {"full_image_acc": 0.2, "centre_box_acc": 0.45, "mean_box_acc": 0.35}
BEST_BASELINE = {"baseline": "centre box", "baseline_iou": 0.5}

# the compared map is LayerCAM, all layers; there is CAM, LayerCAM and HiResCAM at layers and fused, and refined CAM
TABLES = {
    "plots/run.csv": pd.DataFrame(
        {
            "property": ["dataset", "recipe"],
            "value": ["toy_dogs", "the defaults but for: rotated rectangle"],
            "usual": [True, False],
        }
    ),
    "plots/iou_by_layer.csv": pd.DataFrame(
        {
            "map": ["cam"] + ["layer_cam"] * 3 + ["hires_cam"] * 3,
            "layer": ["conv5"] + ["conv4", "conv5", "all"] * 2,
            "refinement": "none",
            "role": ["CAM"] + ["compared"] * 3 + ["other"] * 3,
            "title": ["CAM"]
            + ["LayerCAM at conv4", "LayerCAM at conv5", "LayerCAM, all layers"]
            + ["HiResCAM at conv4", "HiResCAM at conv5", "HiResCAM, all layers"],
            "label": ["conv5|7 × 7"] + ["conv4|14 × 14", "conv5|7 × 7", "all|14 × 14"] * 2,
            "block": ["conv5"] + ["conv4", "conv5", "all"] * 2,
            "shaded": [False] + [False, True, False] + [False] * 3,
            "rule": "fixed",
            "threshold": 0.1,
            "mean_iou": [0.6, 0.5, 0.4, 0.7, 0.2, 0.3, 0.35],
            "low": [0.5, 0.4, 0.3, 0.6, 0.1, 0.2, 0.25],
            "high": [0.7, 0.6, 0.5, 0.8, 0.3, 0.4, 0.45],
            "interval": "95 % interval",
            "marked": [False, False, False, True, False, False, False],
            "others": "HiResCAM",
            "layers": 3,
        }
    ).assign(**BASELINES),
    "plots/iou_by_map.csv": pd.DataFrame(
        {
            "map": ["cam"] * 2 + ["layer_cam"] * 4 + ["cam"] * 2,
            "layer": ["conv5"] * 2 + ["conv5"] * 2 + ["all"] * 2 + ["conv5"] * 2,
            "refinement": ["none"] * 6 + ["grabcut"] * 2,
            "method": ["CAM"] * 2 + ["LayerCAM"] * 4 + ["CAM, GrabCut"] * 2,
            "place": [0] * 4 + [1] * 2 + [0] * 2,
            "rule": ["fixed", "chosen on holdout"] * 4,
            "threshold": [0.1, 0.3, 0.1, 0.2, 0.1, 0.4, None, None],
            "mean_iou": [0.4, 0.61, 0.3, 0.5, 0.55, 0.7, 0.72, 0.72],
            "low": [0.3, 0.51, 0.2, 0.4, 0.45, 0.6, 0.62, 0.62],
            "high": [0.5, 0.71, 0.4, 0.6, 0.65, 0.8, 0.82, 0.82],
            "marked": [False] * 4 + [True] * 2 + [False] * 2,
            "cam_iou": [0.4, 0.61] * 4,
        }
    ).assign(**BEST_BASELINE),
    "plots/iou_by_threshold.csv": pd.DataFrame(
        {
            "map": ["cam"] * 2 + ["layer_cam"] * 4,
            "layer": ["conv5"] * 2 + ["conv4"] * 2 + ["all"] * 2,
            "refinement": "none",
            "title": ["CAM"] * 2 + ["LayerCAM at conv4"] * 2 + ["LayerCAM, all layers"] * 2,
            "threshold": [0.1, 0.5] * 3,
            "mean_iou": [0.6, 0.5, 0.4, 0.3, 0.6, 0.7],
            "box_acc": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
        }
    ).assign(**BEST_BASELINE, **BASELINES_ACC),
    "plots/boxes_needed.csv": pd.DataFrame(
        {
            "role": ["all"] * 2 + ["refined"] * 2 + ["method"] * 2 + ["fusion"] * 2,
            "candidates": ["all maps"] * 2
            + ["all maps and refined maps"] * 2
            + ["LayerCAM, any layer"] * 2
            + ["LayerCAM, all layers"] * 2,
            "k": [1, 2] * 4,
            "mean_iou": [0.4, 0.5, 0.5, 0.6, 0.3, 0.4, 0.4, 0.45],
            "low": [0.3, 0.4, 0.4, 0.6, 0.2, 0.4, 0.3, 0.45],
            "high": [0.5, 0.6, 0.6, 0.6, 0.4, 0.4, 0.45, 0.45],
            "nothing_chosen_iou": 0.35,
            "centre_box_iou": 0.5,
            "hindsight_iou": 0.65,
        }
    ),
    "plots/compared.csv": pd.DataFrame(
        {
            "map": ["cam"] * 2 + ["layer_cam"] * 2 + ["centre_box"],
            "layer": ["conv5"] * 2 + ["all"] * 2 + ["none"],
            "refinement": "none",
            "place": [0, 0, 1, 1, 2],
            "what": ["CAM", "CAM", "LayerCAM, all layers", "LayerCAM, all layers", "centre box"],
            "threshold": ["fixed", "chosen on holdout"] * 2 + ["chosen on holdout"],
            "at": ["0.1", "0.3", "0.1", "0.4", "side"],
            "mean_iou": [0.6, 0.61, 0.7, 0.71, 0.5],
            "low": [0.5, 0.51, 0.6, 0.61, 0.4],
            "high": [0.7, 0.71, 0.8, 0.81, 0.6],
        }
    ),
    "plots/iou_by_image.csv": pd.DataFrame(
        {
            "image": ["a.png", "b.png", "c.png"],
            "label": "pug",
            "prediction": ["right", "wrong", "right"],
            "cam": [0.1, 0.2, 0.3],
            "compared": [0.4, 0.2, 0.6],
            "whole_image": [False, True, False],
            "compared_title": "LayerCAM, all layers",
        }
    ),
    "plots/confusion.csv": pd.DataFrame(
        {
            "true": ["beagle"] * 2 + ["pug"] * 2,
            "predicted": ["beagle", "pug"] * 2,
            "images": [3, 1, 0, 4],
            "share": [0.75, 0.25, 0.0, 1.0],
        }
    ),
    "plots/training.csv": pd.DataFrame(
        {
            "epoch": [1, 2, 3] * 2 + [3.5] * 3,
            "split": ["fit"] * 3 + ["holdout"] * 3 + ["fit", "holdout", "test"],
            "loss": [2.0, 1.0, 0.5, 2.1, 1.2, 0.8, 0.3, 0.8, 0.9],
            "top1": [0.2, 0.5, 0.7, 0.1, 0.4, 0.6, 0.9, 0.6, 0.5],
            "when": ["during"] * 6 + ["after"] * 3,
        }
    ),
}
