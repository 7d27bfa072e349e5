"""The browser of images: its content, and how Chromium sorts, filters and opens it with mouse and keyboard."""

import json
import pathlib
from collections.abc import Iterator

import cv2
import numpy as np
import pandas as pd
import pytest
from clones import ROOT
from playwright.sync_api import Browser, Page, sync_playwright
from test_page import CHROMIUM, FLAGS, needs_chromium

from wsol.browser import page, pictures
from wsol.maps.keys import KEY, MapKey
from wsol.pictures.examples import EDGES

CAM, FUSED = MapKey("cam", "conv5"), MapKey("grad_cam", "all", "grabcut")
#        name, class, predicted class, IoUs of CAM and of the refined map
IMAGES = [
    ("test/a.png", "pug", "pug", 0.2, 0.9),
    ("test/b.png", "corgi", "pug", 0.6, 0.5),
    ("test/c.png", "pug", "pug", 0.9, 0.3),
    ("test/d.png", "corgi", "corgi", 0.4, np.nan),
]

# ---------------------------------------------------------------- the content


def content(name: str, label: str, predicted: str, *ious: float) -> dict[str, object]:
    titles = {"label_title": label, "predicted_title": predicted}
    image = pd.Series({"image": name, **titles, "top1_right": label == predicted})
    image["boxes_yxyx"] = np.array([0.2, 0.2, 0.6, 0.7])
    scores = pd.DataFrame([CAM, FUSED], columns=KEY).assign(iou_chosen=ious)
    scores[EDGES] = [[0.1, 0.2, 0.3, 0.4], [0.0, 0.0, 0.0, 0.0]]
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    heatmaps = pictures.stacked([rng.random((4, 4)), rng.random((56, 56))])
    urls = pictures.data_url(pictures.thumbnail(picture)), pictures.data_url(heatmaps)
    return page.image_content(image, scores, [CAM, FUSED], *urls)


def filled(name: str = "toy_dogs", count: int = 4) -> str:
    maps = page.maps_content(
        [CAM, FUSED], dict(zip([CAM[:2], FUSED[:2]], pictures.places([(4, 4), (56, 56)]), strict=True))
    )
    frame, javascript = ((ROOT / f".dvc/browser/browser.{suffix}").read_text() for suffix in ("html", "js"))
    return page.html(frame, javascript, name, maps, [content(*image) for image in IMAGES], count)


def test_an_image_has_its_scores_and_boxes() -> None:
    image = content(*IMAGES[1])
    assert (image["label"], image["predicted"], image["right"]) == ("corgi", "pug", False)
    assert image["iou"] == [0.6, 0.5]
    assert image["boxes"] == [[0.1, 0.2, 0.3, 0.4], [0, 0, 0, 0]]
    assert content(*IMAGES[3])["iou"] == [0.4, None]  # NaN is no JSON


def test_a_refined_map_has_the_heatmap_that_it_refines() -> None:
    place = pictures.Place(top=4, height=28, width=28)
    (described,) = page.maps_content([FUSED], {("grad_cam", "all"): place})
    assert described == {"title": "Grad-CAM, all layers, refined by GrabCut", "top": 4, "height": 28, "width": 28}


def test_a_baseline_has_no_heatmap() -> None:
    (described,) = page.maps_content([MapKey("full_image", "none")], {})
    assert described == {"title": "full image", "top": 0, "height": 0, "width": 0}


def decoded(encoded: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return picture


def test_heatmaps_lie_one_below_the_other() -> None:
    sheet = decoded(pictures.stacked([np.eye(2), np.full((56, 28), 0.2)]))
    assert sheet.shape == (2 + 28, 14)  # 56 × 28 becomes 28 × 14
    assert sheet[:2, :2].tolist() == [[255, 0], [0, 255]]
    assert (sheet[2:] == 51).all()  # 0.2 * 255


def test_no_name_ends_the_script() -> None:
    assert filled("</script><script>alert(1)").count("</script>") == filled().count("</script>")


def test_a_thumbnail_keeps_its_proportions() -> None:
    thumbnail = decoded(pictures.thumbnail(np.zeros((400, 100, 3), np.uint8)))
    assert thumbnail.shape == (160, 40, 3)


# ---------------------------------------------------------------- in Chromium


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture
def opened(chromium: Browser, tmp_path: pathlib.Path) -> Iterator[Page]:
    """The page. It must end without an error in its console."""
    (tmp_path / "browser.html").write_text(filled(), encoding="utf8")
    errors: list[str] = []
    with chromium.new_page(viewport={"width": 800, "height": 600}) as opened:
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: errors.append(error.message))
        opened.goto((tmp_path / "browser.html").as_uri())
        yield opened
    assert errors == []


def names(opened: Page) -> str:
    """The images that are shown, in order, by the letter in their name."""
    return opened.eval_on_selector_all("#grid button", "all => all.map((button) => button.title[5]).join('')")


@needs_chromium
@pytest.mark.parametrize(
    ("order", "expected"),
    # CAM: .2, .6, .9, .4. The refined map: .9, .5, .3 and no IoU, which counts as 0: differences -.7, .1, .6, .4
    [("", "abcd"), ("highest", "cbda"), ("lowest", "adbc"), ("most", "cdba"), ("least", "abdc")],
)
def test_sorting_changes_the_order(opened: Page, order: str, expected: str) -> None:
    opened.get_by_label("Order").select_option(order)
    assert names(opened) == expected


@needs_chromium
def test_any_map_can_be_sorted_by(opened: Page) -> None:
    opened.get_by_label("Order").select_option("highest")
    opened.get_by_label("First map").select_option("Grad-CAM, all layers, refined by GrabCut")
    assert names(opened) == "abcd"
    assert opened.locator("#grid button").last.inner_text().splitlines()[-1] == "first map: no IoU, second map: no IoU"


@needs_chromium
def test_filters_change_the_number(opened: Page) -> None:
    opened.get_by_label("Class").select_option("corgi")
    assert (names(opened), opened.inner_text("#count")) == ("bd", "2 of 4 images")
    opened.get_by_label("Prediction").select_option("wrong")
    assert (names(opened), opened.inner_text("#count")) == ("b", "1 of 4 images")
    opened.get_by_label("Class").select_option("pug")
    assert (names(opened), opened.inner_text("#count")) == ("", "0 of 4 images")


@needs_chromium
def test_an_arrow_key_goes_to_the_first_image(opened: Page) -> None:
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    assert opened.inner_text("#title").endswith("test/a.png")


@needs_chromium
def test_arrow_keys_keep_their_other_uses(opened: Page) -> None:
    opened.get_by_label("Order").focus()
    opened.keyboard.press("ArrowDown")  # the list's own
    assert opened.evaluate("document.activeElement.id") == "order"
    opened.evaluate("document.activeElement.blur()")
    opened.keyboard.press("Shift+ArrowDown")  # the browser's own
    assert opened.evaluate("document.activeElement.tagName") == "BODY"
    opened.locator("#grid button").nth(1).click()
    opened.keyboard.press("ArrowDown")  # the dialog scrolls
    assert opened.inner_text("#title").endswith("test/b.png")
    assert opened.evaluate("document.activeElement.closest('#opened') !== null")


@needs_chromium
def test_the_keyboard_alone_opens_an_image_and_the_next(opened: Page) -> None:
    for _ in range(6):  # five lists, then the first image
        opened.keyboard.press("Tab")
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("Enter")
    assert opened.get_by_role("dialog").is_visible()
    assert opened.inner_text("#title") == "corgi: test/b.png"
    opened.wait_for_selector("#strip figure")
    captions = opened.locator("#strip figcaption").all_inner_texts()
    assert captions == ["picture", "CAM: IoU 0.60", "Grad-CAM, all layers, refined by GrabCut: IoU 0.50"]
    opened.keyboard.press("ArrowRight")
    assert opened.inner_text("#title") == "pug: test/c.png"
    opened.keyboard.press("Escape")
    assert not opened.get_by_role("dialog").is_visible()
    opened.wait_for_function("document.activeElement.title === 'test/c.png'")  # a dialog that closes says so later
    opened.keyboard.press("ArrowLeft")
    assert opened.evaluate("document.activeElement.title") == "test/b.png"


@needs_chromium
def test_a_heatmap_has_its_colours_and_its_box(opened: Page) -> None:
    opened.locator("#grid button").first.click()
    opened.wait_for_selector("#strip figure")
    # the box of CAM is [.1, .2, .3, .4]: its left edge at x = .2 of 180 pixels, between two dashes or on one
    pixels = """() => [...document.querySelectorAll("#strip canvas")].map((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const yellow = (at) => data[at] > 220 && data[at + 1] > 200 && data[at + 2] < 110;
        return [...data.keys()].filter((at) => at % 4 === 0 && yellow(at)).length;
    })"""
    picture, cam, refined = opened.evaluate(pixels)
    assert cam > picture + 50
    assert refined < cam  # it has no box


@needs_chromium
def test_everything_has_a_name_for_screen_readers(opened: Page) -> None:
    for select in opened.locator("select").all():
        assert select.evaluate("(select) => select.labels[0].innerText.trim()")
    assert opened.get_by_role("status").inner_text() == "4 of 4 images"
    assert (
        opened.get_by_role("button", name="corgi ✗ predicted pug first map: IoU 0.60, second map: IoU 0.50").count()
        == 1
    )
    opened.locator("#grid button").first.click()
    opened.wait_for_selector("#strip figure")
    assert opened.get_by_role("dialog", name="pug: test/a.png").count() == 1
    assert opened.get_by_role("img", name="CAM: IoU 0.20").count() == 1


@needs_chromium
def test_a_phone_shows_all(opened: Page) -> None:
    opened.set_viewport_size({"width": 390, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_pipeline_makes_the_page(reproduced: pathlib.Path) -> None:
    html = (reproduced / "plots/browser.html").read_text(encoding="utf8")
    start = html.index('id="content">') + len('id="content">')
    made = json.loads(html[start : html.index("</script>", start)])
    iou = pd.read_parquet(reproduced / "data/iou.parquet")
    assert len(made["images"]) == made["count"] == iou["image"].nunique() == 20
    assert len(made["maps"]) == len(iou[KEY].drop_duplicates())
    row = iou[iou["image"] == made["images"][0]["name"]].iloc[0]
    assert made["images"][0]["iou"][0] == pytest.approx(row["iou_chosen"], abs=0.0006)
