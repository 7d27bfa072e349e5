"""Models that cannot be used, each answered in one sentence."""

import pathlib
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import layers
from nested_models import CLASSES, SIDE, backbone

from stages import check
from stages.support import untrained
from wsol.errors import InputError
from wsol.networks import opening, training


@keras.saving.register_keras_serializable("tests")
class Doubled(layers.Layer):
    def call(self, pixels: keras.KerasTensor) -> keras.KerasTensor:
        return 2 * pixels


def classifier(
    *before: layers.Layer, shape: tuple[int | None, ...] = (SIDE, SIDE, 3), end: str | layers.Layer | None = None
) -> keras.Model:
    pooled = [layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(CLASSES, activation=end)]
    return keras.Sequential([keras.Input(shape), *before, *pooled])


def two_inputs() -> keras.Model:
    first, second = keras.Input((SIDE, SIDE, 3)), keras.Input((SIDE, SIDE, 3))
    return keras.Model([first, second], classifier()(first + second))


def two_outputs() -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3))
    features = backbone()(image)
    return keras.Model(image, [features, layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(features))])


def not_finite() -> keras.Model:
    model = classifier()
    model.layers[-1].set_weights([np.full((4, CLASSES), np.nan), np.zeros(CLASSES)])
    return model


def ending_in(end: Callable[[keras.KerasTensor], keras.KerasTensor]) -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3))
    return keras.Model(image, end(classifier()(image)))


def first(change: Callable[[keras.KerasTensor], keras.KerasTensor]) -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3))
    return keras.Model(image, classifier(shape=(None, None, 3))(change(image)))


def conv_head(activation: str) -> keras.Model:
    scores = [layers.Conv2D(4, 3), layers.Conv2D(CLASSES, 1, activation=activation), layers.GlobalAveragePooling2D()]
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *scores])


def two_streams() -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3))
    stem = layers.Conv2D(4, 3)(image)
    pooled = [layers.GlobalAveragePooling2D()(layers.Conv2D(4, size)(stem)) for size in (3, 5)]
    return keras.Model(image, layers.Dense(CLASSES)(layers.concatenate(pooled)))


def average_of_two() -> keras.Model:
    image = keras.Input((SIDE, SIDE, 3))
    features = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image))
    return keras.Model(image, layers.average([layers.Dense(CLASSES, "softmax")(features) for _ in range(2)]))


def hand_written_softmax(logits: keras.KerasTensor) -> keras.KerasTensor:
    exponentials = 2.7 ** (logits - keras.ops.max(logits, -1, keepdims=True))
    return exponentials / keras.ops.sum(exponentials, -1, keepdims=True)


def without_convolutions() -> keras.Model:
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Flatten(), layers.Dense(CLASSES)])


WRONG: dict[str, tuple[Callable[[], keras.Model], str]] = {
    "a layer of the user's own": (lambda: classifier(Doubled()), "has a layer of its own code: replace it"),
    "a Lambda layer": (lambda: classifier(layers.Lambda(lambda pixels: pixels / 255)), "has a Lambda layer"),
    "two inputs": (two_inputs, "one input and one output"),
    "two outputs": (two_outputs, "got 1 and 2"),
    "no classifier": (backbone, "add global average pooling and a Dense layer"),
    "one class": (lambda: keras.Sequential([classifier(), layers.Dense(1)]), "at least two classes"),
    "a sigmoid": (lambda: classifier(end="sigmoid"), "Expected logits or a softmax at the end"),
    "a sigmoid that is no layer": (lambda: ending_in(keras.ops.sigmoid), "got the activation sigmoid of sigmoid"),
    "a ReLU after the last layer": (lambda: ending_in(layers.ReLU()), "got the activation relu of"),
    "a softmax before another layer": (
        lambda: ending_in(lambda logits: layers.Rescaling(100)(keras.ops.softmax(logits))),
        "got the activation softmax of softmax",
    ),
    "an average of two heads": (average_of_two, "got the activation softmax of"),
    "a softmax of single operations": (lambda: ending_in(hand_written_softmax), "outputs that sum to 1"),
    "a sigmoid before the pooling": (lambda: conv_head("sigmoid"), "got the activation sigmoid of"),
    "a PReLU": (lambda: ending_in(layers.PReLU()), "got the activation prelu of"),
    "clipped outputs": (lambda: ending_in(lambda logits: keras.ops.clip(logits, 0, 6)), "got the activation clip of"),
    "a layer as the activation": (lambda: classifier(end=layers.ReLU()), "got the activation relu of"),
    "streams that part after a stem": (two_streams, "has several streams of convolutions before it"),
    "crops of the pictures": (lambda: classifier(layers.CenterCrop(16, 16)), "to look at whole pictures"),
    "random crops": (lambda: classifier(layers.RandomCrop(24, 24)), "which would move every box"),
    "cut edges": (lambda: classifier(layers.Cropping2D(((0, 12), (0, 12)))), "remove that layer"),
    "crops by resizing": (
        lambda: classifier(layers.Resizing(16, 32, crop_to_aspect_ratio=True)),
        "crops, pads, mirrors or shifts them",
    ),
    "mirrored pictures": (lambda: first(lambda image: image[:, :, ::-1]), "crops, pads, mirrors or shifts them"),
    "pictures in a corner": (lambda: classifier(layers.ZeroPadding2D(((0, 32), (0, 32)))), "to look at whole pictures"),
    "half a picture": (lambda: first(lambda image: image[:, :16, :16]), "to look at whole pictures"),
    "an input that is no picture": (
        lambda: keras.Sequential([keras.Input((8,)), layers.Dense(CLASSES)]),
        "a model of RGB pictures",
    ),
    "grey pictures": (lambda: classifier(shape=(SIDE, SIDE, 1)), "got an input of shape (32, 32, 1)"),
    "pictures that are not square": (lambda: classifier(shape=(32, 48, 3)), "got an input of 32 x 48"),
    "another size": (lambda: classifier(shape=(48, 48, 3)), "Expected image_size to be 48"),
    "weights that are not finite": (not_finite, "has a NaN or an infinity: take an earlier state"),
    "no convolutions": (without_convolutions, "heatmaps need such layers"),
}


def sentence(action: Callable[[], object]) -> str:
    with pytest.raises(InputError) as error:
        action()
    text = str(error.value)
    assert text.startswith("Expected") and text.endswith(".") and "\n" not in text
    return text


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_model(name: str, tmp_path: pathlib.Path) -> None:
    build, expected = WRONG[name]
    path = tmp_path / "model.keras"
    build().save(path)
    if name == "a layer of the user's own":
        keras.saving.get_custom_objects().clear()  # as in another process
    assert expected in sentence(lambda: opening.opened(str(path), SIDE))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("missing.keras", None, "but there is none: correct its path"),
        ("damaged.keras", b"PK nothing", "it is damaged or of another format"),
        ("damaged.h5", b"nothing", "that this version of Keras opens"),
        ("model.pb", b"nothing", "that this version of Keras opens"),
    ],
)
def test_a_wrong_file(name: str, content: bytes | None, expected: str, tmp_path: pathlib.Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert expected in sentence(lambda: opening.opened(str(tmp_path / name)))


def test_any_size_without_a_size(tmp_path: pathlib.Path) -> None:
    classifier(shape=(None, None, 3)).save(tmp_path / "model.keras")
    assert "give image_size" in sentence(lambda: opening.opened(str(tmp_path / "model.keras")))


def test_another_number_of_classes(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "model.keras")
    classifier().save(path)
    text = sentence(lambda: untrained.opened(path, SIDE, 10))
    assert "a classifier of the dataset's 10 classes" in text and "got one of 5" in text


def test_a_head_that_is_a_convolution() -> None:
    image = keras.Input((SIDE, SIDE, 3))
    pooled = layers.GlobalAveragePooling2D(keepdims=True)(layers.Conv2D(4, 3)(image))
    model = keras.Model(image, layers.Flatten()(layers.Conv2D(CLASSES, 1, name="classes")(pooled)))
    assert "ends in classes: set finetune.trainable to all or none" in sentence(lambda: training.head(model))


@pytest.mark.parametrize("path", ["models/classifier.keras", "data/heatmaps/model.keras"])
def test_a_file_that_a_run_would_delete(path: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path(path).parent.mkdir(parents=True)
    pathlib.Path(path).touch()
    outputs = ["models/classifier.keras", "data/heatmaps"]
    text = sentence(lambda: check.check_file("backbone.model", path, outputs))
    assert "outside the pipeline's outputs" in text
    check.check_file("backbone.model", path, ["models/training"])


def test_a_missing_file_of_params() -> None:
    assert "there is no file mine.keras" in sentence(lambda: check.check_file("backbone.model", "mine.keras", []))
