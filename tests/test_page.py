"""The page of `dvc plots show` and `dvc plots diff`: its text, and what a browser with no network makes of it."""

import pathlib
import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from clones import ROOT, succeed
from playwright.sync_api import Browser, Route, sync_playwright
from ruamel.yaml import YAML

from stages.page import SENTENCES
from wsol.pictures import page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
LOCAL = ("file:", "data:", "blob:")
IMAGES = [name for name in SENTENCES if name.startswith("plots/")]

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")

# ---------------------------------------------------------------- its text


def names() -> list[str]:
    plots = YAML(typ="safe").load(ROOT / "dvc.yaml")["plots"]
    return [plot if isinstance(plot, str) else next(iter(plot)) for plot in plots]


def test_every_plot_has_its_sentence_and_every_sentence_its_plot() -> None:
    assert sorted(SENTENCES) == sorted(names())


@pytest.mark.parametrize("sentence", SENTENCES.values())
def test_a_sentence_is_one(sentence: str) -> None:
    assert sentence.endswith(".")
    assert ". " not in sentence


def test_the_frame_is_filled() -> None:
    filled = page.html("<script>{javascript}; {figures}</script>{plot_divs}", "let vega", {"A. By b": "</script>"})
    assert filled.startswith("<script>let vega; {")
    assert '"A__By_b"' in filled  # DVC's id of the plot
    assert filled.endswith("</script>{plot_divs}")
    assert filled.count("</script>") == 1


@pytest.mark.parametrize(
    ("name", "expected"), [("Figure 1. Mean IoU", "Figure 1. Mean IoU"), ("plots/some_dogs.png", "Some dogs")]
)
def test_heading(name: str, expected: str) -> None:
    assert page.heading(name) == expected


# ---------------------------------------------------------------- in a browser


class Seen(NamedTuple):
    """What a reader has before them."""

    headings: list[str]
    sentences: list[str]
    marks: list[int]  # drawn, one number a Vega plot
    images: list[int]  # width in pixels, 0 where one is missing
    beyond: int  # pixels by which the page is wider than the window
    errors: list[str]  # of the console, and requests to outside


DRAWN = '[...document.querySelectorAll("main > div")].every(plot => plot.querySelector("svg.marks, img"))'
SEEN = """() => {
    const all = (selector, found, within = document) => [...within.querySelectorAll(selector)].map(found);
    const length = (mark) => mark.getTotalLength();
    return {
        headings: all("h2", (heading) => heading.textContent),
        sentences: all("h2 + p", (sentence) => sentence.textContent),
        marks: all(".vega-embed", (plot) => all(".role-mark :is(path, line)", length, plot).filter(Boolean).length),
        images: all("img", (image) => image.naturalWidth),
        beyond: document.documentElement.scrollWidth - innerWidth,
    };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


def seen(browser: Browser, address: str, width: int = 1280) -> Seen:
    """Open a page, and let it fetch local files alone."""
    errors: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            errors.append(f"request: {route.request.url}")
            route.abort()

    with browser.new_page(viewport={"width": width, "height": 900}) as opened:
        opened.route("**/*", answer)
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: errors.append(error.message))
        opened.on("requestfailed", lambda request: errors.append(f"failed: {request.url}"))
        opened.goto(address)
        opened.wait_for_function(DRAWN)
        facts: dict[str, Any] = opened.evaluate(SEEN)
    return Seen(**facts, errors=errors)


@needs_chromium
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    ("command", "revisions"),
    [(("show",), 1), (("diff", "HEAD", "workspace"), 2)],
    ids=["show", "diff"],
)
def test_the_page_opens_with_no_network(
    browser: Browser,
    reproduced: pathlib.Path,
    tmp_path: pathlib.Path,
    command: tuple[str, ...],
    revisions: int,
    width: int,
) -> None:
    succeed(reproduced, "dvc", "plots", *command, "--out", str(tmp_path))
    found = seen(browser, (tmp_path / "index.html").as_uri(), width)
    assert found.errors == []
    expected = {page.heading(name): sentence for name, sentence in SENTENCES.items()}
    assert dict(zip(found.headings, found.sentences, strict=True)) == expected
    assert len(found.headings) == len(SENTENCES)
    assert len(found.marks) == len(SENTENCES) - len(IMAGES)
    assert min(found.marks) > 0
    assert len(found.images) == len(IMAGES) * revisions
    assert min(found.images) > 0
    assert found.beyond <= 0


@needs_chromium
@pytest.mark.parametrize(
    "body",
    [
        "<div><svg class=marks></svg><img src=https://example.org/a.png></div>",
        "<div><svg class=marks></svg></div><script>vegaEmbed('#A', {})</script>",
    ],
    ids=["a request", "an error"],
)
def test_a_request_or_an_error_would_be_noticed(browser: Browser, tmp_path: pathlib.Path, body: str) -> None:
    (tmp_path / "index.html").write_text(f"<main>{body}</main>")
    assert seen(browser, (tmp_path / "index.html").as_uri()).errors


@pytest.fixture
def address(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> str:
    """The page with these plots, in place of Vega a stub that draws nothing."""
    filled = page.html((ROOT / ".dvc/page.html").read_text(), "var vegaEmbed", {"plots/dogs": "Some dogs."})
    (tmp_path / "index.html").write_text(filled.replace("{plot_divs}", request.param))
    return (tmp_path / "index.html").as_uri()


@needs_chromium
@pytest.mark.parametrize("address", ["<div id=A><script>vegaEmbed('#A', {})</script></div>"], indirect=True)
def test_a_plot_without_data_says_so(browser: Browser, address: str) -> None:
    with browser.new_page() as opened:
        opened.goto(address)
        assert opened.inner_text("#A") == "Nothing to draw yet: dvc repro writes the data."


@needs_chromium
@pytest.mark.parametrize("address", ["<div id=plots_dogs_1_png></div><div id=plots_dogs_2_png></div>"], indirect=True)
def test_a_folder_of_images_is_one_figure(browser: Browser, address: str) -> None:
    with browser.new_page() as opened:
        opened.goto(address)
        assert opened.locator("h2").all_inner_texts() == ["Dogs"]
        assert opened.locator("h2 + p").all_inner_texts() == ["Some dogs."]
