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

from stages.support import files
from stages.support.run import run
from wsol.pictures import page

VEGA = "window.vegaEmbed = vegaEmbed"  # what the bundle gives to the page

CAPTIONS = {
    "The run": (
        "What the figures below are of. The last rows say how maps are drawn, refined and scored; they are highlighted "
        "where that is not the default. params.yaml has all parameters."
    ),
    "Figure 1. Mean IoU by layer": (
        "Mean IoU of CAM, of the compared map at every layer, and of the baselines, at the fixed threshold and at the "
        "threshold chosen on holdout for each map and layer. Bands are 95 % intervals. The diamond marks the layer "
        "that is compared with CAM. Grey lines are the other methods at the same layers. The separate dots on the "
        "right are the mean of the maps of all layers. Shades and names at the top group layers of one resolution. The "
        "baselines choose no threshold, so they are the same in both panels. tables/comparisons.csv has the paired "
        "differences. Where the network has no CAM, its line is missing. Where no holdout image has a ground-truth "
        "box, the second panel and the mean box are missing."
    ),
    "Figure 2. Mean IoU of CAM and the compared map": (
        "Mean IoU of CAM, of the compared map and of the map that is recommended: the best of all on holdout. Behind "
        "each value is its threshold. A refined map has one box and no threshold. The baselines are boxes that do not "
        "depend on the image: the side of the centre box is chosen on holdout, the mean box is the mean of holdout's "
        "ground truth. Where the network has no CAM, its row is missing. Where no holdout image has a ground-truth "
        "box, nothing is chosen, and those marks are missing."
    ),
    "Mean IoU of every map": (
        "Mean IoU of every map on test, at the fixed threshold, and at the threshold chosen on holdout for the map. A "
        "layer named all is the mean of the maps of all layers. A refined map has one box, so it has the same value in "
        "both panels. The triangles on the colour scale mark CAM and the best baseline. The outlined map is compared "
        "with CAM. The recommended map is the best on holdout, and need not be the best here."
    ),
    "Choosing with k boxes": (
        "Mean IoU on test of the map, layer and threshold that are the best on k images of holdout with boxes: the "
        "mean of 200 draws of these images, with the 5th and 95th percentile. The last k is all images of holdout. "
        "Each colour is a set of candidates; grey lines are single methods. The seed thresholds of refined maps may "
        "have been chosen on all of holdout. tables/boxes_needed.csv has the values."
    ),
    "Mean IoU by threshold": (
        "Mean IoU of CAM, and of the compared map at every layer, by threshold. Pixels above the threshold count as "
        "object; 1 is the maximum of a layer's heatmap. The dot marks the highest mean IoU of a row on test; its value "
        "and its threshold are on the right. The triangle on the colour scale marks the best baseline. The ticks at "
        "the top mark the study's thresholds, 0.005 and 0.1."
    ),
    "MaxBoxAcc by threshold": (
        "Share of test images whose box has an IoU of at least 0.5 with a ground-truth box, by the protocol of "
        "wsolevaluation. The dot on a curve is its highest value. The map with the highest dot is named. Click "
        "layers in the legend to see their curves alone; click them again to see all. The score MaxBoxAcc tries more "
        "thresholds, so it can be higher than a dot. Horizontal lines are the baselines, whose boxes have no "
        "threshold. The threshold is a fraction of the heatmap's range, from its minimum to its maximum. The other "
        "figures' threshold is a fraction of the maximum: the two scales differ."
    ),
    "IoU by image": (
        "Each point is a test image, at the fixed threshold. Above the diagonal the compared map has the higher IoU, "
        "below it CAM has. Points on the diagonal have equal IoUs; a square marks those whose boxes are both the whole "
        "image. A point beside an axis has an IoU of 0. Hover over a point to see the file. There are no points where "
        "the network has no CAM."
    ),
    "Confusion of classes": (
        "Predicted and true classes of the test images: all classes with test images, or the 20 with the most wrong "
        "predictions where there are more. Predictions of other classes are not drawn. The numbers are images, the "
        "colour is the share of the true class."
    ),
    "plots/gallery.png": (
        "Test images with their ground truth, and the heatmaps of CAM, the compared map and the recommended map with "
        "their boxes, at the thresholds chosen on holdout. The recommended map has the highest mean IoU on holdout. "
        "The images have the best, median and worst mean of the IoUs of CAM and the compared map, and of the others "
        "the largest difference of the two. The thin contour is where a heatmap has the threshold's value: the box is "
        "that of one area within it, by default the largest. The dotted box on the picture is the centre box, the same "
        "on every image. The picture itself says where there is no CAM, no recommended map, no chosen threshold or no "
        "ground truth."
    ),
    "plots/layer_strip.png": (
        "One test image with CAM, the compared map at every layer, and the recommended map, at the thresholds chosen "
        "on holdout. The picture says why its image was chosen: among those on which these maps have a box, and if "
        "possible among the correctly predicted ones with one ground-truth box. It also says where there is no CAM, no "
        "recommended map, no chosen threshold or no ground truth."
    ),
    "Training. Loss by epoch": (
        "Cross-entropy by epoch on the images that train the classifier (fit) and on the held-out images (holdout). "
        "During training, fit is scored while the weights change, and on augmented images where all layers train, so "
        "it can be worse than holdout. The hollow marks are of the weights that are kept, those of the epoch with the "
        "lowest loss on holdout, without augmentation: the values of metrics/finetune.json. A rising loss on holdout "
        "indicates overfitting."
    ),
    "Training. Top-1 accuracy by epoch": (
        "Share of correctly predicted images, of fit and of holdout. During training, fit is scored while the weights "
        "change, and on augmented images where all layers train, so it can be worse than holdout. The hollow marks are "
        "of the weights that are kept, those of the epoch with the lowest loss on holdout, without augmentation: the "
        "values of metrics/finetune.json."
    ),
}


def main() -> str:
    frame = pathlib.Path(".dvc/page.html").read_text(encoding="utf8")
    html = page.html(frame, vl_convert.javascript_bundle(VEGA), CAPTIONS)
    files.write_text("plots/page.html", html)
    return f"page: wrote plots/page.html ({len(CAPTIONS)} figures)"


if __name__ == "__main__":
    run(main)
