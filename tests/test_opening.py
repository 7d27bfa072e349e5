"""A user's .keras file becomes a flat model with the same outputs."""

import pathlib
from collections.abc import Callable

import keras
import nested_models
import numpy as np
import pytest
from nested_models import CLASSES, NESTED, SIDE

from wsol.errors import InputError
from wsol.maps import one_pass
from wsol.networks import cam_parts, layers, opening, resizing, training
from wsol.networks.flattening import flattened


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (2, SIDE, SIDE, 3)).astype(np.float32)


def saved(model: keras.Model, folder: pathlib.Path) -> str:
    model.save(folder / "model.keras")
    return str(folder / "model.keras")


@pytest.mark.parametrize("name", NESTED)
def test_the_flat_copy_gives_the_same_classes(name: str, images: np.ndarray, tmp_path: pathlib.Path) -> None:
    model = NESTED[name]()
    path = saved(model, tmp_path)
    before = pathlib.Path(path).read_bytes()
    flat = opening.opened(path, SIDE)
    assert not any(isinstance(layer, keras.Model) for layer in flat.layers)
    assert flat.input_shape == (None, SIDE, SIDE, 3)
    outputs, logits = model(images, training=False), flat(images, training=False)
    is_softmax = np.allclose(np.sum(outputs, axis=1), 1)
    np.testing.assert_allclose(keras.ops.softmax(logits) if is_softmax else logits, outputs, rtol=1e-5, atol=1e-6)
    assert pathlib.Path(path).read_bytes() == before


@pytest.mark.parametrize("name", [name for name in NESTED if name != "shared"])
def test_blocks_and_cam_are_those_of_the_model_inside(name: str, tmp_path: pathlib.Path) -> None:
    flat = opening.opened(saved(NESTED[name](), tmp_path), SIDE)
    assert layers.block_outputs(flat) == ["block1_out", "block2_out"]
    assert layers.stage_outputs(flat) == ["block2_out"]  # both have 16 x 16 positions
    parts = cam_parts.cam_parts(flat)
    assert parts and (parts.layer, parts.activations.shape) == ("block2_out", (None, 16, 16, 4))


def test_a_shared_layer_stays_shared_and_has_no_map(tmp_path: pathlib.Path) -> None:
    flat = opening.opened(saved(nested_models.shared(), tmp_path))
    assert len([layer for layer in flat.layers if layer.name == "stem"]) == 1
    names = layers.layer_names(flat)
    assert "stem" not in names and "last" in names  # the stem is called twice
    assert len([name for name in names if "re_lu" in name]) == 2  # the shared ReLU has no weights: one layer a call


def test_maps_of_a_nested_model_are_those_of_its_flat_twin(images: np.ndarray, tmp_path: pathlib.Path) -> None:
    flat = opening.opened(saved(nested_models.functional_in_sequential(), tmp_path))
    blocks = layers.block_outputs(flat)
    heatmaps, logits = one_pass.mapper(
        flat, ["grad_cam"], blocks, fusion=True, target="predicted", score="logit", relu=True
    )(images, np.zeros(2, np.int64))
    assert list(heatmaps) == [("cam", "block2_out"), *(("grad_cam", layer) for layer in [*blocks, "all"])]
    np.testing.assert_allclose(heatmaps["cam", "block2_out"], heatmaps["grad_cam", "block2_out"], atol=1e-5)
    np.testing.assert_allclose(logits, flat(images, training=False), rtol=1e-4, atol=1e-5)


def test_without_cam_there_are_the_other_maps(images: np.ndarray) -> None:
    image = keras.Input((SIDE, SIDE, 3))
    flattening = keras.Model(
        image, keras.layers.Dense(CLASSES)(keras.layers.Flatten()(nested_models.backbone()(image)))
    )
    flat = flattened(flattening, keras.Input((SIDE, SIDE, 3)))
    heatmaps, _ = one_pass.mapper(
        flat, ["hires_cam"], ["block2_out"], fusion=False, target="predicted", score="logit", relu=True
    )(images, np.zeros(2, np.int64))
    assert list(heatmaps) == [("hires_cam", "block2_out")]


def test_head_and_backbone_of_a_nested_model(images: np.ndarray, tmp_path: pathlib.Path) -> None:
    flat = opening.opened(saved(nested_models.functional_in_sequential(), tmp_path))
    pooled = training.backbone(flat)(images, training=False)
    assert pooled.shape == (2, 4)
    np.testing.assert_allclose(training.head(flat)(pooled), flat(images, training=False), atol=1e-5)


def test_statistics_of_a_normalisation_outlive_another_size(images: np.ndarray, tmp_path: pathlib.Path) -> None:
    pixels = keras.layers.Normalization()
    pixels.adapt(images)
    pooled = [keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(CLASSES)]
    flat = opening.opened(saved(keras.Sequential([keras.Input((SIDE, SIDE, 3)), pixels, *pooled]), tmp_path))
    np.testing.assert_allclose(resizing.resized(flat, SIDE)(images), flat(images), rtol=1e-5, atol=1e-6)


def test_a_layer_called_all_is_renamed(tmp_path: pathlib.Path) -> None:
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Conv2D(4, 3, name="all")], name="mine")
    model.add(keras.layers.GlobalAveragePooling2D())
    model.add(keras.layers.Dense(CLASSES))
    assert layers.layer_names(opening.opened(saved(model, tmp_path))) == ["mine_all"]


@pytest.mark.parametrize(
    "end",
    [
        lambda pooled: keras.ops.softmax(keras.layers.Dense(CLASSES)(pooled)),
        lambda pooled: keras.activations.log_softmax(keras.layers.Dense(CLASSES)(pooled)),
        lambda pooled: keras.layers.Softmax()(keras.layers.Dense(CLASSES)(pooled)),
        lambda pooled: keras.layers.Dense(CLASSES, activation="log_softmax")(pooled),
    ],
)
def test_a_softmax_of_any_form_is_taken_off(
    end: Callable[[keras.KerasTensor], keras.KerasTensor], images: np.ndarray, tmp_path: pathlib.Path
) -> None:
    image = keras.Input((SIDE, SIDE, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(image))
    model = keras.Model(image, end(pooled))
    outputs, logits = model(images), opening.opened(saved(model, tmp_path))(images)
    probabilities = np.exp(outputs) if np.min(outputs) < 0 else outputs
    np.testing.assert_allclose(keras.ops.softmax(logits), probabilities, rtol=1e-5)
    assert not np.allclose(np.sum(logits, axis=1), 1)


def test_a_softmax_before_flatten(images: np.ndarray, tmp_path: pathlib.Path) -> None:
    image = keras.Input((SIDE, SIDE, 3))
    pooled = keras.layers.GlobalAveragePooling2D(keepdims=True)(keras.layers.Conv2D(4, 3)(image))
    softmax = keras.layers.Softmax()(keras.layers.Conv2D(CLASSES, 1)(pooled))
    model = keras.Model(image, keras.layers.Flatten()(softmax))
    logits = opening.opened(saved(model, tmp_path))(images)
    np.testing.assert_allclose(keras.ops.softmax(logits), model(images), rtol=1e-5)


@pytest.mark.parametrize("size", [24, 64, 100])
def test_other_sizes_of_whole_pictures(size: int, tmp_path: pathlib.Path) -> None:
    for scaled in (keras.layers.Resizing(size, size), lambda image: keras.ops.image.resize(image, (size, size))):
        image = keras.Input((SIDE, SIDE, 3))
        features = keras.layers.Conv2D(4, 7, 2, name="conv")(keras.layers.ZeroPadding2D(3)(scaled(image)))
        model = keras.Model(image, keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling2D()(features)))
        flat = opening.opened(saved(model, tmp_path))
        with pytest.raises(InputError, match="has a Resizing layer"):
            resizing.resized(flat, 2 * SIDE)


def test_a_slice_that_swaps_channels_is_no_crop(tmp_path: pathlib.Path) -> None:
    image = keras.Input((SIDE, SIDE, 3))
    features = keras.layers.Conv2D(4, 3, name="conv")(keras.layers.CenterCrop(SIDE, SIDE)(image[..., ::-1]))
    model = keras.Model(image, keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling2D()(features)))
    assert layers.features(opening.opened(saved(model, tmp_path))).operation.name == "conv"


def test_a_layer_called_image_is_renamed(tmp_path: pathlib.Path) -> None:
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Conv2D(4, 3, name="image")], name="mine")
    model.add(keras.layers.GlobalAveragePooling2D())
    model.add(keras.layers.Dense(CLASSES))
    assert layers.layer_names(opening.opened(saved(model, tmp_path))) == ["mine_image"]


def test_a_resizing_layer_fixes_the_size(tmp_path: pathlib.Path) -> None:
    pooled = [keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(CLASSES)]
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Resizing(24, 24), *pooled])
    flat = opening.opened(saved(model, tmp_path))
    assert resizing.resized(flat, SIDE).input_shape == (None, SIDE, SIDE, 3)
    with pytest.raises(InputError, match=r"has a Resizing layer, which undoes heatmaps\.image_size: set it to null"):
        resizing.resized(flat, 2 * SIDE)
