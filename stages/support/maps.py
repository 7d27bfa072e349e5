"""The table of all maps: those drawn by `heatmaps` and those refined by `refine`."""

import pandas as pd

from stages.support import files

DRAWN, REFINED = "data/heatmaps/maps.parquet", "data/refined/maps.parquet"
COLUMNS = ["map", "layer", "refinement", "height", "width", "file", "heatmaps", "boxes"]


def read_maps() -> pd.DataFrame:
    """One row a map, in the network's order; refined maps come last.

    Returns:
        Columns map, layer, refinement; height and width of the heatmaps; `file`, a name of its own; `heatmaps`, the
        path of the array (images, h, w); `boxes`, the path of the array (thresholds, images, 4). A refined map has
        the heatmaps of the map that it refines, and one box an image.
    """
    drawn, refined = files.read_table(DRAWN), files.read_table(REFINED)
    drawn = drawn.assign(heatmaps="data/heatmaps/" + drawn["file"], boxes="data/boxes/" + drawn["file"])
    sizes = drawn[["map", "layer", "height", "width", "heatmaps"]]
    refined = refined.drop(columns="heatmaps").merge(sizes, on=["map", "layer"], validate="one_to_one")
    refined = refined.assign(boxes="data/refined/" + refined["file"])
    return pd.concat([drawn[COLUMNS], refined[COLUMNS]], ignore_index=True)
