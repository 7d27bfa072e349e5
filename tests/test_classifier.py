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
from wsol.networks.layers import features


def test_one_flat_model_with_the_layers_of_keras_applications() -> None:
    names = [layer.name for layer in classifier.build("ResNet50", 1, 32, 3).layers]
    expected = [layer.name for layer in resnet.ResNet50(weights=None, include_top=False).layers[1:]]
    assert names[0] == "image"
    assert names[-len(expected) - 2 :] == [*expected, "gap", "logits"]


def test_width_scales_every_convolution() -> None:
    model = classifier.build("ResNet50", 0.25, 32, 10)
    assert model.get_layer("conv1_conv").filters == 16  # 64 * 0.25
    assert model.get_layer("conv5_block3_3_conv").filters == 512  # 2048 * 0.25
    assert model.output.shape == (None, 10)


@pytest.mark.parametrize("width", [1, 0.1])
def test_preprocessing_is_part_of_the_model(width: float) -> None:
    model = classifier.build("ResNet50", width, 32, 3)
    image = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)
    padded = keras.Model(model.input, model.get_layer("conv1_pad").output)(image)
    # as in Caffe: BGR, ImageNet's mean subtracted from each channel; the padding is 3 pixels
    expected = image[..., ::-1] - [103.939, 116.779, 123.68]
    np.testing.assert_allclose(padded[:, 3:-3, 3:-3], expected, atol=1e-3)


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


def test_a_weights_file_changes_the_backbone_and_not_the_head(tmp_path: pathlib.Path) -> None:
    pretrained = resnet.ResNet50(weights=None, include_top=False, input_shape=(32, 32, 3))
    pretrained.save_weights(tmp_path / "backbone.weights.h5")
    keras.utils.set_random_seed(0)
    head_weights = classifier.build("ResNet50", 1, 32, 3).get_layer("logits").get_weights()
    keras.utils.set_random_seed(0)
    model = classifier.build("ResNet50", 1, 32, 3, str(tmp_path / "backbone.weights.h5"))
    image = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)
    expected = pretrained(resnet.preprocess_input(image.copy()))
    before_pooling = keras.Model(model.input, features(model).outputs[0])
    np.testing.assert_allclose(before_pooling(image), expected, atol=1e-3)
    for weight, expected_weight in zip(model.get_layer("logits").get_weights(), head_weights, strict=True):
        np.testing.assert_array_equal(weight, expected_weight)


def test_missing_weights_file() -> None:
    with pytest.raises(InputError, match=r"there is no file nowhere\.h5"):
        classifier.build("ResNet50", 1, 32, 3, "nowhere.h5")


@pytest.mark.parametrize("content", ["another network", "no weights"])
def test_a_weights_file_that_does_not_fit(content: str, tmp_path: pathlib.Path, model: keras.Model) -> None:
    path = tmp_path / "misfit.weights.h5"
    if content == "another network":
        model.save_weights(path)
    else:
        path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="damaged or belongs to another network"):
        classifier.build("ResNet50", 1, 32, 3, str(path))


def test_a_failed_download_of_imagenets_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", refuse)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path))
    with pytest.raises(InputError, match=r"put https://\S+notop\.h5 into"):
        classifier.build("ResNet50", 1, 32, 3, "imagenet")


def test_unknown_backbone() -> None:
    with pytest.raises(InputError, match=r"of keras\.applications; got 'VGG', nearest are VGG19, VGG16"):
        classifier.build("VGG", 1, 32, 3)


@pytest.mark.parametrize(
    ("trainable", "expected"),
    [("all", "conv1_conv"), ("head", "logits"), ("conv5_block1_1_conv", "conv5_block1_1_conv")],
)
def test_freeze(trainable: str, expected: str) -> None:
    model = classifier.build("ResNet50", 0.1, 32, 3)
    classifier.freeze(model, trainable)
    assert next(layer.name for layer in model.layers if layer.trainable_weights) == expected
    assert model.get_layer("logits").trainable


def test_head_and_backbone_share_the_classifiers_weights(model: keras.Model) -> None:
    image = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    pooled = training.backbone(model)(image)
    np.testing.assert_allclose(training.head(model)(pooled), model(image), atol=1e-5)


def test_the_learning_rate_falls_along_a_cosine() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    training.compile_for_training(model, learning_rate=0.1, steps=4)
    rates = []
    for _ in range(5):
        rates.append(float(model.optimizer.learning_rate))
        model.train_on_batch(np.zeros((1, 2)), np.zeros(1))
    # 0.1 * (1 + cos(pi * step / 4)) / 2
    half = np.sqrt(0.5)
    assert rates == pytest.approx([0.1, 0.05 * (1 + half), 0.05, 0.05 * (1 - half), 0], abs=1e-8)


def test_the_loss_is_the_cross_entropy_of_the_logits() -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
    training.compile_for_training(model, learning_rate=0.1, steps=1)
    loss, top1 = model.evaluate(np.log([[0.7, 0.2, 0.1], [0.2, 0.3, 0.5]]), np.array([0, 0]), verbose=0)
    assert (loss, top1) == pytest.approx((-(np.log(0.7) + np.log(0.2)) / 2, 0.5))  # right, wrong


def test_classification_scores_by_hand() -> None:
    logits = np.log([[0.7, 0.2, 0.1], [0.2, 0.3, 0.5]])
    scores = training.classification_scores(logits, np.array([0, 0]))
    # right, wrong; of three classes each is among the first five; -mean(log 0.7, log 0.2)
    assert scores == pytest.approx({"top1": 0.5, "top5": 1.0, "loss": -(np.log(0.7) + np.log(0.2)) / 2})


def test_scores_of_large_logits_do_not_overflow() -> None:
    # exp(1000) overflows; the loss is log(1 + exp(-1000)) = 0 and 1000
    logits = np.array([[1000.0, 0], [1000.0, 0]])
    assert training.classification_scores(logits, np.array([0, 1]))["loss"] == pytest.approx(500)


def test_top5_leaves_out_the_sixth() -> None:
    logits = np.array([[6.0, 5, 4, 3, 2, 1], [6.0, 5, 4, 3, 2, 1]])
    assert training.classification_scores(logits, np.array([4, 5]))["top5"] == 0.5
