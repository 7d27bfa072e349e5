"""The documentation: its figures are those of docs/results, its links and examples work, its lists are complete.

A failing test prints the sentence or row that the file should contain.
"""

import functools
import json
import pathlib
import re
from typing import Any, NamedTuple

import pandas as pd
import pytest
from clones import ROOT, shell
from ruamel.yaml import YAML

from wsol.scores.claims import markdown

DOCS = [*ROOT.glob("docs/*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
LAYER = "conv3_block3_out"
DATASETS = ("toy_dogs", "stanford_dogs")


class Results(NamedTuple):
    """One folder of docs/results."""

    headline: dict[str, Any]
    claims: list[dict[str, Any]]
    scores: pd.DataFrame
    comparisons: pd.DataFrame
    baselines: pd.DataFrame


@functools.cache
def results(name: str) -> Results:
    folder = ROOT / "docs/results" / name
    headline, claims = (json.loads((folder / f"{file}.json").read_text()) for file in ("localization", "claims"))
    return Results(
        headline, claims, *(pd.read_csv(folder / f"{t}.csv") for t in ("scores", "comparisons", "baselines"))
    )


TOY, REAL, STUDYS = (results(name) for name in ("toy_dogs", "real_dogs", "real_dogs_papers_recipe"))


# ---------------------------------------------------------------- figures


def of(table: pd.DataFrame, **values: str) -> pd.Series:
    """The first row with these values."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table.iloc[0]


def cell(row: Any) -> str:
    mean = row["mean_iou"] if "mean_iou" in row else row["estimate"]
    return f"{mean:.4f} ({row['low']:.3f} to {row['high']:.3f})"


def chosen_cell(result: Results, map_name: str) -> str:
    chosen = result.headline["chosen_on_holdout"][map_name]
    if map_name == "cam":
        return f"{cell(of(result.scores, map='cam', score='mean_iou_chosen'))}, at {chosen['threshold']:.2f}"
    row = of(result.scores, map="grad_cam", layer=chosen["layer"], score="mean_iou_chosen")
    return f"{cell(row)}, `{chosen['layer']}` at {chosen['threshold']:.2f}"


def less_centre_box(result: Results, mean_iou: float) -> str:
    return f"{mean_iou - result.headline['baselines']['centre_box']['mean_iou']:.4f}"


def layers_that_beat_cam(result: Results, score: str) -> pd.DataFrame:
    """The comparisons of CAM with a layer in which the layer is better, their interval below 0."""
    rows = result.comparisons.query("comparison == 'CAM less map' and score == @score")
    return rows[rows["high"] < 0]


def count(result: Results, score: str) -> int:
    return len(layers_that_beat_cam(result, score))


def count_by_holm(result: Results, score: str) -> int:
    return int((layers_that_beat_cam(result, score)["p_holm"] < 0.05).sum())


def layers(result: Results) -> int:
    return len(result.scores.query("map == 'grad_cam' and score == 'mean_iou'"))


def compared(result: Results) -> str:
    """CAM and Grad-CAM at the study's layer, by the first claim."""
    words = {"holds": "better than", "does not hold": "worse than", "undecided": "not distinguishable from"}
    return f"CAM is {words[result.claims[0]['verdict']]} Grad-CAM at the study's layer."


def readme() -> list[str]:
    both = (REAL, TOY)

    def row(title: str, study: str, cells: list[str]) -> str:
        return f"| {title} | {study} | {' | '.join(cells)} |"

    def baseline(name: str) -> list[str]:
        return [cell(of(result.baselines, baseline=name, score="mean_iou")) for result in both]

    return [
        row("test images", "1", [str(result.headline["images"]) for result in both]),
        row("CAM", "0.4226", [cell(result.headline["cam"]) for result in both]),
        row(f"Grad-CAM at `{LAYER}`", "0.3708", [cell(result.headline["compared"]) for result in both]),
        row("CAM minus Grad-CAM, paired", "0.0518", [cell(result.headline["cam_less_compared"]) for result in both]),
        row("CAM", "not given", [chosen_cell(result, "cam") for result in both]),
        row("Grad-CAM", "not given", [chosen_cell(result, "compared") for result in both]),
        row("full-image box", "not given", baseline("full_image")),
        row("centre box, its side chosen on holdout", "not given", baseline("centre_box")),
        row("top-1 accuracy", "not given", [f"{result.headline['classification']['top1']:.3f}" for result in both]),
        f"- **Real dogs.** {compared(REAL)} {count(REAL, 'mean_iou')} of {layers(REAL)} layers beat CAM at "
        f"threshold 0.1, and {count(REAL, 'mean_iou_chosen')} at thresholds chosen on holdout. "
        f"CAM minus the centre box is {less_centre_box(REAL, REAL.headline['cam']['mean_iou'])} at threshold 0.1.",
        f"- **`toy_dogs`.** {compared(TOY)} {count(TOY, 'mean_iou')} of {layers(TOY)} layers beat CAM at "
        f"threshold 0.1, and {count(TOY, 'mean_iou_chosen')} at thresholds chosen on holdout. "
        f"CAM minus the centre box is {less_centre_box(TOY, TOY.headline['cam']['mean_iou'])} at threshold 0.1, and "
        f"{less_centre_box(TOY, TOY.headline['chosen_on_holdout']['cam']['mean_iou'])} at the threshold chosen on "
        "holdout.",
    ]


def claims_of_both_recipes() -> str:
    lines = [
        "| claim | the study | default parameters | verdict | the study's recipe | verdict |",
        "|---|---|---|---|---|---|",
    ]
    for default, studys in zip(REAL.claims, STUDYS.claims, strict=True):
        cells = ["{estimate:.4f} ({low:.4f} to {high:.4f}) | {verdict}".format(**claim) for claim in (default, studys)]
        lines.append(f"| {default['claim']} | {default['paper']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def claims_with_the_same_verdict(verdict: str) -> str:
    everywhere = [
        rows[0]["claim"]
        for rows in zip(TOY.claims, REAL.claims, STUDYS.claims, strict=True)
        if {row["verdict"] for row in rows} == {verdict}
    ]
    return ", ".join(f'"{claim}"' for claim in everywhere)


def beat_cam(result: Results, title: str) -> str:
    fixed, chosen = "mean_iou", "mean_iou_chosen"
    return (
        f"On {title}, {count(result, fixed)} of {layers(result)} layers beat CAM at threshold 0.1 "
        f"({count_by_holm(result, fixed)} with Holm's correction), and {count(result, chosen)} at thresholds chosen on "
        f"holdout ({count_by_holm(result, chosen)} with Holm's correction)."
    )


def best_layer(result: Results, title: str) -> str:
    chosen = result.headline["chosen_on_holdout"]["compared"]
    return (
        f"On {title}, Grad-CAM's best layer on holdout is `{chosen['layer']}`, with a threshold of "
        f"{chosen['threshold']:.2f}. Its mean IoU is {chosen['mean_iou']:.4f}. "
        f"The oracle is {chosen['oracle']:.4f}, at `{chosen['oracle_layer']}`."
    )


def thresholds(result: Results, title: str) -> str:
    chosen = result.headline["chosen_on_holdout"]["cam"]
    return (
        f"On {title}, CAM's mean IoU is {result.headline['cam']['mean_iou']:.4f} at threshold 0.1. At the threshold "
        f"chosen on holdout, {chosen['threshold']:.2f}, it is {chosen['mean_iou']:.4f}. "
        f"The oracle is {chosen['oracle']:.4f}."
    )


def low_threshold() -> str:
    gain, at_01 = REAL.claims[4]["estimate"], REAL.headline["compared"]["mean_iou"]
    assert REAL.claims[4]["claim"] == f"a threshold of 0.005 inflates IoU: Grad-CAM at {LAYER}"
    return (
        f"On real dogs, Grad-CAM at `{LAYER}` has a mean IoU of {at_01:.4f} at threshold 0.1 and {at_01 + gain:.4f} at "
        f"0.005. The full-image box has {REAL.headline['baselines']['full_image']['mean_iou']:.4f}."
    )


def max_box_acc() -> str:
    oracles = REAL.scores.query("map == 'grad_cam' and score == 'max_box_acc'")["oracle"]
    full_image = of(REAL.baselines, baseline="full_image", score="gt_known_loc")["estimate"]
    near = oracles[(oracles - full_image).abs() < 0.02]
    return (
        f"On real dogs, the full-image box localizes {full_image:.3f} of the images. MaxBoxAcc of {len(near)} of the "
        f"{len(oracles)} layers lies between {near.min():.3f} and {near.max():.3f} (column `oracle`)."
    )


def findings() -> list[str]:
    holding = [sum(row["verdict"] == "holds" for row in result.claims) for result in (TOY, REAL, STUDYS)]
    return [
        markdown(TOY.claims),
        claims_of_both_recipes(),
        f"Of the {len(TOY.claims)} claims, {holding[0]} hold on `toy_dogs`, {holding[1]} on real dogs with the default "
        f"parameters, and {holding[2]} on real dogs with the study's recipe.",
        f"These claims hold in all three cases: {claims_with_the_same_verdict('holds')}.",
        f"These claims do not hold in any case: {claims_with_the_same_verdict('does not hold')}.",
        *(
            text(*case)
            for text in (beat_cam, best_layer, thresholds)
            for case in ((TOY, "`toy_dogs`"), (REAL, "real dogs"))
        ),
        low_threshold(),
        f"On real dogs, CAM minus the centre box is {less_centre_box(REAL, REAL.headline['cam']['mean_iou'])} at "
        "threshold 0.1.",
        f"On `toy_dogs`, it is {less_centre_box(TOY, TOY.headline['cam']['mean_iou'])} at threshold 0.1, and "
        f"{less_centre_box(TOY, TOY.headline['chosen_on_holdout']['cam']['mean_iou'])} at the threshold chosen on "
        "holdout.",
        max_box_acc(),
        f"There are 700 training and {REAL.headline['images']} test images.",
    ]


def protocol() -> list[str]:
    names = ("max_box_acc", "max_box_acc_v2", "max_box_acc_v2_30", "max_box_acc_v2_50", "max_box_acc_v2_70")
    acc, v2, *parts = (f"{of(REAL.scores, map='cam', score=name)['oracle'] * 100:.3f}" for name in names)
    return [
        f"on the {REAL.headline['images']} real dogs",
        f"In per cent, CAM has a MaxBoxAcc of {acc}. Its MaxBoxAccV2 is {v2}, the mean of {parts[0]}, {parts[1]} and "
        f"{parts[2]}.",
        *(f"`{score}`" for score in TOY.scores["score"].unique()),
    ]


# ---------------------------------------------------------------- benchmarks


def benchmark(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / f"benchmarks/results/{name}.json").read_text())
    return content


def speed() -> list[str]:
    maps, boxes, changes = (benchmark(name)["ratios"] for name in ("maps", "boxes", "ingredients"))
    rows = [f"| {peer} | {row['median']} | {row['low']} to {row['high']} |" for peer, row in maps.items()]
    for case in dict.fromkeys(name.partition(", ")[2] for name in boxes):
        peers = [boxes[f"{peer}, {case}"]["median"] for peer in ("findContours", "wsolevaluation")]
        rows.append(f"| {case} | {peers[0]} | {peers[1]} |")
    rows += [f"| {change} | {row['median']} | {row['low']} to {row['high']} |" for change, row in changes.items()]
    runs = benchmark("full_scale")["runs"] | benchmark("memory")["runs"]
    # without the runs of the stage that `scores` and `report` have replaced
    runs = {name: run for name, run in runs.items() if "iou" not in name and "idle" not in name}
    return [*rows, *(f"| {name} | {run['seconds']} | {run['gib']} |" for name, run in runs.items())]


# ---------------------------------------------------------------- tests


def normalised(text: str) -> str:
    return " ".join(text.split())


EXPECTED = {
    "README.md": readme,
    "docs/findings.md": findings,
    "docs/protocol.md": protocol,
    "docs/speed.md": speed,
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
    assert len((ROOT / "README.md").read_text(encoding="utf8").splitlines()) <= 150


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
