"""The gallery and the layer strip: what is drawn of their images."""

import pathlib
import types

import cv2
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle
from score_tables import MAPS, NAMES, leaderboard, scores
from sheets import assert_apart, texts

from stages import gallery as stage
from stages.support import decoded, params
from wsol.data import datasets
from wsol.errors import InputError
from wsol.maps.keys import MapKey
from wsol.pictures import gallery, layer_strip, panel, sheet, strip
from wsol.pictures.examples import Example, ScoredHeatmap, ShownMaps, gallery_maps

CAM = MapKey("cam", "conv5")
COMPARED = MapKey("grad_cam", "conv4")
REFINED = MapKey("layer_cam", "all", "grabcut")
SHOWN = ShownMaps(CAM, COMPARED, [COMPARED], recommended=REFINED)

# ---------------------------------------------------------------- the pictures


def make_example(height: int = 60, width: int = 80, keys: list[MapKey] | None = None, boxes: int = 1) -> Example:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    ground_truth_yxyx = np.array([[0.2, 0.2, 0.6, 0.6], [0.5, 0.5, 1, 1]])[:boxes]
    box_yxyx = np.array([0.1, 0.1, 0.9, 0.9])
    scored = [ScoredHeatmap(key, rng.random((7, 7)), box_yxyx, 0.25) for key in keys or gallery_maps(SHOWN)]
    centre_yxyx = np.array([0.2, 0.2, 0.8, 0.8])
    return Example(picture, ground_truth_yxyx, "beagle", "beagle", scored, "test/beagle/0001.png", centre_yxyx)


def with_heatmaps(example: Example, **changes: object) -> Example:
    return example._replace(heatmaps=[scored._replace(**changes) for scored in example.heatmaps])  # type: ignore[arg-type]


def pixels(png: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture[..., ::-1]


def count_of_colour(picture: np.ndarray, colour: str) -> int:
    """Number of pixels with about this colour, `#rrggbb`."""
    rgb = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return int((np.abs(picture.astype(int) - rgb).max(axis=-1) < 16).sum())


def sweep(layers: int) -> list[MapKey]:
    """CAM and the compared map at this many layers, from conv4 on."""
    return [CAM, *(MapKey("grad_cam", f"conv{number}") for number in range(4, 4 + layers))]


def draw_gallery(groups: dict[str, list[Example]], shown: ShownMaps = SHOWN) -> bytes:
    return gallery.draw(groups, "toy_dogs", shown)


def draw_strip(example: Example, shown: ShownMaps = SHOWN) -> bytes:
    return layer_strip.draw(example, "toy_dogs", shown)


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch) -> list[sheet.Sheet]:
    """The sheets that are drawn, in order."""
    drawn: list[sheet.Sheet] = []
    png = sheet.Sheet.png

    def kept(sheet: sheet.Sheet) -> bytes:
        drawn.append(sheet)
        return png(sheet)

    monkeypatch.setattr(sheet.Sheet, "png", kept)
    return drawn


def test_the_same_examples_give_the_same_bytes() -> None:
    assert draw_gallery({"best": [make_example()]}) == draw_gallery({"best": [make_example()]})
    assert draw_strip(make_example()) == draw_strip(make_example())


def test_two_examples_per_row() -> None:
    heights = {count: pixels(draw_gallery({"best": [make_example()] * count})).shape[0] for count in (1, 2, 3, 5)}
    row_height = gallery.row_height([make_example()]) * sheet.DPI
    assert heights[2] == heights[1]
    assert heights[3] - heights[2] == pytest.approx(row_height, abs=1)
    assert heights[5] - heights[3] == pytest.approx(row_height, abs=1)


@pytest.mark.parametrize(
    ("height", "width", "maps", "expected"),
    [
        (100, 200, 3, (4.55 - 3 * 0.08) / 4 / 2),  # the width of an example has four panels and three gaps
        (80, 200, 1, (4.55 - 0.08) / 2 * 80 / 200),
        (200, 100, 3, 1.1),  # at most
        (200, 100, 1, 1.1),
    ],
)
def test_a_row_is_as_high_as_its_pictures(height: int, width: int, maps: int, expected: float) -> None:
    # an example is (10 - 2 * 0.15 - 0.35 - 0.25) / 2 wide: 4.55
    examples = [make_example(height, width, gallery_maps(SHOWN)[:maps]), make_example(10, 200)]
    row_height = gallery.row_height(examples) - gallery.NAMES - gallery.CAPTIONS
    assert row_height == pytest.approx(expected)


@pytest.mark.parametrize(("layers", "rows"), [(1, 1), (5, 1), (6, 2), (17, 3), (50, 8)])
def test_rows_of_the_layer_strip(layers: int, rows: int) -> None:
    # seven panels per row; the picture and CAM are the first two
    heights = [pixels(draw_strip(make_example(keys=sweep(count)))).shape[0] for count in (1, layers)]
    row_height = (strip.COLUMN * 60 / 80 + layer_strip.CAPTIONS) * sheet.DPI
    assert heights[1] - heights[0] == pytest.approx((rows - 1) * row_height, abs=1)


def test_the_strips_rule_is_true_of_a_single_layer() -> None:
    fusion = MapKey("grad_cam", "all")
    for layers, rule in (
        ([COMPARED, fusion], layer_strip.RULE_OF_ONE_LAYER),
        ([COMPARED, MapKey("grad_cam", "conv5")], layer_strip.RULE),
    ):
        assert layer_strip.heading_lines(make_example(), SHOWN._replace(layers=layers))[1] == rule


def test_the_gallery_names_its_maps(sheets: list[sheet.Sheet]) -> None:
    example = with_heatmaps(make_example(), threshold=0.1)
    draw_gallery({"worst": [example, example._replace(predicted="pug")]})
    written = texts(sheets[0])
    assert written[2:5] == [
        "CAM: box of the values above 0.1",
        "Grad-CAM at conv4 (compared): box of the values above 0.1",
        "LayerCAM, all layers, refined by GrabCut (recommended, the best on holdout): box of GrabCut, no threshold",
    ]
    captions = ["ground truth", "IoU 0.25", "CAM", "IoU 0.25", "Grad-CAM", "conv4"]
    captions += ["IoU 0.25", "LayerCAM", "all layers", "GrabCut"]
    assert written[8] == "test/beagle/0001.png"
    assert written[9:19] == captions  # after the group's name, the class, the prediction and the image's name
    assert {"✓ predicted correctly", "✗ predicted pug", "worst"} <= set(written)


@pytest.mark.parametrize(
    ("compared", "recommended", "expected"),
    [
        (COMPARED, COMPARED, ["CAM", "Grad-CAM at conv4 (compared; recommended, the best on holdout)"]),
        (COMPARED, CAM, ["CAM (recommended, the best on holdout)", "Grad-CAM at conv4 (compared)"]),
        (CAM, CAM, ["CAM (compared; recommended, the best on holdout)"]),
    ],
)
def test_the_heading_names_each_map_once(
    sheets: list[sheet.Sheet], compared: MapKey, recommended: MapKey, expected: list[str]
) -> None:
    shown = ShownMaps(CAM, compared, [compared], recommended)
    draw_gallery({"best": [with_heatmaps(make_example(keys=gallery_maps(shown)), threshold=0.1)]}, shown)
    lines = [text for text in texts(sheets[0]) if "box of the values" in text]
    assert lines == [f"{line}: box of the values above 0.1" for line in expected]


def test_the_strip_names_its_layers(sheets: list[sheet.Sheet]) -> None:
    keys = [*sweep(2), MapKey("grad_cam", "all"), REFINED]
    draw_strip(with_heatmaps(make_example(keys=keys), threshold=0.1), SHOWN._replace(layers=keys[1:4]))
    written = texts(sheets[0])
    assert written[0] == "toy_dogs: CAM and Grad-CAM at every layer, boxes at the thresholds chosen on holdout"
    assert written[1] == "Test image test/beagle/0001.png"
    assert written[4] == "Recommended, the best on holdout: LayerCAM, all layers, refined by GrabCut."
    names = ["CAM", "conv4", "conv5", "all layers", "recommended"]
    assert written[7:21:3] == names
    assert written[8:22:3] == ["7 × 7, > 0.1"] * 4 + ["7 × 7, GrabCut"]
    assert written[9:23:3] == ["IoU 0.25"] * 5
    bold = {text.get_text() for text in sheets[0].figure.texts if text.get_fontweight() == "bold"}
    assert set(names) & bold == {"conv4"}  # the compared map's


def test_a_recommended_layer_keeps_its_name(sheets: list[sheet.Sheet]) -> None:
    keys = sweep(2)
    draw_strip(make_example(keys=keys), ShownMaps(CAM, COMPARED, keys[1:], recommended=keys[2]))
    assert texts(sheets[0])[4] == "Recommended, the best on holdout: Grad-CAM at conv5."
    assert texts(sheets[0])[7:14:3] == ["CAM", "conv4", "conv5"]


def test_a_refined_map_is_not_taken_for_the_map_that_it_refines(sheets: list[sheet.Sheet]) -> None:
    for refined in (CAM._replace(refinement="grabcut"), COMPARED._replace(refinement="grabcut")):
        draw_strip(make_example(keys=[*sweep(1), refined]), SHOWN._replace(recommended=refined))
        assert texts(sheets[-1])[7:14:3] == ["CAM", "conv4", "recommended"]


def test_pictures_without_cam(sheets: list[sheet.Sheet]) -> None:
    shown = SHOWN._replace(cam=None)
    draw_gallery({"best": [make_example(keys=gallery_maps(shown))]}, shown)
    draw_strip(make_example(keys=sweep(2)[1:]), shown)
    in_gallery, in_strip = (texts(drawn) for drawn in sheets)
    assert in_gallery[1] == "Test images with the best, median and worst IoU of the compared map. CAM is not drawn."
    assert in_strip[0] == "toy_dogs: Grad-CAM at every layer, boxes at the thresholds chosen on holdout"
    assert "CAM" not in [*in_gallery, *in_strip]


def test_pictures_without_ground_truth(sheets: list[sheet.Sheet]) -> None:
    shown = SHOWN._replace(recommended=None)
    example = with_heatmaps(make_example(keys=gallery_maps(shown), boxes=0), iou=np.nan)
    draw_gallery({"random": [example]}, shown)
    draw_strip(example, shown)
    in_gallery, in_strip = (texts(drawn) for drawn in sheets)
    assert in_gallery[:2] == [
        "toy_dogs: boxes at the fixed threshold",
        "Test images at random. No test image has a ground-truth box.",
    ]
    assert in_strip[0] == "toy_dogs: CAM and Grad-CAM at every layer, boxes at the fixed threshold"
    for written in (in_gallery, in_strip):
        assert "no ground truth" in written
        assert not [text for text in written if "IoU" in text or "ecommended" in text]


def test_a_map_without_a_box_says_so_without_ground_truth() -> None:
    scored = ScoredHeatmap(CAM, np.zeros((7, 7)), np.zeros(4), np.nan)
    assert panel.iou_text(scored) == "no box"


def test_heatmaps_keep_their_stored_values(sheets: list[sheet.Sheet]) -> None:
    # a mean over layers has a maximum below 1: its colour is that of its value, not that of 1
    example = with_heatmaps(make_example(keys=[CAM]), heatmap=np.full((7, 7), 0.5), box_yxyx=np.zeros(4))
    black = example._replace(picture=np.zeros((60, 80, 3), np.uint8), ground_truth_yxyx=np.zeros((0, 4)))
    drawn = pixels(draw_gallery({"best": [black]}, ShownMaps(CAM, CAM, [CAM], CAM)))
    expected = sheet.HEATMAP_OPACITY * 255 * np.array(sheet.COLOURS(0.5)[:3])
    close = np.abs(drawn - expected).max(axis=-1) <= sheet.COLOUR_STEP
    assert close.sum() > sheet.DPI**2  # a panel of 1.47 by 1.1 inches


def test_boxes_are_drawn_above_the_pictures() -> None:
    example = make_example()
    without = with_heatmaps(example._replace(ground_truth_yxyx=np.zeros((0, 4))), box_yxyx=np.zeros(4))
    for line in (panel.GROUND_TRUTH, panel.PREDICTED):
        counts = [count_of_colour(pixels(draw_gallery({"best": [drawn]})), line.colour) for drawn in (example, without)]
        assert counts[0] > counts[1] + 100  # the legend has a sample of each line


def boxes(drawn: sheet.Sheet, line: sheet.LineStyle) -> list[list[float]]:
    """The boxes that are drawn with this line, [xmin, ymin, width, height]; the last is the legend's sample."""
    patches = [patch for axes in drawn.figure.axes for patch in axes.patches if isinstance(patch, Rectangle)]
    coloured = [patch for patch in patches if patch.get_edgecolor()[:3] == pytest.approx(rgb(line.colour))]
    return [[*patch.get_xy(), patch.get_width(), patch.get_height()] for patch in coloured]


def rgb(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def test_several_ground_truth_boxes(sheets: list[sheet.Sheet]) -> None:
    draw_gallery({"best": [make_example(boxes=2)]})
    assert len(boxes(sheets[0], panel.GROUND_TRUTH)) == 4 * 2 + 1  # four panels and the legend


def test_an_empty_box_is_not_drawn(sheets: list[sheet.Sheet]) -> None:
    draw_gallery({"worst": [with_heatmaps(make_example(), heatmap=np.zeros((7, 7)), box_yxyx=np.zeros(4))]})
    assert len(boxes(sheets[0], panel.PREDICTED)) == 1  # the legend's
    assert texts(sheets[0]).count("no box") == 3


def test_a_box_is_clipped_to_the_picture(sheets: list[sheet.Sheet]) -> None:
    draw_gallery({"worst": [with_heatmaps(make_example(), box_yxyx=np.array([-0.5, -0.5, 1.5, 1.5]))]})
    for xmin, ymin, width, height in boxes(sheets[0], panel.PREDICTED):
        assert min(xmin, ymin) > 0
        assert max(xmin + width, ymin + height) < 1


def test_the_centre_box_is_on_the_picture_alone(sheets: list[sheet.Sheet]) -> None:
    draw_gallery({"best": [make_example()]})
    assert len(boxes(sheets[0], panel.CENTRE)) == 1 + 1  # the legend's sample
    draw_gallery({"best": [make_example()._replace(centre_yxyx=None)]})
    assert boxes(sheets[1], panel.CENTRE) == []


def contours(drawn: sheet.Sheet) -> int:
    return sum(len(axes.collections) for axes in drawn.figure.axes)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    # the values of the heatmaps are 0 and 1; nothing is above 1, all is above -0.1, and a refined map has no threshold
    [(0.5, 3), (1.0, 0), (-0.1, 0), (np.nan, 0)],
)
def test_a_contour_is_drawn_where_the_heatmap_crosses_the_threshold(
    sheets: list[sheet.Sheet], threshold: float, expected: int
) -> None:
    draw_gallery({"best": [with_heatmaps(make_example(), heatmap=np.eye(7), threshold=threshold)]})
    assert contours(sheets[0]) == expected


# ---------------------------------------------------------------- the layout


# no method, and no layer of a backbone on offer, has a longer name
LONG = MapKey("grad_cam_pp", "conv4_block36_3_conv")
LONG_SHOWN = ShownMaps(CAM, LONG, [LONG], LONG._replace(refinement="grabcut"))


@pytest.mark.parametrize(("height", "width"), [(60, 80), (80, 60), (60, 60), (300, 40), (40, 300)])
def test_nothing_overlaps(sheets: list[sheet.Sheet], height: int, width: int) -> None:
    keys = gallery_maps(LONG_SHOWN)
    example = make_example(height, width, keys)
    example = example._replace(
        label="soft-coated wheaten terrier", predicted="American Staffordshire terrier, or longer"
    )
    groups = {"best": [example, make_example(60, 80, keys)], "differ most": [example, example]}
    groups = {name: [with_heatmaps(drawn, threshold=0.9995) for drawn in shown] for name, shown in groups.items()}
    gallery.draw(groups, "stanford_dogs", LONG_SHOWN)
    cam, compared, recommended = example.heatmaps
    large = compared._replace(heatmap=np.zeros((112, 112)), threshold=0.9995)
    strip = example._replace(heatmaps=[cam, *[large] * 17, recommended])
    layer_strip.draw(strip, "stanford_dogs", LONG_SHOWN)
    assert len(sheets) == 2
    for drawn in sheets:
        assert_apart(drawn)


@pytest.mark.parametrize("maps", [1, 2])
def test_nothing_overlaps_with_fewer_maps(sheets: list[sheet.Sheet], maps: int) -> None:
    shown = SHOWN._replace(compared=gallery_maps(SHOWN)[maps - 1], recommended=CAM)
    for height, width in ((60, 80), (80, 60)):
        draw_gallery({"differ most": [make_example(height, width, gallery_maps(shown))] * 2}, shown)
        assert_apart(sheets[-1])


# ---------------------------------------------------------------- the stage


def test_a_picture_that_cannot_be_decoded_is_named() -> None:
    with pytest.raises(InputError, match=r"got test/a\.png"):
        decoded.decode(b"no picture", "test/a.png")


@pytest.fixture
def run_folder(tmp_path: pathlib.Path, toy_folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder with toy_dogs, with heatmaps and scores of its first three test images, and with params."""
    table = datasets.table(datasets.load(str(toy_folder)), 0.1, 0)
    test = table[table["split"] == "test"].head(len(NAMES))
    names = dict(zip(NAMES, test["image"], strict=True))
    (tmp_path / "data/heatmaps").mkdir(parents=True)
    (tmp_path / "data/toy_dogs").symlink_to(toy_folder)
    kept = MAPS[(MAPS["refinement"] == "none")].assign(file=lambda maps: maps["map"] + "-" + maps["layer"] + ".npy")
    for number, file in enumerate(kept["file"]):
        np.save(tmp_path / "data/heatmaps" / file, np.full((len(NAMES), 2 + number, 2), 0.5, np.float16))
    kept.to_parquet(tmp_path / "data/heatmaps/maps.parquet")
    test.drop(columns="position").reset_index(drop=True).to_parquet(tmp_path / "data/heatmaps/index.parquet")
    scores(0).replace({"image": names}).to_parquet(tmp_path / "data/iou.parquet")
    (tmp_path / "tables").mkdir()
    leaderboard().to_csv(tmp_path / "tables/leaderboard.csv", index=False)
    baselines = pd.DataFrame({"baseline": ["centre_box"], "ymin": 0.2, "xmin": 0.2, "ymax": 0.8, "xmax": 0.8})
    baselines.to_csv(tmp_path / "tables/baselines.csv", index=False)
    settings = types.SimpleNamespace(dataset="toy_dogs", map="grad_cam", layer="conv4", threshold=0.1, seed=0)
    monkeypatch.setattr(params, "read", {"gallery": settings}.get)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_stage_draws_cam_the_compared_and_the_recommended_map(
    run_folder: pathlib.Path, sheets: list[sheet.Sheet]
) -> None:
    assert stage.main() == "gallery: wrote plots/gallery.png and plots/layer_strip.png (3 images)"
    written = texts(sheets[0])
    assert "CAM: box of the values above 0.49" in written
    assert "Grad-CAM at conv4 (compared): box of the values above 0.105" in written
    # the best image is b: IoUs of CAM, of the compared map, and of its refined box
    at = written.index("best")
    expected = ["IoU 0.90", "CAM", "IoU 0.70", "Grad-CAM", "conv4", "IoU 0.80", "Grad-CAM", "conv4", "GrabCut"]
    assert written[at + 5 : at + 14] == expected
    # the n-th map of maps.parquet is (2 + n) x 2: CAM is the third, Grad-CAM the first, fourth and fifth; image c. A
    # refined map has the heatmap of the map that it refines
    strip = [("CAM", "4 × 2, > 0.49", "IoU 0.40"), ("conv4", "2 × 2, > 0.105", "IoU 0.40")]
    strip += [("conv5", "5 × 2, > 0.41", "IoU 0.40"), ("all layers", "6 × 2, > 0.3", "IoU 0.90")]
    strip += [("recommended", "2 × 2, GrabCut", "IoU 0.60")]
    written = texts(sheets[1])
    assert [tuple(written[at : at + 3]) for at in range(7, 22, 3)] == strip
    for name in ("gallery", "layer_strip"):
        assert pixels((run_folder / f"plots/{name}.png").read_bytes()).shape[1] == panel.WIDTH * sheet.DPI


def test_the_pipeline_draws_both(reproduced: pathlib.Path) -> None:
    for name in ("gallery", "layer_strip"):
        picture = pixels((reproduced / f"plots/{name}.png").read_bytes())
        assert picture.shape[1] == panel.WIDTH * sheet.DPI
        assert count_of_colour(picture, panel.GROUND_TRUTH.colour) > 1000
