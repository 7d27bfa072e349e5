import pathlib

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from wsol.data import datasets
from wsol.errors import InputError


def test_holdout_is_parted_per_class() -> None:
    labels = np.repeat([0, 1, 2, 3], [20, 10, 2, 1])
    held = datasets.holdout_mask(labels, 0.1, seed=0)
    # a tenth of 20 and of 10; of two one at least; of one none, or the class could not be learnt
    assert [held[labels == label].sum() for label in range(4)] == [2, 1, 1, 0]


def test_holdout_never_takes_a_whole_class() -> None:
    assert datasets.holdout_mask(np.repeat([0, 1], [10, 2]), 0.999, seed=0).sum() == 9 + 1


def test_holdout_hangs_on_the_seed_alone() -> None:
    labels = np.repeat(np.arange(5), 30)
    masks = [datasets.holdout_mask(labels, 0.1, seed) for seed in (0, 0, 1)]
    assert (masks[0] == masks[1]).all()
    assert (masks[0] != masks[2]).any()


def test_every_image_is_in_one_split(toy_dogs: tfds.core.DatasetBuilder) -> None:
    table = datasets.table(toy_dogs, 0.34, seed=0)
    assert table["split"].value_counts().to_dict() == {"fit": 20, "holdout": 10, "test": 10}
    assert table["image"].is_unique
    assert table["boxes_yxyx"].map(len).ge(4).all()


def test_encoded_gives_a_splits_rows_in_the_tables_order(toy_dogs: tfds.core.DatasetBuilder) -> None:
    table = datasets.table(toy_dogs, 0.34, seed=0)
    for split in datasets.SPLITS:
        rows = datasets.encoded(toy_dogs, table, split)
        names = [row["image/filename"].decode() for row in rows.as_numpy_iterator()]
        assert names == table.loc[table["split"] == split, "image"].tolist()
        assert len(rows) == len(names)


def png(pixels: list) -> bytes:
    return tf.io.encode_png(np.array(pixels, np.uint8)).numpy()


# one row, black then white: four columns sample it at 0.25, 0.75, 1.25 and 1.75 of the two
# source columns, whose centres are 0.5 and 1.5
STEP = png([[[0, 0, 0], [255, 255, 255]]])
STEP_RESIZED = [0, 63.75, 191.25, 255]


def test_decoded_eagerly_and_in_tf_data() -> None:
    eager, size = datasets.decoded(tf.constant(STEP), 4)
    assert eager[0, :, 0].numpy().tolist() == STEP_RESIZED
    assert eager.dtype == tf.float32
    assert size.numpy().tolist() == [1, 2]
    rows = tf.data.Dataset.from_tensors(STEP).map(lambda image: datasets.decoded(image, 4))
    assert next(rows.as_numpy_iterator())[0][0, :, 0].tolist() == STEP_RESIZED


def test_grey_pictures_become_rgb() -> None:
    assert datasets.decoded(tf.constant(png([[[7], [7]]])), 2)[0].numpy().tolist() == [[[7.0] * 3] * 2] * 2


def pictures(count: int) -> tf.data.Dataset:
    images = np.random.default_rng(0).uniform(0, 255, (count, 32, 32, 3)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((images, np.arange(count)))


def test_augmentation_stays_light() -> None:
    for (image, _), (plain, _) in zip(datasets.augmented(pictures(8), 0), pictures(8), strict=True):
        assert image.shape == (32, 32, 3)
        assert 0 <= image.numpy().min() <= image.numpy().max() <= 255
        assert abs(image.numpy().mean() / plain.numpy().mean() - 1) < 0.25  # at most 1.1 * 1.08


def test_augmentation_hangs_on_an_examples_number() -> None:
    whole = [image.numpy() for image, _ in datasets.augmented(pictures(6), 3)]
    rest = [image.numpy() for image, _ in datasets.augmented(pictures(6).skip(4), 3, start=4)]
    np.testing.assert_array_equal(whole[4:], rest)
    other = [image.numpy() for image, _ in datasets.augmented(pictures(6), 4)]
    assert not np.array_equal(whole, other)


def test_no_dataset(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="Expected a prepared dataset in"):
        datasets.load(str(tmp_path))


def test_damaged_records(toy_folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for path in toy_folder.iterdir():
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(content[: len(content) // 2] if "tfrecord" in path.name else content)
    with pytest.raises(InputError, match="they are damaged"):
        datasets.table(datasets.load(str(tmp_path)), 0.1, 0)
