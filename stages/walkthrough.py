"""Write docs/walkthrough.md: one dog from its picture to the verdict. This is no stage of dvc.yaml, since it writes a
page of the documentation. Run it after a run of toy_dogs with the default parameters:

    python -m stages.walkthrough

Reads   params, data/, tables/leaderboard.csv, tables/baselines.csv, docs/walkthrough/template.md
Writes  docs/walkthrough.md           the template, filled
        docs/walkthrough/values.json  what it is filled with
        docs/walkthrough/*.png        the dog, and the steps from a heatmap to its box
Takes   seconds

The dog is that of the layer strip.
"""

import json
import pathlib
from typing import Any

import stages.support.quiet  # noqa: F401

import cv2
import numpy as np
import pandas as pd

from stages.support import decoded, files, params
from stages.support.folders import aside
from stages.support.maps import read_maps
from stages.support.run import run
from wsol.errors import InputError
from wsol.maps.keys import KEY, MapKey
from wsol.pictures import examples, walkthrough, walkthrough_text
from wsol.pictures.examples import Example

FOLDER = pathlib.Path("docs/walkthrough")
TABLES = ("leaderboard", "baselines")


def main() -> str:
    settings = params.read_all()
    scores, index = files.read_table("data/iou.parquet"), files.read_table("data/heatmaps/index.parquet")
    maps, leaderboard, baselines = read_maps(), *(files.read_csv(f"tables/{name}.csv") for name in TABLES)
    shown = examples.shown_maps(maps, leaderboard, settings.map, settings.layer)
    if len(examples.gallery_maps(shown)) < len(walkthrough_text.ROLES):
        raise InputError(
            "Expected CAM, the compared and the recommended map to be three maps; got fewer: run toy_dogs with the "
            "default parameters."
        )
    images = examples.image_table(scores, index)
    image = images.iloc[examples.choose(scores, images, shown, settings.seed)[1]]
    keys = examples.gallery_maps(shown)
    heatmaps = read_heatmaps(maps, keys, image["row"])
    thresholds = examples.thresholds(leaderboard, keys, settings.threshold)
    picture, centre_yxyx = read_picture(settings.dataset, image), examples.centre_box(baselines)
    example = examples.make_example(picture, image, scores, heatmaps, thresholds, centre_yxyx)
    values = walkthrough_text.values(example, image, scores, shown, settings.canvas_size, settings.threshold)
    values |= walkthrough_text.means(leaderboard, baselines, shown, len(images))
    values |= walkthrough_text.seed_thresholds(files.read_table("data/refined/maps.parquet"), shown)
    write(example, values)
    return f"walkthrough: wrote docs/walkthrough.md and its pictures ({example.name})"


def read_heatmaps(maps: pd.DataFrame, keys: list[MapKey], row: int) -> dict[MapKey, np.ndarray]:
    arrays = maps.set_index(KEY)["heatmaps"]
    return {key: np.array(files.read_array(arrays[key])[row], float) for key in keys}


def read_picture(dataset: str, image: pd.Series) -> np.ndarray:
    ((_, picture),) = decoded.pictures(dataset, image.to_frame().T.astype({"position": int}))
    return picture


def write(example: Example, values: dict[str, Any]) -> None:
    png = cv2.imencode(".png", example.picture[..., ::-1])[1].tobytes()
    pictures = {"dog": png, "picture": walkthrough.draw_picture(example)}
    for name, scored in zip(walkthrough_text.ROLES, example.heatmaps, strict=False):
        pictures[name] = walkthrough.draw_steps(example, scored)
    for name, content in pictures.items():
        with aside(FOLDER / f"{name}.png") as part:
            part.write_bytes(content)
    files.write_text(FOLDER / "values.json", json.dumps(values, indent=2) + "\n")
    template = (FOLDER / "template.md").read_text(encoding="utf8")
    files.write_text("docs/walkthrough.md", template.format_map(values))


if __name__ == "__main__":
    run(main)
