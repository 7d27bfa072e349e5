"""The gallery and the layer strip: what is drawn of their images."""

import pathlib
import types

import cv2
import numpy as np
import pytest
from score_tables import MAPS, NAMES, scores
from sheets import assert_apart, texts

from stages import gallery as stage
from stages.support import params
from wsol.data import datasets
from wsol.errors import InputError
from wsol.pictures import gallery, layer_strip, panel, sheet
from wsol.pictures.examples import Example, MapKey, ScoredHeatmap

CAM = MapKey("cam", "conv5")
COMPARED = MapKey("grad_cam", "conv4")

# ---------------------------------------------------------------- the pictures


def make_example(height: int = 60, width: int = 80, maps: int = 2, boxes: int = 1) -> Example:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    ground_truth_yxyx = np.array([[0.2, 0.2, 0.6, 0.6], [0.5, 0.5, 1, 1]])[:boxes]
    keys = [CAM, *(MapKey("grad_cam", f"conv{number}") for number in range(4, 3 + maps))]
    box_yxyx = np.array([0.1, 0.1, 0.9, 0.9])
    scored = [ScoredHeatmap(key, rng.random((7, 7)), box_yxyx, 0.25) for key in keys]
    return Example(picture, ground_truth_yxyx, "beagle", "beagle", scored)


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


def draw_gallery(groups: dict[str, list[Example]], threshold: float = 0.1) -> bytes:
    return gallery.draw(groups, "toy_dogs", COMPARED, threshold)


def draw_strip(example: Example, threshold: float = 0.1) -> bytes:
    return layer_strip.draw(example, "toy_dogs", COMPARED, threshold)


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
    assert heights[2] == heights[1]
    assert heights[3] - heights[2] == pytest.approx(gallery.ROW * sheet.DPI, abs=1)
    assert heights[5] - heights[3] == pytest.approx(gallery.ROW * sheet.DPI, abs=1)


@pytest.mark.parametrize(("layers", "rows"), [(1, 1), (4, 1), (5, 2), (16, 3), (50, 9)])
def test_rows_of_the_layer_strip(layers: int, rows: int) -> None:
    # six panels per row; the picture and CAM are the first two
    heights = [pixels(draw_strip(make_example(maps=1 + count))).shape[0] for count in (1, layers)]
    row_height = (layer_strip.COLUMN * 60 / 80 + layer_strip.CAPTIONS) * sheet.DPI
    assert heights[1] - heights[0] == pytest.approx((rows - 1) * row_height, abs=1)


def test_the_gallery_names_its_maps(sheets: list[sheet.Sheet]) -> None:
    wrong = make_example()._replace(predicted="pug")
    draw_gallery({"worst": [make_example(), wrong]})
    assert "toy_dogs: CAM and Grad-CAM at conv4, threshold 0.1" in texts(sheets[0])
    assert texts(sheets[0]).count("CAM: IoU 0.25") == texts(sheets[0]).count("Grad-CAM: IoU 0.25") == 2
    assert {"✓ predicted correctly", "✗ predicted pug", "worst"} <= set(texts(sheets[0]))


def test_the_strip_names_its_layers(sheets: list[sheet.Sheet]) -> None:
    example = make_example(maps=3)
    fused = example.heatmaps[1]._replace(key=MapKey("grad_cam", "all"))
    draw_strip(example._replace(heatmaps=[*example.heatmaps, fused]))
    assert "toy_dogs: CAM and Grad-CAM at every layer, threshold 0.1" in texts(sheets[0])
    assert {"CAM", "conv4", "conv5", "all layers", "7 × 7, IoU 0.25"} <= set(texts(sheets[0]))
    bold = {text.get_text() for text in sheets[0].figure.texts if text.get_fontweight() == "bold"}
    assert {"conv4", "conv5", "CAM"} & bold == {"conv4"}  # the compared map's


def test_cam_can_be_the_compared_map(sheets: list[sheet.Sheet]) -> None:
    gallery.draw({"best": [make_example(maps=1)]}, "toy_dogs", CAM, 0.1)
    layer_strip.draw(make_example(maps=1), "toy_dogs", CAM, 0.1)
    assert [texts(drawn)[0] for drawn in sheets] == [
        "toy_dogs: CAM, threshold 0.1",
        "toy_dogs: CAM at every layer, threshold 0.1",
    ]


def test_boxes_are_drawn_above_the_pictures() -> None:
    example = make_example()
    without = with_heatmaps(example._replace(ground_truth_yxyx=np.zeros((0, 4))), box_yxyx=np.zeros(4))
    for line in (panel.GROUND_TRUTH, panel.PREDICTED):
        counts = [count_of_colour(pixels(draw_gallery({"best": [drawn]})), line.colour) for drawn in (example, without)]
        assert counts[0] > counts[1] + 100  # the legend has a sample of each line


def boxes(drawn: sheet.Sheet, line: sheet.LineStyle) -> list[list[float]]:
    """The boxes that are drawn with this line, [xmin, ymin, width, height]; the last is the legend's sample."""
    patches = [patch for axes in drawn.figure.axes for patch in axes.patches]
    coloured = [patch for patch in patches if patch.get_edgecolor()[:3] == pytest.approx(rgb(line.colour))]
    return [[*patch.get_xy(), patch.get_width(), patch.get_height()] for patch in coloured]  # type: ignore[attr-defined]


def rgb(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def test_several_ground_truth_boxes(sheets: list[sheet.Sheet]) -> None:
    draw_gallery({"best": [make_example(boxes=2)]})
    assert len(boxes(sheets[0], panel.GROUND_TRUTH)) == 3 * 2 + 1  # three panels and the legend


def test_an_empty_box_is_not_drawn(sheets: list[sheet.Sheet]) -> None:
    draw_gallery({"worst": [with_heatmaps(make_example(), heatmap=np.zeros((7, 7)), box_yxyx=np.zeros(4))]})
    assert len(boxes(sheets[0], panel.PREDICTED)) == 1  # the legend's
    assert {"CAM: no box", "Grad-CAM: no box"} <= set(texts(sheets[0]))


def test_a_box_is_clipped_to_the_picture(sheets: list[sheet.Sheet]) -> None:
    draw_gallery({"worst": [with_heatmaps(make_example(), box_yxyx=np.array([-0.5, -0.5, 1.5, 1.5]))]})
    for xmin, ymin, width, height in boxes(sheets[0], panel.PREDICTED):
        assert min(xmin, ymin) > 0
        assert max(xmin + width, ymin + height) < 1


# ---------------------------------------------------------------- the layout


@pytest.mark.parametrize("threshold", [0.005, 0.1, 0.49, 0.995])
@pytest.mark.parametrize(("height", "width"), [(60, 80), (300, 40), (40, 300)])
def test_nothing_overlaps(sheets: list[sheet.Sheet], threshold: float, height: int, width: int) -> None:
    example = make_example(height, width)
    example = example._replace(
        label="soft-coated wheaten terrier", predicted="American Staffordshire terrier, or longer"
    )
    compared = MapKey("grad_cam_pp", "conv4_block36_3_conv")  # no backbone on offer has a longer name
    example = example._replace(heatmaps=[example.heatmaps[0], example.heatmaps[1]._replace(key=compared)])
    groups = {"best": [example, example], "differ most": [example, example]}
    gallery.draw(groups, "stanford_dogs", compared, threshold)
    strip = example._replace(heatmaps=[example.heatmaps[0], *[example.heatmaps[1]] * 17])
    layer_strip.draw(strip, "stanford_dogs", compared, threshold)
    assert len(sheets) == 2
    for drawn in sheets:
        assert_apart(drawn)


# ---------------------------------------------------------------- the stage


def test_a_picture_that_cannot_be_decoded_is_named() -> None:
    with pytest.raises(InputError, match=r"got test/a\.png"):
        stage.decode(b"no picture", "test/a.png")


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
    settings = types.SimpleNamespace(dataset="toy_dogs", map="grad_cam", layer="conv4", threshold=0.1, seed=0)
    monkeypatch.setattr(params, "read", {"gallery": settings}.get)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_stage_draws_cam_and_the_compared_map(run_folder: pathlib.Path, sheets: list[sheet.Sheet]) -> None:
    assert stage.main() == "gallery: wrote plots/gallery.png and plots/layer_strip.png (3 images)"
    assert {"best", "median", "CAM: IoU 0.90", "Grad-CAM: IoU 0.70"} <= set(texts(sheets[0]))
    # the n-th map of maps.parquet is (2 + n) x 2: CAM is the third, Grad-CAM the first, fourth and fifth; image c
    expected = [("CAM", "4 × 2, IoU 0.40"), ("conv4", "2 × 2, IoU 0.40"), ("conv5", "5 × 2, IoU 0.40")]
    expected += [("all layers", "6 × 2, IoU 0.90")]
    written = texts(sheets[1])
    assert [tuple(written[at : at + 2]) for at in range(4, 12, 2)] == expected
    for name in ("gallery", "layer_strip"):
        assert pixels((run_folder / f"plots/{name}.png").read_bytes()).shape[1] == panel.WIDTH * sheet.DPI


def test_the_pipeline_draws_both(reproduced: pathlib.Path) -> None:
    for name in ("gallery", "layer_strip"):
        picture = pixels((reproduced / f"plots/{name}.png").read_bytes())
        assert picture.shape[1] == panel.WIDTH * sheet.DPI
        assert count_of_colour(picture, panel.GROUND_TRUTH.colour) > 1000
