"""params.yaml: what it may hold, and what the stages see of it."""

import copy
import itertools
import pathlib
import re
from typing import Any

import pytest
from clones import ROOT
from ruamel.yaml import YAML

from stages.support import params, pipeline
from wsol.boxes import thresholds
from wsol.errors import InputError


def loaded(path: pathlib.Path) -> dict[str, Any]:
    return YAML(typ="safe").load(path)


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    return loaded(ROOT / "tests/params.yaml")


def changed(committed: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    everything = copy.deepcopy(committed)
    *sections, last = name.split(".")
    section = everything
    for part in sections:
        section = section[part]
    section[last] = value
    return everything


def names(section: dict[str, Any], prefix: str = "") -> list[str]:
    nested = (
        names(value, f"{prefix}{name}.") if isinstance(value, dict) else [f"{prefix}{name}"]
        for name, value in section.items()
    )
    return list(itertools.chain(*nested))


def test_the_tests_have_the_parameters_that_there_are() -> None:
    assert sorted(names(loaded(ROOT / "tests/params.yaml"))) == sorted(names(loaded(ROOT / "params.yaml")))


def test_every_parameter_has_a_comment() -> None:
    lines = (ROOT / "params.yaml").read_text().splitlines()
    # a list and the key after it are explained together: `# NAME: what it is`
    explained = {match[1] for line in lines if (match := re.match(r"\s*# (\w+): ", line))}
    for previous, line in itertools.pairwise(["", *lines]):
        match = re.match(r"\s*(\w+):( \S|$)", line)
        if match and previous.lstrip().startswith("#"):
            explained.add(match[1])
        elif match and match[2]:
            assert match[1] in explained, line


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("map", "layer_kam", "'layer_cam' or 'activation'; got 'layer_kam'"),
        ("map", "xgrad_cam", "map xgrad_cam is not among heatmaps.methods (grad_cam, layer_cam): add it, or set map"),
        ("heatmaps.methods", ["cam"], "'layer_cam' or 'activation'; got 'cam'"),
        ("heatmaps.methods", [], "Expected heatmaps.methods to be a list that is not empty; got []"),
        ("heatmaps.methods", ["grad_cam"] * 2, "methods names a method twice (grad_cam, grad_cam)"),
        ("heatmaps.fusion", "max", "Expected heatmaps.fusion to be 'mean' or 'none'; got 'max'"),
        ("heatmaps.precision", "float16", "Expected heatmaps.precision to be 'float32' or 'bfloat16'; got 'float16'"),
        ("heatmaps.image_size", 8, "Expected heatmaps.image_size to be greater than or equal to 32; got 8"),
        (
            "toy_dogs.backbone",
            {"model": "a.keras", "width": 1.0},
            "write either model: FILE.keras alone, or name, width",
        ),
        ("toy_dogs.backbone", {"name": "VGG16"}, "or name, width and weights; got name"),
        ("toy_dogs.finetune.trainable", "none", "finetune.trainable none needs backbone.model"),
        ("dataset", "cats", "dataset cats names none of the sections toy_dogs, stanford_dogs: add a section"),
        (
            "tresholds",  # 9 letters of which 8 are in threshold, also of 9, in this order: a ratio of 2 * 8 / 18
            0.1,
            "Expected no parameter tresholds in params.yaml; nearest are threshold, boxes.thresholds, selection."
            "thresholds: remove it, correct its name, or give it the keys of a dataset's section",
        ),
        ("zzz", 0.1, "Expected no parameter zzz in params.yaml: remove it, correct its name, or give it the keys"),
        ("boxes.rectangel", 1, "no parameter boxes.rectangel in params.yaml; nearest are boxes.rectangle"),
        ("toy_dogs.finetune.epoch", 1, "toy_dogs.finetune.epoch in params.yaml; nearest are toy_dogs.finetune.epochs"),
        ("coco", {"download": {}}, "Expected the name of a dataset's section in params.yaml to be of lower-case"),
        ("cls", {"download": {}}, "and none of boxes, cls, coco, "),
        ("my_birds", {"download": {}}, "Expected a parameter my_birds.classes in params.yaml, but there is none"),
        ("toy_dogs.classes", ["pug"], "Expected toy_dogs.classes to be all or a list of classes, at least two"),
        (
            "toy_dogs.download",
            {"folder": "a"},
            "toy_dogs.download to hold tfds and folder, or coco; got {'folder': 'a'}",
        ),
        ("toy_dogs.download", {"tfds": "voc"}, "Expected a parameter toy_dogs.download.folder in params.yaml"),
        (
            "toy_dogs.download",
            {"coco": {"images": {"train": "a"}, "train": "b", "test": "c"}},
            "Expected toy_dogs.download.coco.images to be a folder, or train and test with a folder each; got {'train'",
        ),
        ("threshold", 1.0, "Expected threshold to be less than 1; got 1.0"),
        ("threshold", 0.123, "threshold 0.123 is not on the grid: add it to boxes.thresholds.also"),
        ("threshold", "1e-1", "Expected threshold to be a valid number; got '1e-1'"),
        ("seed", -1, "Expected seed to be greater than or equal to 0; got -1"),
        ("holdout", 0, "Expected holdout to be greater than 0; got 0"),
        ("ground_truth", "last", "Expected ground_truth to be 'best' or 'first'; got 'last'"),
        ("heatmaps.target", "dog", "Expected heatmaps.target to be 'ground_truth' or 'predicted'; got 'dog'"),
        (
            "heatmaps.layers",
            "some",
            "Expected heatmaps.layers to be all, stages or a list of layers, at least one, as in [A,B]; got 'some'",
        ),
        (
            "heatmaps.layers",
            [],
            "Expected heatmaps.layers to be all, stages or a list of layers, at least one, as in [A,B]; got []",
        ),
        ("heatmaps.batch_size", 0, "Expected heatmaps.batch_size to be greater than or equal to 1; got 0"),
        ("boxes.thresholds.also", [0.1, 1.5], "Expected boxes.thresholds.also.1 to be less than 1; got 1.5"),
        ("boxes.thresholds.step", 0, "Expected boxes.thresholds.step to be greater than or equal to 0.0001; got 0"),
        ("seed", 2**32, "Expected seed to be less than 4294967296"),
        ("boxes.rectangle", "round", "Expected boxes.rectangle to be 'upright' or 'rotated'; got 'round'"),
        ("refine.method", "crf", "Expected refine.method to be 'grabcut' or 'none'; got 'crf'"),
        ("refine.maps", "cam", "Expected refine.maps to be a list of maps, at least one; got 'cam'"),
        ("refine.maps", [], "Expected refine.maps to be a list of maps, at least one; got []"),
        ("refine.maps", ["grad_cam"], "refine: maps lists 'grad_cam': write MAP/LAYER; only cam has a single layer"),
        ("refine.maps", ["cam/"], "refine: maps lists 'cam/': write cam"),
        ("refine.maps", ["cam", "cam"], "refine: maps lists cam twice: remove one"),
        ("refine.low", "train", "Expected refine.low to be a number in 0..1 or 'holdout'; got 'train'"),
        ("refine.high", 2, "Expected refine.high to be a number in 0..1 or 'holdout'; got 2"),
        ("refine.low", 0.95, "refine: low 0.95 is not below high holdout: lower low, or raise high"),
        ("refine.iterations", 0, "Expected refine.iterations to be greater than or equal to 1; got 0"),
        ("refine.side", 16, "Expected refine.side to be greater than or equal to 32; got 16"),
        ("toy_dogs.image_size", 16, "Expected toy_dogs.image_size to be greater than or equal to 32; got 16"),
        ("toy_dogs.finetune.epochs", 2.5, "Expected toy_dogs.finetune.epochs to be a valid integer; got 2.5"),
        ("toy_dogs.backbone.weights", "imagenet", "weights exist for width 1 alone, got width 0.05"),
        ("boxes.treshold", 1, "Expected no parameter boxes.treshold in params.yaml"),
    ],
)
def test_a_slip_is_named(committed: dict[str, Any], name: str, value: Any, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        params.validated(changed(committed, name, value))
    assert sentence in str(error.value)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("page", ["README.md", "docs/your_data.md"])
def test_the_sections_to_copy_are_valid(committed: dict[str, Any], page: str) -> None:
    blocks = re.findall(r"^```yaml\n(.+?)^```", (ROOT / page).read_text(encoding="utf8"), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        section = YAML(typ="safe").load(block)
        (name,) = section
        recipe = params.validated({**committed, **section, "dataset": name}).recipe
        default = params.validated(committed).stanford_dogs.finetune
        assert recipe.finetune == default.model_copy(update={"trainable": "head"})


def test_the_layer_all_needs_the_fusion(committed: dict[str, Any]) -> None:
    everything = changed(committed, "layer", "all")
    assert params.validated(everything).layer == "all"
    with pytest.raises(InputError, match=r"layer all needs heatmaps\.fusion mean: set it, or set layer to a layer\."):
        params.validated(changed(everything, "heatmaps.fusion", "none"))


def test_the_canvas_has_the_size_of_the_pictures_that_the_maps_are_drawn_on(committed: dict[str, Any]) -> None:
    assert params.validated(committed).canvas_size == committed["toy_dogs"]["image_size"]
    assert params.validated(changed(committed, "heatmaps.image_size", 64)).canvas_size == 64


def test_cam_has_a_single_layer(committed: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"refine: maps lists 'cam/conv5': write cam, which has a single layer"):
        params.validated(changed(committed, "refine.maps", ["cam/conv5"]))


def test_low_must_be_below_high(committed: dict[str, Any]) -> None:
    for low, high, below in ((0.1, 0.5, True), (0.5, 0.5, False), (0.6, 0.5, False), (0.6, "holdout", True)):
        everything = changed(changed(committed, "refine.low", low), "refine.high", high)
        if below:
            params.validated(everything)
        else:
            with pytest.raises(InputError, match=rf"refine: low {low} is not below high {high}"):
                params.validated(everything)


def test_a_missing_parameter_is_named(committed: dict[str, Any]) -> None:
    everything = copy.deepcopy(committed)
    del everything["boxes"]["component"]
    with pytest.raises(InputError, match=r"Expected a parameter boxes\.component in params\.yaml, but there is none"):
        params.validated(everything)


@pytest.mark.parametrize("content", [None, "layer: [", "- a list"])
def test_no_readable_params(content: str | None, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        pathlib.Path("params.yaml").write_text(content)
    with pytest.raises(InputError, match=r"params\.yaml"):
        params.read_all()


def test_an_unknown_layer_gets_the_nearest_names() -> None:
    known = ["conv3_block3_out", "conv3_block4_out", "pool1_pool"]
    with pytest.raises(InputError, match=r"got 'conv3_blok3_out', nearest are conv3_block3_out, conv3_block4_out"):
        params.check_layer("heatmaps.layers", "conv3_blok3_out", known, "the backbone")


def test_a_layer_that_is_not_drawn_asks_for_another_layer() -> None:
    expected = (
        "got 'conv3_block3_out', nearest are conv4_block6_out, all: correct it; with heatmaps.layers set layer too, "
        "as in `-S layer=conv4_block6_out`."
    )
    with pytest.raises(InputError, match=re.escape(expected)):
        params.check_layer("layer", "conv3_block3_out", ["conv4_block6_out", "all"], "heatmaps.layers")


def test_a_stage_sees_what_it_declares_and_nothing_else(committed: dict[str, Any]) -> None:
    everything = params.validated(committed)
    part = params.part(everything, ["dataset", "toy_dogs.finetune.trainable", "toy_dogs.backbone", "boxes"])
    assert part.recipe.finetune.trainable == everything.toy_dogs.finetune.trainable
    assert part.recipe.backbone == everything.toy_dogs.backbone
    assert part.boxes is everything.boxes
    for read in (
        lambda: part.layer,
        lambda: part.recipe.image_size,
        lambda: part.recipe.finetune.epochs,
        lambda: part.stanford_dogs,
    ):
        with pytest.raises(AttributeError):
            read()


@pytest.mark.parametrize("name", ["copy", "json", "recipe", "dict", "schema", "canvas_size", "model_fields", "values"])
def test_a_section_may_have_the_name_of_an_attribute(committed: dict[str, Any], name: str) -> None:
    section = {**committed["stanford_dogs"], "image_size": 64}
    everything = params.validated({**committed, name: section, "dataset": name})
    assert everything.recipe.image_size == everything.canvas_size == 64
    part = params.part(everything, ["dataset", f"{name}.image_size", f"{name}.download"])
    assert part.recipe.image_size == 64
    assert part.recipe.download == everything.recipe.download
    assert part.model_dump()[name]["image_size"] == 64
    with pytest.raises(AttributeError):
        _ = part.recipe.backbone


def test_what_dvc_yaml_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    declared = pipeline.declared("finetune", "params", "stanford_dogs")
    assert {"seed", "holdout", "stanford_dogs.finetune"} < set(declared)
    assert "data/stanford_dogs" in pipeline.declared("finetune", "deps", "stanford_dogs")
    assert pipeline.declared("page", "params", "toy_dogs") == []


def test_thresholds_are_on_the_grid() -> None:
    assert thresholds.index_of([0.005, 0.1, 0.3], 0.1) == 1
    assert thresholds.index_of([0.1 + 0.2], 0.3) == 0  # 0.30000000000000004


def test_the_grid_is_the_multiples_of_its_step_and_what_is_added() -> None:
    assert thresholds.grid(0.25, [0.1, 0.25]) == [0.1, 0.25, 0.5, 0.75]
    assert thresholds.grid(0.3, []) == [0.3, 0.6, 0.9]
    default = thresholds.grid(0.01, [0.005])
    assert (len(default), default[0], default[10], default[-1]) == (100, 0.005, 0.1, 0.99)
