"""Single pictures: the command, and the lines of the docs."""

import io
import json
import os
import pathlib
import re
import subprocess
import sys
from typing import Any

import keras
import nested_models
import numpy as np
import pytest
import tensorflow as tf
from clones import ROOT, shell
from PIL import Image

from wsol import __main__
from wsol.data import images, pictures
from wsol.errors import InputError
from wsol.maps import one_pass
from wsol.maps.one_picture import picture_mapper, refined_boxes
from wsol.networks import opening, stock
from wsol.networks.layers import block_outputs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A model and a picture of 40 x 60."""
    folder = tmp_path_factory.mktemp("pictures")
    nested_models.functional_in_sequential().save(folder / "model.keras")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)).save(folder / "dog.png")
    nested_models.any_size().save(folder / "any.keras")
    (folder / "few.txt").write_text("cat\ndog\n")
    (folder / "damaged.jpg").write_bytes(b"nothing")
    (folder / "empty.jpg").touch()
    return folder


def command(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wsol", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command(folder: pathlib.Path) -> None:
    done = command(folder, "model.keras", "dog.png", "--output", "out", "--threshold", "0.5")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no start-up messages of TensorFlow
    assert re.match(
        r"dog\.png: class \d \(0\.\d\d\); wrote out/dog\.png\.maps\.png and out/dog\.png\.boxes", done.stdout
    )
    assert __main__.read_picture(str(folder / "out/dog.png.maps.png")).shape[1] == 1500  # 10 inches of 150 pixels
    content = json.loads((folder / "out/dog.png.boxes.json").read_text())
    assert (content["height_pixels"], content["width_pixels"], content["threshold"]) == (40, 60, 0.5)
    assert len(content["classes"]) == 5
    assert content["predicted"] == content["mapped"] == content["classes"][0]
    maps = [(box["map"], box["layer"]) for box in content["boxes"]]
    assert maps == [("cam", "block2_out"), *(("layer_cam", layer) for layer in ("block1_out", "block2_out", "all"))]


def test_the_mapped_class_is_named_beside_the_predicted_one(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    titles: list[str] = []

    def draw(*arguments: Any) -> bytes:
        titles.append(arguments[-1])
        return b""

    monkeypatch.setattr(__main__, "draw", draw)
    pathlib.Path("names.txt").write_text("ant\nbee\ncat\ndog\nemu\n")
    _, probabilities = picture_mapper(opening.opened("model.keras"))(__main__.read_picture("dog.png"))
    predicted, mapped = int(probabilities.argmax()), int(probabilities.argmin())
    names = ["ant", "bee", "cat", "dog", "emu"]
    __main__.main(f"model.keras dog.png --output mapped --names names.txt --class {names[mapped]}".split())
    line = (
        f"dog.png: predicted {names[predicted]} ({probabilities[predicted]:.2f}), "
        f"mapped {names[mapped]} ({probabilities[mapped]:.2f})"
    )
    assert titles == [f"{line}, boxes above 0.1"]
    assert capsys.readouterr().out.startswith(f"{line}; wrote ")
    content = json.loads(pathlib.Path("mapped/dog.png.boxes.json").read_text())
    assert (content["predicted"]["label"], content["predicted"]["name"]) == (predicted, names[predicted])
    assert (content["mapped"]["label"], content["mapped"]["name"]) == (mapped, names[mapped])
    assert content["mapped"]["probability"] == pytest.approx(float(probabilities[mapped]), abs=1e-6)


def test_a_model_of_any_size(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    __main__.main(["any.keras", "dog.png", "--output", "any", "--image-size", "48"])
    assert pathlib.Path("any/dog.png.maps.png").exists()


def test_a_slip_is_a_single_line(folder: pathlib.Path) -> None:
    done = command(folder, "model.keras", "nowhere.jpg")
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith("Error: Expected a picture at nowhere.jpg")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("model.keras dog.png --method grad_kam", "Expected --method to be one of grad_cam, .*; got 'grad_kam'"),
        ("model.keras dog.png --threshold 1", "Expected --threshold to be from 0 to below 1; got 1"),
        (
            "model.keras dog.png --grabcut 0.9 0.2",
            "Expected --grabcut LOW HIGH from 0 to 1, LOW below HIGH; got 0.9 0.2",
        ),
        (
            "model.keras dog.png --grabcut 0.4",
            "Expected the arguments .*, but argument --grabcut: expected 2 arguments",
        ),
        ("model.keras", "but the following arguments are required: PICTURE: correct the command"),
        ("model.keras dog.png --grabcut nan 1", "Expected --grabcut LOW HIGH .*; got nan 1"),
        ("model.keras dog.png --class 5", "Expected --class to be a number from 0 to 4 or a class's name; got '5'"),
        ("model.keras dog.png --class cat", "got 'cat'"),
        ("model.keras dog.png --names few.txt", r"Expected 5 names of classes in few\.txt, .* got 2"),
        ("model.keras dog.png --names nowhere.txt", r"Expected --names .* there is no file nowhere\.txt"),
        ("model.keras dog.png --weights imagenet", "Expected --weights with a network by name alone"),
        ("model.keras dog.png --image-size 64", "Expected --image-size to be 32, .*; got 64: set it to 32\\.$"),
        ("model.keras dog.png --image-size 0", "Expected --image-size to be at least 1; got 0"),
        ("MobileNet dog.png --image-size 64", r"Expected --image-size with a \.keras file alone; got 'MobileNet'"),
        ("model.keras dog.png --output few.txt", r"Expected --output to be a folder; got the file few\.txt"),
        ("any.keras dog.png", "takes pictures of any size: give --image-size"),
        ("model.keras dog.png --layer conv9", "Expected --layer to name a layer of the network; got 'conv9'"),
        ("model.keras dog.png other/dog.png", "Expected pictures of different names; got dog.png twice"),
        ("model.keras damaged.jpg", r"a picture at damaged\.jpg, but it cannot be read"),
        ("model.keras empty.jpg", r"a picture at empty\.jpg, but it cannot be read"),
        ("nowhere.keras dog.png", r"a model file at nowhere\.keras, but there is none"),
        (
            "ResNet5 dog.png",
            "Expected MODEL to be a network of keras.applications; got 'ResNet5', nearest are ResNet50",
        ),
        ("MobileNet dog.png --weights nowhere.h5", r"Expected --weights to be imagenet or .* no file nowhere\.h5"),
    ],
)
def test_a_slip(arguments: str, sentence: str, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(InputError, match=sentence) as raised:
        __main__.main(arguments.split())
    assert not re.search(r"backbone|heatmaps\.|finetune|params", str(raised.value))


def test_a_failed_download_is_told_in_the_commands_words(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(weights: str) -> keras.Model:
        raise Exception("URL fetch failure on https://example.org/mobilenet.h5: None")  # as Keras raises it

    monkeypatch.chdir(folder)
    monkeypatch.setattr(keras.applications, "MobileNet", failing)
    sentence = (
        r"put https://example\.org/mobilenet\.h5 into ~/\.keras/models by hand, or set --weights to a weights file "
        r"with the top, or give a \.keras file\.$"
    )
    with pytest.raises(InputError, match=sentence):
        __main__.main(["MobileNet", "dog.png"])


# ---------------------------------------------------------------- the same pixels as the pipeline's


HALVES = np.zeros((40, 60, 3), np.uint8)
HALVES[:, :20], HALVES[:, 20:] = (200, 120, 40), (10, 60, 220)  # a third and two thirds


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # EXIF's orientation: turn clockwise
    return encoded(Image.fromarray(HALVES), "JPEG", exif=exif)


def transparent() -> bytes:
    image = Image.fromarray(HALVES)
    image.putalpha(Image.fromarray(np.tile(np.array([0, 255], np.uint8), (40, 30))))  # every second column
    return encoded(image, "PNG")


@pytest.mark.parametrize(
    "content",
    [
        encoded(Image.fromarray(HALVES), "JPEG"),
        turned(),
        transparent(),
        encoded(Image.fromarray(HALVES).convert("CMYK"), "JPEG"),
        encoded(Image.fromarray(HALVES[..., 0].astype(np.uint16) * 257), "PNG"),
        encoded(Image.fromarray(HALVES), "GIF"),
        encoded(Image.fromarray(HALVES), "WEBP"),
    ],
    ids=["jpeg", "turned", "transparent", "cmyk", "16 bits", "gif", "webp"],
)
def test_command_and_pipeline_give_the_same_heatmaps(content: bytes, folder: pathlib.Path) -> None:
    (folder / "picture").write_bytes(content)
    model = opening.opened(str(folder / "model.keras"))
    heatmaps, probabilities = picture_mapper(model)(__main__.read_picture(str(folder / "picture")))
    # the pipeline stores what `picture` returns, and decodes and resizes it by `decoded`
    stored = pictures.picture(content).encoded
    pixels, _ = images.decoded(tf.constant(stored), model.input_shape[1])
    layers = block_outputs(model)
    mapper = one_pass.mapper(model, ["layer_cam"], layers, fusion=True, target="predicted", score="logit", relu=True)
    expected, logits = mapper(pixels[None], tf.constant([0], tf.int64))
    assert list(heatmaps) == list(expected)
    for key, heatmap in heatmaps.items():
        np.testing.assert_array_equal(heatmap, expected[key][0])
    np.testing.assert_array_equal(probabilities, tf.nn.softmax(logits)[0])


def test_the_mapped_class_and_the_layer_can_be_chosen(folder: pathlib.Path) -> None:
    model = opening.opened(str(folder / "model.keras"))
    picture = __main__.read_picture(str(folder / "dog.png"))
    heatmaps, probabilities = picture_mapper(model)(picture)
    same, _ = picture_mapper(model, label=int(probabilities.argmax()))(picture)
    np.testing.assert_array_equal(heatmaps["layer_cam", "all"], same["layer_cam", "all"])
    single, _ = picture_mapper(model, "grad_cam", ["block1_conv"])(picture)
    assert list(single) == [("cam", "block2_out"), ("grad_cam", "block1_conv")]


def test_boxes_are_refined(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    __main__.main(["model.keras", "dog.png", "--output", "refined", "--grabcut", "0.2", "0.9"])
    content = json.loads(pathlib.Path("refined/dog.png.boxes.json").read_text())
    assert content["grabcut"] == {"low": 0.2, "high": 0.9}
    boxes = content["boxes"]
    refined = [(box["map"], box["layer"]) for box in boxes if box["refinement"] == "grabcut"]
    assert refined == [("cam", "block2_out"), ("layer_cam", "all")]
    # the mean over the layers has a smaller maximum than 1, and GrabCut's levels are fractions of it
    picture = __main__.read_picture("dog.png")
    heatmap = picture_mapper(opening.opened("model.keras"))(picture)[0]["layer_cam", "all"]
    expected = refined_boxes({"all": heatmap / heatmap.max() * 0.5}, picture, 32, 0.2, 0.9)["all"]
    np.testing.assert_allclose(boxes[-1]["box_yxyx_fractions"], expected, atol=1e-6)


def test_a_network_by_name_with_its_head(tmp_path: pathlib.Path) -> None:
    keras.utils.set_random_seed(0)
    network = keras.applications.MobileNet(weights=None)
    network.save_weights(tmp_path / "mobilenet.weights.h5")
    model = stock.stock("MobileNet", str(tmp_path / "mobilenet.weights.h5"))
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 224, 224, 3)).astype(np.float32)
    expected = network(keras.applications.mobilenet.preprocess_input(pixels.copy()), training=False)
    np.testing.assert_allclose(keras.ops.softmax(model(pixels, training=False)), expected, rtol=1e-4, atol=1e-7)
    (tmp_path / "damaged.h5").write_bytes(b"nothing")
    with pytest.raises(InputError, match="Expected a weights file of MobileNet with its top"):
        stock.stock("MobileNet", str(tmp_path / "damaged.h5"))


def test_the_lines_of_the_docs(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    section = (ROOT / "docs/your_network.md").read_text().split("## A look at single pictures")[1]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)[:1]
    exec(code.replace("FILE.keras", "model.keras").replace("dog.jpg", "dog.png"), {})
    assert pathlib.Path("maps.png").read_bytes()[1:4] == b"PNG"


def test_git_ignores_the_default_folder() -> None:
    # wsol/maps is a package of the library
    assert shell(ROOT, "git", "check-ignore", "maps/dog.png.maps.png").returncode == 0
    assert shell(ROOT, "git", "check-ignore", "wsol/maps/methods.py").returncode == 1
