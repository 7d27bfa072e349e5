"""Make the page that `dvc plots show` and `dvc plots diff` fill with figures.

    python -m stages.page

Reads   .dvc/page.html
Writes  plots/page.html  the page with Vega's JavaScript in it, so that it needs no network
Takes   seconds

.dvc/config names the page. It is kept in git, so that `dvc plots show` works in a fresh clone; each run writes the same
bytes.
"""

import pathlib

import vl_convert

from stages.support import folders
from stages.support.run import run
from wsol.pictures import page

VEGA = "window.vegaEmbed = vegaEmbed"  # what the bundle gives to the page

CAPTIONS = {
    "Figure 1. Mean IoU by layer": (
        "Mean IoU of CAM, of the compared map at every layer, and of the baselines. Bands are 95 % intervals. The "
        "diamond marks the layer that is compared with CAM. Other methods, if there are any, are grey. A layer named "
        "all is the fusion of all layers. tables/comparisons.csv has the paired differences. There is no CAM where the "
        "network has none, and no mean box where no holdout image has a ground-truth box."
    ),
    "Figure 2. Mean IoU of CAM and the compared map": (
        "Mean IoU at the fixed threshold, and at the threshold chosen on holdout for each map. The baselines are boxes "
        "that do not depend on the image. There is no CAM where the network has none, and no chosen threshold where no "
        "holdout image has a ground-truth box."
    ),
    "Mean IoU of every map": (
        "Mean IoU of every map, at the threshold chosen on holdout for the map, and at the fixed threshold. A layer "
        "named all is the fusion of all layers. A refined map has one box, so it has the same value in both panels. "
        "The triangles on the colour scale mark CAM and the best baseline. The outlined map is compared with CAM."
    ),
    "Choosing with k boxes": (
        "Mean IoU on test of the map, layer and threshold that are the best on k images of holdout with boxes: the "
        "mean of 200 draws of these images, with the 5th and 95th percentile. The last k is all images of holdout. "
        "Each colour is a set of candidates; grey lines are single methods. The seed thresholds of refined maps may "
        "have been chosen on all of holdout. tables/boxes_needed.csv has the values."
    ),
    "Mean IoU by threshold": (
        "Mean IoU of CAM, and of the compared map at every layer, by threshold. Pixels above the threshold count as "
        "object; 1 is the maximum of a layer's heatmap. The dot marks the highest mean IoU of a row on test; "
        "its value and its threshold are on the right. The triangle on the colour scale marks the best baseline. The "
        "ticks at the top mark the study's thresholds, 0.005 and 0.1."
    ),
    "MaxBoxAcc by threshold": (
        "Share of test images whose box has an IoU of at least 0.5 with a ground-truth box, by threshold, by the "
        "protocol of wsolevaluation. MaxBoxAcc is the highest value of a curve."
    ),
    "IoU by image": (
        "Each point is a test image. Above the diagonal the compared map has the higher IoU, below it CAM has. There "
        "are no points where the network has no CAM."
    ),
    "Confusion of classes": (
        "Predictions for the classes that the classifier confuses most. The numbers are test images, the colour is the "
        "share of the true class."
    ),
    "plots/gallery.png": (
        "Test images with their ground truth, and the heatmaps of CAM, the compared map and the recommended map with "
        "their boxes, at the thresholds chosen on holdout. The recommended map has the highest mean IoU on holdout. "
        "The images have the best, median and worst mean of the IoUs of CAM and the compared map, and the largest "
        "difference of the two. The picture itself says where there is no CAM, no recommended map, no chosen threshold "
        "or no ground truth."
    ),
    "plots/layer_strip.png": (
        "One test image with CAM, the compared map at every layer, and the recommended map, at the thresholds chosen "
        "on holdout. It is the image whose IoU by layer correlates most with the mean IoU by layer, among the "
        "correctly predicted images with one ground-truth box. The picture itself says where there is no CAM, no "
        "recommended map, no chosen threshold or no ground truth."
    ),
    "Training. Loss by epoch": (
        "Cross-entropy on the images that train the classifier (fit) and on the held-out images (holdout). A rising "
        "loss on holdout indicates overfitting."
    ),
    "Training. Top-1 accuracy by epoch": (
        "Share of correctly predicted images, among those that train the classifier (fit) and the held-out ones "
        "(holdout)."
    ),
}


def main() -> str:
    frame = pathlib.Path(".dvc/page.html").read_text(encoding="utf8")
    html = page.html(frame, vl_convert.javascript_bundle(VEGA), CAPTIONS)
    with folders.aside("plots/page.html") as part:
        part.write_text(html, encoding="utf8", newline="\n")
    return f"page: wrote plots/page.html ({len(CAPTIONS)} figures)"


if __name__ == "__main__":
    run(main)
