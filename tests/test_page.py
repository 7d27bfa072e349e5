"""The page of `dvc plots show` and `dvc plots diff`: its text, and how a browser with no network shows it."""

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
from clones import ROOT, commit, succeed
from playwright.sync_api import Browser, Route, sync_playwright
from plot_tables import TABLES
from ruamel.yaml import YAML

from stages.page import CAPTIONS
from wsol.pictures import page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
LOCAL = ("file:", "data:", "blob:")
PICTURES = [name for name in CAPTIONS if name.startswith("plots/")]
PLOTS: list[Any] = YAML(typ="safe").load(ROOT / "dvc.yaml")["plots"]

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")

# ---------------------------------------------------------------- its text


def test_every_plot_has_a_caption_and_every_caption_a_plot() -> None:
    names = [plot if isinstance(plot, str) else next(iter(plot)) for plot in PLOTS]
    assert sorted(CAPTIONS) == sorted(names)


def test_the_frame_is_filled() -> None:
    filled = page.html("<script>{javascript}; {figures}</script>{plot_divs}", "let vega", {"A. By b": "</script>"})
    assert filled.startswith("<script>let vega; {")
    assert '"A__By_b"' in filled  # DVC's id of the plot
    assert filled.endswith("</script>{plot_divs}")
    assert filled.count("</script>") == 1


@pytest.mark.parametrize(
    ("name", "expected"), [("Figure 1. Mean IoU", "Figure 1. Mean IoU"), ("plots/some_birds.png", "Some birds")]
)
def test_heading(name: str, expected: str) -> None:
    assert page.heading(name) == expected


def write_page(folder: pathlib.Path, hash_seed: str = "0") -> pathlib.Path:
    """Run the stage in a folder that holds .dvc/page.html."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed, "LC_ALL": "C"}
    subprocess.run([sys.executable, "-m", "stages.page"], cwd=folder, env=environment, check=True)
    return folder / "plots/page.html"


def test_each_run_writes_the_same_bytes(tmp_path: pathlib.Path) -> None:
    # git keeps the page, so it must not change unless its frame, its captions or Vega change
    (tmp_path / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc/page.html", tmp_path / ".dvc")
    first, second = (write_page(tmp_path, hash_seed).read_bytes() for hash_seed in ("1", "2"))
    assert first == second
    assert b"{plot_divs}" in first


# ---------------------------------------------------------------- in a browser


class Shown(NamedTuple):
    """What a browser shows of a page."""

    headings: list[str]
    captions: list[str]
    marks: list[int]  # number of marks in each Vega plot
    rows: list[str]  # of the table of the run
    pictures: list[int]  # width of each picture in pixels; 0: not found
    overflow: int  # pixels by which the page is wider than the window
    errors: list[str]  # errors in the console, and requests to the network


DRAWN = '[...document.querySelectorAll("main > div")].every(plot => plot.querySelector("svg.marks, img, table"))'
SHOWN = """() => {
    const all = (selector, found, within = document) => [...within.querySelectorAll(selector)].map(found);
    const length = (mark) => mark.getTotalLength();
    return {
        headings: all("h2", (heading) => heading.textContent),
        captions: all("h2 + p", (caption) => caption.textContent),
        marks: all(".vega-embed", (plot) => all(".role-mark :is(path, line)", length, plot).filter(Boolean).length),
        rows: all("table tr", (row) => row.innerText),
        pictures: all("img", (picture) => picture.naturalWidth),
        overflow: document.documentElement.scrollWidth - innerWidth,
    };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


def show(browser: Browser, address: str, width: int = 1280) -> Shown:
    """Open a page, with no requests but to local files."""
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
        facts: dict[str, Any] = opened.evaluate(SHOWN)
    return Shown(**facts, errors=errors)


@pytest.fixture(scope="module")
def fresh_clone(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """What git has of the plots in a clone without data: the page, the templates, small tables and two pictures."""
    folder = tmp_path_factory.mktemp("fresh")
    shutil.copytree(ROOT / ".dvc/plots", folder / ".dvc/plots")
    for name in ("config", "page.html"):
        shutil.copy(ROOT / ".dvc" / name, folder / ".dvc")
    YAML().dump({"plots": PLOTS}, folder / "dvc.yaml")
    write_page(folder)
    for path, table in TABLES.items():
        table.to_csv(folder / path, index=False)
    for path in PICTURES:
        cv2.imwrite(str(folder / path), np.zeros((300, 2000, 3), np.uint8))
    succeed(folder, "git", "init", "--quiet")
    commit(folder)
    return folder


@needs_chromium
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    ("command", "revisions"),
    [(("show",), 1), (("diff", "HEAD", "workspace"), 2)],
    ids=["show", "diff"],
)
def test_the_page_opens_with_no_network(
    browser: Browser,
    fresh_clone: pathlib.Path,
    tmp_path: pathlib.Path,
    command: tuple[str, ...],
    revisions: int,
    width: int,
) -> None:
    succeed(fresh_clone, "dvc", "plots", *command, "--out", str(tmp_path))
    shown = show(browser, (tmp_path / "index.html").as_uri(), width)
    assert shown.errors == []
    expected = {page.heading(name): caption for name, caption in CAPTIONS.items()}
    assert dict(zip(shown.headings, shown.captions, strict=True)) == expected
    assert len(shown.headings) == len(CAPTIONS)
    assert len(shown.marks) == len(CAPTIONS) - len(PICTURES) - 1  # the run is a table
    lines = ["dataset\ttoy_dogs", "recipe\tthe defaults but for: rotated rectangle"]
    assert shown.rows == (["\tHEAD\tworkspace"] if revisions > 1 else []) + [
        "\t".join([*line.split("\t"), *line.split("\t")[1:] * (revisions - 1)]) for line in lines
    ]
    assert min(shown.marks) > 0
    assert shown.pictures == [2000] * len(PICTURES) * revisions
    assert shown.overflow <= 0


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
    (tmp_path / "index.html").write_text(f"<main>{body}</main>", encoding="utf8")
    assert show(browser, (tmp_path / "index.html").as_uri()).errors


@pytest.fixture
def address(tmp_path: pathlib.Path, request: pytest.FixtureRequest) -> str:
    """Address of a page with these plots, and with a stub instead of Vega."""
    frame = (ROOT / ".dvc/page.html").read_text(encoding="utf8")
    filled = page.html(frame, "var vegaEmbed", {"plots/birds": "Some birds."})
    (tmp_path / "index.html").write_text(filled.replace("{plot_divs}", request.param), encoding="utf8")
    return (tmp_path / "index.html").as_uri()


@needs_chromium
@pytest.mark.parametrize("address", ["<div id=A><script>vegaEmbed('#A', {})</script></div>"], indirect=True)
def test_a_plot_without_data_says_so(browser: Browser, address: str) -> None:
    with browser.new_page() as opened:
        opened.goto(address)
        assert opened.inner_text("#A") == "No data: nothing to draw in this run, or dvc repro has not run."


@needs_chromium
@pytest.mark.parametrize("address", ["{plot_divs}"], indirect=True)
def test_the_frame_alone_says_what_it_is(browser: Browser, address: str) -> None:
    with browser.new_page() as opened:
        opened.goto(address)
        assert "Run dvc plots show" in opened.inner_text("main")


@needs_chromium
@pytest.mark.parametrize("address", ["<div id=plots_birds_1_png></div><div id=plots_birds_2_png></div>"], indirect=True)
def test_a_folder_of_pictures_is_one_figure(browser: Browser, address: str) -> None:
    with browser.new_page() as opened:
        opened.goto(address)
        assert opened.locator("h2").all_inner_texts() == ["Birds"]
        assert opened.locator("h2 + p").all_inner_texts() == ["Some birds."]
