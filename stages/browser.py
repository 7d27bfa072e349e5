"""Make the browser of images: a page on which test images are sorted, filtered and opened.

    python -m stages.browser

Reads   params (dataset), data/<dataset>/, data/heatmaps/, data/iou.parquet, .dvc/browser/
Writes  plots/browser.html  the page, with thumbnails, heatmaps, boxes and IoUs in it, so that it needs no other file
Takes   seconds, most of them to start TensorFlow

The page shows all maps, so it does not depend on the compared one: `-S layer=...` does not rerun the stage. Boxes and
IoUs are those at the thresholds chosen on holdout, or at the fixed one where nothing is chosen.
"""

import pathlib
from typing import Any

import stages.support.quiet  # noqa: F401

import numpy as np
import pandas as pd

from stages.support import decoded, files, params
from stages.support.run import run
from wsol.browser import page
from wsol.browser import pictures as small
from wsol.maps.keys import KEY, MapKey
from wsol.pictures import examples

HEATMAPS = "data/heatmaps"
MOST_IMAGES = 400  # an image takes 10 to 20 kB of the page: a browser opens 8 MB in a second


def main() -> str:
    settings = params.read("browser")
    scores = files.read_table("data/iou.parquet")
    index, maps = (files.read_table(f"{HEATMAPS}/{name}.parquet") for name in ("index", "maps"))
    all_images = examples.image_table(scores, index)
    images = all_images.iloc[page.spread(len(all_images), MOST_IMAGES)]
    keys = [MapKey(*row) for row in scores[KEY].drop_duplicates().itertuples(index=False)]
    content = [*image_contents(settings.dataset, images, scores, keys, maps)]
    html = page.html(
        read("browser.html"), read("browser.js"), settings.dataset, map_contents(keys, maps), content, len(all_images)
    )
    files.write_text("plots/browser.html", html)
    return f"browser: wrote plots/browser.html ({len(content)} images, {len(html) / 1e6:.1f} MB)"


def read(name: str) -> str:
    return pathlib.Path(".dvc/browser", name).read_text(encoding="utf8")


def map_contents(keys: list[MapKey], maps: pd.DataFrame) -> list[dict[str, Any]]:
    names = zip(maps["map"], maps["layer"], strict=True)
    shapes = [*zip(maps["height"].tolist(), maps["width"].tolist(), strict=True)]
    return page.maps_content(keys, dict(zip(names, small.places(shapes), strict=True)))


def image_contents(
    dataset: str, images: pd.DataFrame, scores: pd.DataFrame, keys: list[MapKey], maps: pd.DataFrame
) -> list[dict[str, Any]]:
    """What the page knows of each image. Pictures are decoded one by one."""
    by_image, of_image = images.set_index("image", drop=False), dict(list(scores.groupby("image")))
    arrays = [files.read_array(f"{HEATMAPS}/{file}") for file in maps["file"]]
    contents = []
    for name, picture in decoded.pictures(dataset, images):
        image = by_image.loc[name]
        heatmaps = small.stacked([np.array(array[image["row"]]) for array in arrays])
        urls = small.data_url(small.thumbnail(picture)), small.data_url(heatmaps)
        contents.append(page.image_content(image, of_image[name], keys, *urls))
    return contents


if __name__ == "__main__":
    run(main)
