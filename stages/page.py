"""Make the page that `dvc plots show` and `dvc plots diff` fill.

    python -m stages.page

Reads   .dvc/page.html
Writes  plots/page.html              with Vega in it, so that the page opens with no network; .dvc/config names it
Takes   seconds

DVC's own page loads Vega from the network. With this one, `dvc plots show` asks for this stage to have run.
"""

import pathlib

import vl_convert

from stages.support import files
from stages.support.run import run
from wsol.pictures import page

SENTENCES = {
    "Figure 1. Mean IoU by layer": (
        "How well the boxes of Grad-CAM at each layer overlap the dogs, beside CAM's and those that look at nothing; "
        "tables/comparisons.csv says which differences hold."
    ),
    "Figure 2. CAM and Grad-CAM": (
        "The study's comparison, at one fixed threshold and at each map's own, chosen on holdout: a map is worth what "
        "it adds to the boxes that look at nothing."
    ),
    "Mean IoU by threshold": (
        "How the overlap changes with the fraction of a map's maximum above which a pixel counts as dog: no one "
        "threshold suits every map."
    ),
    "MaxBoxAcc by threshold": (
        "The share of images whose box has an IoU of at least 0.5 with a dog's, by the field's own protocol, which "
        "takes the peak of the curve for the map's score."
    ),
    "Where they differ": (
        "One point an image: the further it lies from the diagonal, the better one of the two maps does than the other."
    ),
    "Confusion of breeds": (
        "What the classifier takes the breeds for that it confuses most: a map explains the classifier, mistakes and "
        "all."
    ),
    "plots/gallery.png": (
        "Dogs chosen by rule, with the ground truth, and each map with the box it leads to: the best, the median and "
        "the worst, and where CAM and Grad-CAM differ most."
    ),
    "plots/layer_strip.png": (
        "One dog through all layers: of those that are alone in their picture and rightly predicted, the one whose IoU "
        "goes from layer to layer most as the mean does."
    ),
    "Training. Loss by epoch": (
        "The loss on the images the classifier learns from (fit) and on those held out: once the latter rises, it "
        "learns by heart."
    ),
    "Training. Top-1 accuracy by epoch": (
        "How often the classifier names the breed rightly, on the images it learns from (fit) and on those held out."
    ),
}


def main() -> str:
    frame = pathlib.Path(".dvc/page.html").read_text(encoding="utf8")
    with files.aside("plots/page.html") as part:
        part.write_text(
            page.html(frame, vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed"), SENTENCES), encoding="utf8"
        )
    return f"page: wrote plots/page.html ({len(SENTENCES)} figures, each with its sentence)"


if __name__ == "__main__":
    run(main)
