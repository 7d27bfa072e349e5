import pathlib
import subprocess
import sys
import urllib.error

import keras
import numpy as np
import pytest
from keras.applications import resnet

from wsol.errors import InputError
from wsol.networks import classifier, training


def test_one_flat_model_with_the_names_of_keras_applications(model: keras.Model) -> None:
    names = classifier.layer_names(model)
    assert [name for name in names if name.endswith("_out")] == classifier.block_outputs(model)
    assert names[0] == "conv1_pad"
    assert classifier.last_layer(model) == "conv5_block3_out"
    assert model.get_layer("conv3_block3_out").output.shape[1:3] == (8, 8)  # 64 / 8


def test_width_scales_every_convolution() -> None:
    model = classifier.build("ResNet50", 0.25, 32, 10)
    assert model.get_layer("conv1_conv").filters == 16  # 64 * 0.25
    assert model.get_layer("conv5_block3_3_conv").filters == 512  # 2048 * 0.25
    assert model.output.shape == (None, 10)


@pytest.mark.parametrize("width", [1, 0.1])
def test_preprocessing_is_part_of_the_model(width: float) -> None:
    model = classifier.build("ResNet50", width, 32, 3)
    image = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)
    first = keras.Model(model.input, model.get_layer("conv1_pad").output)(image)
    # caffe's: BGR, each channel less its mean over ImageNet; the padding is 3 pixels
    expected = image[..., ::-1] - [103.939, 116.779, 123.68]
    np.testing.assert_allclose(first[:, 3:-3, 3:-3], expected, atol=1e-3)


def test_the_saved_model_opens_without_this_project(model: keras.Model, tmp_path: pathlib.Path) -> None:
    image = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    model.save(tmp_path / "classifier.keras")
    np.save(tmp_path / "image.npy", image)
    code = (
        "import keras, numpy; model = keras.models.load_model('classifier.keras');"
        "numpy.save('logits.npy', model(numpy.load('image.npy')))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "logits.npy"), model(image), atol=1e-4)


def test_weights_file_reaches_the_backbone_and_leaves_the_head(tmp_path: pathlib.Path) -> None:
    source = resnet.ResNet50(weights=None, include_top=False, input_shape=(32, 32, 3))
    source.save_weights(tmp_path / "backbone.weights.h5")
    model = classifier.build("ResNet50", 1, 32, 3)
    head = model.get_layer("logits").get_weights()
    classifier.load_backbone_weights(model, "ResNet50", str(tmp_path / "backbone.weights.h5"))
    image = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)
    expected = source(resnet.preprocess_input(image.copy()))
    np.testing.assert_allclose(classifier.convolutional_part(model)(image), expected, atol=1e-3)
    np.testing.assert_array_equal(model.get_layer("logits").get_weights()[0], head[0])


def test_missing_weights_file() -> None:
    with pytest.raises(InputError, match=r"there is no file nowhere\.h5"):
        classifier.load_backbone_weights(classifier.build("ResNet50", 1, 32, 3), "ResNet50", "nowhere.h5")


@pytest.mark.parametrize("kind", ["other network", "no weights"])
def test_weights_file_of_another_network(kind: str, tmp_path: pathlib.Path, model: keras.Model) -> None:
    path = tmp_path / "other.weights.h5"
    if kind == "other network":
        model.save_weights(path)
    else:
        path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="damaged or belongs to another network"):
        classifier.load_backbone_weights(classifier.build("ResNet50", 1, 32, 3), "ResNet50", str(path))


def test_no_network_for_imagenet(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", refuse)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path))
    with pytest.raises(InputError, match=r"put https://\S+notop\.h5 into"):
        classifier.load_backbone_weights(classifier.build("ResNet50", 1, 32, 3), "ResNet50", "imagenet")


def test_unknown_backbone() -> None:
    with pytest.raises(InputError, match="one of ResNet50, ResNet101, ResNet152; got 'VGG'"):
        classifier.build("VGG", 1, 32, 3)


@pytest.mark.parametrize(
    ("trainable", "first"), [("all", "conv1_conv"), ("head", "logits"), ("conv5_block1_1_conv", "conv5_block1_1_conv")]
)
def test_freeze(trainable: str, first: str) -> None:
    model = classifier.build("ResNet50", 0.1, 32, 3)
    classifier.freeze(model, trainable)
    assert next(layer.name for layer in model.layers if layer.trainable_weights) == first
    assert model.get_layer("logits").trainable


def test_head_and_backbone_share_the_classifiers_weights(model: keras.Model) -> None:
    image = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    pooled = training.backbone(model)(image)
    np.testing.assert_allclose(training.head(model)(pooled), model(image), atol=1e-5)


def test_classification_scores_by_hand() -> None:
    logits = np.log([[0.7, 0.2, 0.1], [0.2, 0.3, 0.5]])
    scores = training.classification_scores(logits, np.array([0, 0]))
    # right, wrong; with three classes everything is among the first five; -mean(log 0.7, log 0.2)
    assert scores == pytest.approx({"top1": 0.5, "top5": 1.0, "loss": -(np.log(0.7) + np.log(0.2)) / 2})


def test_top5_leaves_out_the_sixth() -> None:
    logits = np.array([[6.0, 5, 4, 3, 2, 1], [6.0, 5, 4, 3, 2, 1]])
    assert training.classification_scores(logits, np.array([4, 5]))["top5"] == 0.5
