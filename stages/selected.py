"""Say what each selector chooses without boxes, and what the choice is worth.

Nothing here depends on the map, layer and threshold that are compared.

    python -m stages.selected

Reads   params (seed, boxes.thresholds, bootstrap), data/heatmaps/, data/refined/, data/scores/, data/selectors/
Writes  tables/selectors.csv    each selector's choice, its mean IoU on test and its loss, with intervals
Takes   seconds

Images without a ground-truth box are left out. If no image of test has one, the table has the choices alone.
"""

import numpy as np
import pandas as pd

from stages.support import files, params
from stages.support.maps import read_maps
from stages.support.run import run
from wsol.boxes.thresholds import grid, index_of
from wsol.maps.keys import KEY, UNREFINED
from wsol.scores import bootstrap
from wsol.scores.images import mean_of_images, remarks, scored_images
from wsol.selection.table import table


def main() -> str:
    settings = params.read("selected")
    thresholds = grid(settings.boxes.thresholds.step, settings.boxes.thresholds.also)
    index, numbers = (files.read_table(f"data/{name}.parquet") for name in ("heatmaps/index", "selectors/numbers"))
    holdout, test = (scored_images(index, split) for split in ("holdout", "test"))
    counts = bootstrap.resampled(len(test.index), settings.bootstrap.draws, settings.seed)
    ious = candidate_ious(numbers, thresholds, test.rows)
    best = best_on_holdout() if len(holdout.index) else None
    files.write_csv("tables/selectors.csv", table(numbers, ious, best, counts))
    return "; ".join(["selected: wrote tables/selectors.csv", *remarks(holdout, test)])


def candidate_ious(numbers: pd.DataFrame, thresholds: list[float], rows: np.ndarray) -> np.ndarray:
    """IoUs (candidates, rows) of each candidate's boxes."""
    names = numbers[KEY].merge(read_maps()[[*KEY, "file"]], on=KEY, how="left", validate="many_to_one")["file"]
    arrays = (files.read_array(f"data/scores/{name}") for name in names)
    return np.stack(
        [array[index_of(thresholds, level)][rows] for array, level in zip(arrays, numbers["threshold"], strict=True)]
    )


def best_on_holdout() -> pd.Series:
    """The unrefined map and threshold with the highest mean IoU on holdout, with its IoUs on test in `values`."""
    scores = files.read_table("data/scores/chosen.parquet", [("score", "==", "mean_iou_chosen")])
    scores = scores[scores["refinement"] == UNREFINED]
    holdout, test = (scores[scores["split"] == split].reset_index(drop=True) for split in ("holdout", "test"))
    best = int(np.argmax([float(mean_of_images(values)) for values in holdout["values"]]))
    return test.merge(holdout.loc[[best], KEY], on=KEY).iloc[0]


if __name__ == "__main__":
    run(main)
