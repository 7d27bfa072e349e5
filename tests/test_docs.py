"""The documentation: its figures are those of docs/results, its links and examples work, its lists are complete.

A failing test prints the sentence or row that the file should contain.
"""

import json
import pathlib
import re
from typing import Any

import docs_selectors
import pandas as pd
import pytest
from clones import ROOT, shell
from docs_benchmarks import scale, speed
from docs_figures import findings, protocol, readme
from ruamel.yaml import YAML

DOCS = [*ROOT.glob("docs/*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
DATASETS = ("toy_dogs", "stanford_dogs")


def normalised(text: str) -> str:
    return " ".join(text.split())


EXPECTED = {
    "README.md": readme,
    "docs/findings.md": lambda: [*findings(), *docs_selectors.findings()],
    "docs/protocol.md": protocol,
    "docs/speed.md": speed,
    "docs/scale.md": scale,
}


@pytest.mark.parametrize(("file", "sentence"), [(file, text) for file, texts in EXPECTED.items() for text in texts()])
def test_figures_are_those_of_the_results(file: str, sentence: str) -> None:
    assert normalised(sentence) in normalised((ROOT / file).read_text(encoding="utf8")), (
        f"{file} should have:\n{sentence}"
    )


@pytest.mark.parametrize("path", ["metrics/localization.json", "metrics/claims.json"])
def test_the_results_of_toy_dogs_are_those_of_the_committed_run(path: str) -> None:
    # the committed files, since a run of another recipe changes those of the working tree
    if "\n  report:" not in shell(ROOT, "git", "show", "HEAD:dvc.lock").stdout:
        pytest.skip("no run of this pipeline is committed")
    frozen = json.loads((ROOT / "docs/results/toy_dogs" / pathlib.Path(path).name).read_text())
    assert json.loads(shell(ROOT, "git", "show", f"HEAD:{path}").stdout) == frozen


# ---------------------------------------------------------------- what the pages name


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf8").splitlines()) <= 210


def anchors(page: pathlib.Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_lead_somewhere(page: pathlib.Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf8")):
        if not link.startswith("http"):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def tree() -> list[tuple[str, str]]:
    """Path and description of each line of the README's tree."""
    block = re.search(r"^```\n(dvc\.yaml .+?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert block
    paths, folder = [], ""
    for line in block[1].splitlines():
        name, _, description = line.strip().partition(" ")
        folder = folder if line.startswith(" ") else name
        paths.append((f"{folder}{name}" if line.startswith(" ") else name, description))
    return paths


def test_paths_of_the_readmes_tree_exist() -> None:
    for path, description in tree():
        assert (ROOT / path).exists(), path
        if path.startswith("wsol/"):
            for name in re.findall(r"\w+\.py|\w+/", description):
                assert (ROOT / path / name).exists(), f"{path}{name}"


def test_the_readmes_tree_has_every_stage_in_order() -> None:
    stages = list(YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"])
    named = [pathlib.Path(path).stem for path, _ in tree() if path.startswith("stages/")]
    assert [name for name in named if name in stages] == stages


def parameters(section: dict[str, Any], prefix: str = "") -> list[str]:
    """The dotted names of all parameters."""
    nested = (
        parameters(value, f"{prefix}{name}.") if isinstance(value, dict) else [f"{prefix}{name}"]
        for name, value in section.items()
    )
    return [name for part in nested for name in part]


def readers(parameter: str) -> list[str]:
    """The stages, except for `check`, that declare a parameter or a section that contains it."""
    section, found = parameter.partition(".")[0], []
    for stage, content in YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"].items():
        declared = [
            str(entry).replace("${dataset}", section if section in DATASETS else "")
            for entry in content.get("params", [])
        ]
        if stage != "check" and any(f"{parameter}.".startswith(f"{entry}.") for entry in declared):
            found.append(stage)
    return found


@pytest.mark.parametrize("parameter", parameters(YAML(typ="safe").load(ROOT / "params.yaml")))
def test_every_parameter_is_described_with_the_stages_that_read_it(parameter: str) -> None:
    stages = ", ".join(f"`{stage}`" for stage in readers(parameter))
    assert f"| `{parameter}` | {stages} |" in normalised((ROOT / "docs/parameters.md").read_text(encoding="utf8"))


@pytest.mark.parametrize("line", re.findall(r"^>>> (.+)$", (ROOT / "docs/files.md").read_text(), re.MULTILINE))
def test_own_questions_have_answers(reproduced: pathlib.Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(reproduced)
    known = {"pd": pd, "iou": pd.read_parquet("data/iou.parquet")}
    if not line.startswith(("import ", "iou = ")):
        assert len(eval(line, known))
