"""Report the compared map beside CAM: the headline, the boxes for other tools and the data of the plots.

    python -m stages.report

Reads   params (dataset, map, layer, threshold, and what plots/run.csv names), tables/,
        data/heatmaps/, data/refined/, data/scores/, data/iou.parquet
Writes  metrics/localization.json    the headline
        data/coco/                   ground truth and predicted boxes, for other tools
        plots/*.csv                  the data of the plots, and what the run is of
Takes   seconds

Every choice is made on holdout and reported on test. Images without a ground-truth box are left out and counted. If no
image of test has one, the COCO files have all images, and the plots' data has no rows. Where CAM is not drawn, the
report is of the compared map alone.
"""

import json
from operator import attrgetter

import numpy as np
import pandas as pd

from stages.support import files, params, recipes, sections
from stages.support.folders import fresh_folder
from stages.support.maps import read_maps
from stages.support.run import run
from wsol.data import coco
from wsol.maps.keys import CAM, KEY, UNREFINED, Key
from wsol.maps.titles import method_title, title
from wsol.pictures import layer_data, plot_data, run_data
from wsol.scores import headline
from wsol.scores.images import Images, image_info, remarks, reported_images, scored_images
from wsol.scores.localization import empty_maps, of_map

Tables = dict[str, pd.DataFrame]

MADE = ("scores", "baselines", "leaderboard")
FIRST = 10  # rows of the leaderboard on the terminal


def main() -> str:
    settings = params.read("report")
    index, classes = (files.read_table(f"data/heatmaps/{name}.parquet") for name in ("index", "classes"))
    maps = read_maps()
    scored, test, names = scored_images(index, "test"), reported_images(index, "test"), classes["name"].tolist()
    made = {name: files.read_csv(f"tables/{name}.csv") for name in MADE}
    keys = compared_keys(settings, maps)
    images = {name: read_images(key) for name, key in keys.items()}

    write_coco(images, test, classes)
    write_plots(images, keys, maps, image_info(test, names), made)
    holdout = scored_images(index, "holdout")
    images_of = {
        "images with boxes": with_boxes(scored, holdout),
        "empty heatmaps": empty_heatmaps(maps, keys, test.rows),
    }
    files.write_csv("plots/run.csv", table_of_run(settings, images_of))
    context = {"images": len(scored.index), "top1": float(test.index["top1_right"].mean())}
    files.write_json("metrics/localization.json", context | headline.headline(keys, made))
    wrote = f"report: wrote metrics/localization.json, plots/*.csv and data/coco ({len(scored.index)} test images of "
    wrote = "; ".join([f"{wrote}{settings.dataset})", *remarks(holdout, scored)])
    if not len(scored.index):
        return wrote
    beside_cam = compared_maps(keys, made)
    return "\n".join([wrote, summary(beside_cam), "", first_maps(made["leaderboard"])])


def compared_keys(settings: sections.Params, maps: pd.DataFrame) -> dict[str, Key]:
    """The keys of `cam`, if it is drawn, and of `compared`, the map that params.yaml compares with it."""
    layers = maps.loc[(maps["map"] == settings.map) & (maps["refinement"] == UNREFINED), "layer"].tolist()
    params.check_layer("layer", settings.layer, layers, f"the maps drawn of {settings.map}")
    cam = maps.loc[(maps["map"] == CAM) & (maps["refinement"] == UNREFINED), "layer"]
    keys: dict[str, Key] = {"cam": (CAM, cam.iloc[0], UNREFINED)} if len(cam) else {}
    return keys | {"compared": (settings.map, settings.layer, UNREFINED)}


def read_images(key: Key) -> pd.DataFrame:
    """The rows of data/iou.parquet of a map; the other maps' rows are not read."""
    equal = [(name, "==", value) for name, value in zip(KEY, key, strict=True)]
    return files.read_table("data/iou.parquet", equal)


def empty_heatmaps(maps: pd.DataFrame, keys: dict[str, Key], rows: np.ndarray) -> str:
    """How many heatmaps of these images have no positive value, in words."""
    counts = []
    for key in keys.values():
        heatmaps = files.read_array(of_map(maps, key)["heatmaps"].iloc[0])
        counts.append(f"{empty_maps(heatmaps)[rows].sum()} of {title(*key)}")
    return ", ".join(counts)


def write_coco(images: Tables, test: Images, classes: pd.DataFrame) -> None:
    """The ground truth, and each map's boxes at the fixed threshold, scored by the class's probability."""
    index, sizes = test.index, test.index[["height", "width"]].to_numpy()
    ids = coco.Ids(index["image_id"].tolist(), classes["category_id"].tolist())
    file_names, labels = index["image"].tolist(), index["label"].to_numpy()
    truth = coco.ground_truth(file_names, sizes, labels, test.ground_truth_yxyx, classes["name"].tolist(), ids)
    with fresh_folder("data/coco") as folder:
        (folder / "ground_truth.json").write_text(json.dumps(truth), encoding="utf8")
        for name, table in images.items():
            boxes_yxyx = table[["ymin", "xmin", "ymax", "xmax"]].to_numpy()
            mapped, probability = index["mapped"].to_numpy(), index["probability"].to_numpy()
            results = coco.results(boxes_yxyx, sizes, mapped, probability, ids)
            (folder / f"predictions_{name}.json").write_text(json.dumps(results), encoding="utf8")


def write_plots(images: Tables, keys: dict[str, Key], maps: pd.DataFrame, info: pd.DataFrame, made: Tables) -> None:
    means, compared = files.read_table("data/scores/thresholds.parquet").dropna(subset="mean_iou"), keys["compared"]
    drawn = {
        "iou_by_map": plot_data.by_map(made["scores"], made["baselines"], compared),
        "iou_by_layer": layer_data.by_layer(maps, made["scores"], made["baselines"], compared),
        "iou_by_threshold": layer_data.by_threshold(means, made["baselines"], compared),
        "compared": compared_maps(keys, made),
        "iou_by_image": plot_data.by_image(images.get("cam"), images["compared"]),
        "confusion": plot_data.confusion(info),
    }
    for name, table in drawn.items():
        files.write_csv(f"plots/{name}.csv", table)


def with_boxes(test: Images, holdout: Images) -> str:
    """How many images are scored, in words."""
    scored = f"{len(test.index)} of test, {len(holdout.index)} of holdout"
    return f"{scored}; {test.left_out} of test without a box are left out" if test.left_out else scored


def table_of_run(settings: sections.Params, counts: dict[str, str]) -> pd.DataFrame:
    """What the run is of; `counts` says how many images and heatmaps there are."""
    seed = settings.recipe.finetune.used_seed
    properties = {
        "dataset": settings.dataset,
        **counts,
        "network": network(settings.recipe),
        "training seed": "none" if seed is None else seed,
        "mapped class": {"ground_truth": "the true one", "predicted": "the predicted one"}[settings.heatmaps.target],
        "compared map": method_title(settings.map),
        "layer": settings.layer,
        "fixed threshold": f"{settings.threshold:g}",
    }
    choices = {name: attrgetter(name)(settings) for name in (*run_data.STUDYS, *run_data.FURTHER)}
    return run_data.run_table(properties, choices)


def network(recipe: recipes.Recipe) -> str:
    backbone, trainable = recipe.backbone, recipe.finetune.trainable
    if backbone.name is None:
        return f"{backbone.model}, {run_data.trained(trainable)}"
    return run_data.network(backbone.name, backbone.width, backbone.weights, trainable)


def compared_maps(keys: dict[str, Key], made: Tables) -> pd.DataFrame:
    return plot_data.compared_maps(list(keys.values()), made["scores"], made["baselines"], made["leaderboard"])


def summary(compared: pd.DataFrame) -> str:
    """The headline as a table."""
    shown = compared.assign(
        mean_iou=compared["mean_iou"].map("{:.4f}".format),
        interval=[f"{row.low:.4f} to {row.high:.4f}" for row in compared.itertuples()],
    )
    shown = shown[["what", "threshold", "at", "mean_iou", "interval"]]
    shown.columns = ["", "threshold", "", "mean IoU", "95 % interval"]
    return shown.to_string(index=False)


def first_maps(leaderboard: pd.DataFrame) -> str:
    """The first rows of the leaderboard as a table."""
    first = leaderboard.head(FIRST)
    shown = pd.DataFrame(
        {
            "": [title(*key) for key in first[KEY].itertuples(index=False, name=None)],
            "threshold": first["threshold"].map("{:g}".format).replace("nan", ""),
            "mean IoU": first["mean_iou"].map("{:.4f}".format),
            "95 % interval": [f"{row.mean_iou_low:.4f} to {row.mean_iou_high:.4f}" for row in first.itertuples()],
            "less centre box": first["less_centre_box"].map("{:+.4f}".format),
            "less CAM": first["less_cam"].map("{:+.4f}".format),
        }
    )
    if first["less_cam"].isna().all():
        shown = shown.drop(columns="less CAM")
    order = "by their mean IoU on holdout" if leaderboard["holdout"].notna().any() else "in the network's order"
    heading = f"The first {len(first)} of {len(leaderboard)} maps {order}, scored on test:"
    return f"{heading}\n{shown.to_string(index=False)}"


if __name__ == "__main__":
    run(main)
