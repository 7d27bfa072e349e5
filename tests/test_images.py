import numpy as np
import pytest
import tensorflow as tf

from wsol.data import images

SIDE = 32


def png(pixels: list) -> bytes:
    return tf.io.encode_png(np.array(pixels, np.uint8)).numpy()


# One row, black then white. Four columns sample it at 0.25, 0.75, 1.25 and 1.75; the centres of
# the two source columns are 0.5 and 1.5. So 0, (0.75 - 0.5) * 255, (1.25 - 0.5) * 255, 255.
STEP = png([[[0, 0, 0], [255, 255, 255]]])
STEP_RESIZED = [0, 63.75, 191.25, 255]


def test_decoded_eagerly() -> None:
    pixels, size = images.decoded(tf.constant(STEP), 4)
    assert pixels[0, :, 0].numpy().tolist() == STEP_RESIZED
    assert pixels.shape == (4, 4, 3)
    assert pixels.dtype == tf.float32
    assert size.numpy().tolist() == [1, 2]


def test_decoded_in_tf_data() -> None:
    dataset = tf.data.Dataset.from_tensors(STEP).map(lambda image: images.decoded(image, 4))
    pixels, size = next(dataset.as_numpy_iterator())
    assert pixels[0, :, 0].tolist() == STEP_RESIZED
    assert size.tolist() == [1, 2]


def test_grey_images_become_rgb() -> None:
    assert images.decoded(tf.constant(png([[[7], [7]]])), 2)[0].numpy().tolist() == [[[7.0] * 3] * 2] * 2


def encoded_examples(broken: dict[int, bytes]) -> tf.data.Dataset:
    """Five encoded JPEGs, 0.jpg to 4.jpg; `broken` replaces the content of some."""
    noise = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    contents = [broken.get(index, tf.io.encode_jpeg(noise).numpy()) for index in range(5)]
    names = [f"{index}.jpg" for index in range(5)]
    return tf.data.Dataset.from_tensor_slices({"image": contents, "image/filename": names, "label": range(5)})


TRUNCATED = next(iter(encoded_examples({})))["image"].numpy()[:500]


@pytest.mark.parametrize("content", [TRUNCATED, b"no image", b""], ids=["truncated", "text", "empty"])
def test_undecodable_names_an_image_that_stops_the_dataset(content: bytes) -> None:
    examples = encoded_examples({2: content, 4: b"no image"})
    with pytest.raises(tf.errors.InvalidArgumentError):
        list(images.labelled(examples, 8))
    assert images.undecodable(examples) == "2.jpg"  # the first of the two


def test_undecodable_is_none_for_a_sound_dataset() -> None:
    examples = encoded_examples({})
    assert len(list(images.labelled(examples, 8))) == 5
    assert images.undecodable(examples) is None


def augmented(pictures: np.ndarray, seed: int = 0, start: int = 0) -> np.ndarray:
    examples = tf.data.Dataset.from_tensor_slices((pictures.astype(np.float32), np.arange(len(pictures))))
    pairs = list(images.augmented(examples, seed, start).as_numpy_iterator())
    assert [label for _, label in pairs] == list(range(len(pictures)))
    return np.stack([image for image, _ in pairs])


def test_augmentation_scales_each_channel() -> None:
    grey = augmented(np.full((16, SIDE, SIDE, 3), 100))
    gains = grey[:, :1, :1] / 100  # (16, 1, 1, 3)
    np.testing.assert_allclose(grey, np.broadcast_to(gains * 100, grey.shape))  # the same at every position
    assert 0.92 * 0.9 <= gains.min() < 1 < gains.max() <= 1.08 * 1.1
    assert len(np.unique(gains)) == 16 * 3


def test_augmentation_keeps_the_range_of_rgb() -> None:
    assert augmented(np.full((16, SIDE, SIDE, 3), 255)).max() == 255


def test_augmentation_shifts_and_mirrors() -> None:
    pictures = np.zeros((32, SIDE, SIDE, 3))
    pictures[:, 16, 8] = 100
    _, rows, columns = np.nonzero(augmented(pictures).max(-1))
    # 32 / 16 = 2 pixels either way; column 8 mirrored is 31 - 8 = 23
    assert set(rows) == {14, 15, 16, 17, 18}
    assert set(columns) == {6, 7, 8, 9, 10} | {21, 22, 23, 24, 25}


def test_augmentation_is_seeded_by_the_examples_index() -> None:
    pictures = np.random.default_rng(0).uniform(0, 255, (6, SIDE, SIDE, 3))
    whole = augmented(pictures, seed=3)
    examples = tf.data.Dataset.from_tensor_slices((pictures.astype(np.float32), np.arange(6))).skip(4)
    resumed = [image for image, _ in images.augmented(examples, 3, start=4).as_numpy_iterator()]
    np.testing.assert_array_equal(whole[4:], resumed)
    assert not np.array_equal(whole, augmented(pictures, seed=4))
