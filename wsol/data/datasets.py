"""From a prepared TFDS dataset to tf.data, and who sees which of its images.

Every dataset has the features of `stanford_dogs`: `image`, `image/filename`, `label` and
`objects.bbox`, boxes as [ymin, xmin, ymax, xmax] in fractions of the image.
"""

import numpy as np
import pandas as pd
import tensorflow as tf
import tensorflow_datasets as tfds

from wsol.errors import InputError

SPLITS = ("fit", "holdout", "test")


def load(folder: str) -> tfds.core.DatasetBuilder:
    """The prepared dataset in a folder.

    Raises:
        InputError: there is none.
    """
    try:
        return tfds.builder_from_directory(folder)
    except Exception as error:  # TFDS raises several kinds
        raise InputError(
            f"Expected a prepared dataset in {folder}, but there is none: make it with `dvc repro`."
        ) from error


def table(builder: tfds.core.DatasetBuilder, share: float, seed: int) -> pd.DataFrame:
    """Who sees which image, and its annotation: one row an image, in the order in which it is read.

    Args:
        builder: a prepared dataset.
        share: of each class of the train split that is held out, in 0..1.
        seed: the same seed holds out the same images.

    Returns:
        Columns `split` (`fit` trains the classifier, `holdout` ends its training and is there for
        every choice, `test` is only reported on), `position` in its TFDS split, `image` (file name), `label` and
        `boxes_yxyx` (flat, four numbers a box).

    Raises:
        InputError: the dataset's files are damaged.
    """
    train, test = _annotations(builder, "train"), _annotations(builder, "test")
    held = holdout_mask(train["label"].to_numpy(), share, seed)
    train.insert(0, "split", np.where(held, "holdout", "fit"))
    test.insert(0, "split", "test")
    return pd.concat([train, test], ignore_index=True)


def _annotations(builder: tfds.core.DatasetBuilder, split: str) -> pd.DataFrame:
    wanted = tfds.decode.PartialDecoding({"label": True, "image/filename": True, "objects": {"bbox": True}})
    try:
        rows = list(builder.as_dataset(split=split, decoders=wanted).as_numpy_iterator())
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        raise InputError(
            f"Expected whole records in {builder.data_path}, but they are damaged: make them anew with "
            "`dvc repro --force --single-item download`."
        ) from error
    return pd.DataFrame(
        {
            "position": range(len(rows)),
            "image": [row["image/filename"].decode() for row in rows],
            "label": [int(row["label"]) for row in rows],
            "boxes_yxyx": [row["objects"]["bbox"].ravel() for row in rows],
        }
    )


def holdout_mask(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Part a labelled set per class: (images,) bool, True for the images held out.

    Of each class `share` is held out, rounded, but one image at least and never all.
    """
    rng = np.random.default_rng(seed)
    mask = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = min(max(round(share * len(members)), 1), len(members) - 1)
        mask[members[:count]] = True
    return mask


def encoded(builder: tfds.core.DatasetBuilder, table: pd.DataFrame, split: str) -> tf.data.Dataset:
    """Examples of a split in the table's order, images still encoded: cheap to shuffle and to skip."""
    tfds_split = "test" if split == "test" else "train"
    wanted = np.zeros(builder.info.splits[tfds_split].num_examples, bool)
    wanted[table.loc[table["split"] == split, "position"]] = True
    rows = builder.as_dataset(split=tfds_split, decoders={"image": tfds.decode.SkipDecoding()})
    rows = rows.enumerate().filter(lambda position, _: tf.constant(wanted)[position]).map(lambda _, row: row)
    return rows.apply(tf.data.experimental.assert_cardinality(int(wanted.sum())))


def decoded(image: tf.Tensor, image_size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Decode a picture and resize it, bilinearly and without regard to its shape.

    Args:
        image: () string, JPEG or PNG.
        image_size: side of the network's square input, pixels.

    Returns:
        (image_size, image_size, 3) float32 RGB, 0..255, and the picture's own (height, width), int32.
    """
    pixels = tf.io.decode_image(image, channels=3, expand_animations=False)
    pixels.set_shape((None, None, 3))
    return tf.image.resize(pixels, (image_size, image_size)), tf.shape(pixels)[:2]


def labelled(rows: tf.data.Dataset, image_size: int) -> tf.data.Dataset:
    """(image (image_size, image_size, 3) float32 RGB 0..255, label () int64) of encoded examples."""
    return rows.map(
        lambda row: (decoded(row["image"], image_size)[0], row["label"]), num_parallel_calls=tf.data.AUTOTUNE
    )


def augmented(rows: tf.data.Dataset, seed: int, start: int = 0) -> tf.data.Dataset:
    """Labelled images, each flipped, shifted and lit a little; example number `start` is the first.

    The chance hangs on the example's number alone, so that training which was stopped
    goes on with the images it would have seen.
    """
    numbered = tf.data.Dataset.zip(tf.data.Dataset.counter(start), rows)
    return numbered.map(
        lambda number, row: (_augment(row[0], tf.stack([seed, number])), row[1]), num_parallel_calls=tf.data.AUTOTUNE
    )


def _augment(image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    image = tf.image.stateless_random_flip_left_right(image, seed)
    shift = tf.shape(image)[0] // 16
    padded = tf.pad(image, [[shift, shift], [shift, shift], [0, 0]], "REFLECT")
    image = tf.image.stateless_random_crop(padded, tf.shape(image), seed + 1)
    gain = tf.random.stateless_uniform((3,), seed + 2, 0.92, 1.08) * tf.random.stateless_uniform((), seed + 3, 0.9, 1.1)
    return tf.clip_by_value(image * gain, 0, 255)
