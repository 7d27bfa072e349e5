"""Say which map, layer, threshold and refinement to use. Nothing here depends on the map and layer that are compared.

    python -m stages.recommendation

Reads   data/scores/chosen.parquet, tables/leaderboard.csv, tables/scores.csv, tables/selectors.csv
Writes  metrics/recommendation.json
Takes   no time

The choice is made on holdout. Where holdout has no boxes, a fixed rule stands for it.
"""

from stages.support import files
from stages.support.run import run
from wsol.scores.recommendation import recommendation, sentences


def main() -> str:
    chosen = files.read_table("data/scores/chosen.parquet", [("score", "==", "mean_iou_chosen")])
    tables = (files.read_csv(f"tables/{name}.csv") for name in ("leaderboard", "scores", "selectors"))
    figures = recommendation(chosen[chosen["split"] == "holdout"], *tables)
    files.write_json("metrics/recommendation.json", figures)
    return "\n".join(["recommendation: wrote metrics/recommendation.json", "", *sentences(figures)])


if __name__ == "__main__":
    run(main)
