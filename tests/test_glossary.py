"""docs/glossary.md names every key of metrics/, and no other."""

import json
import re
from typing import Any

import pytest
from clones import ROOT

SECTIONS = re.split(r"^## ", (ROOT / "docs/glossary.md").read_text(encoding="utf8"), flags=re.MULTILINE)[1:]
NAMES = ("localization", "recommendation", "finetune", "claims")


def keys(content: Any) -> set[str]:
    if isinstance(content, list):
        return set().union(*map(keys, content))
    return set(content).union(*map(keys, content.values())) if isinstance(content, dict) else set()


def test_every_file_of_metrics_has_a_section() -> None:
    assert [section.splitlines()[0] for section in SECTIONS] == [f"metrics/{name}.json" for name in NAMES]
    assert {path.stem for path in (ROOT / "metrics").iterdir()} == set(NAMES)


@pytest.mark.parametrize(("name", "section"), zip(NAMES, SECTIONS, strict=True), ids=NAMES)
def test_the_keys_are_those_of_the_file(name: str, section: str) -> None:
    frozen = ROOT / f"docs/results/toy_dogs/{name}.json"
    content = json.loads((frozen if frozen.exists() else ROOT / f"metrics/{name}.json").read_text())
    first_cells = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(first_cells))) == keys(content)
