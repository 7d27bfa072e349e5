"""Prepared TFDS datasets: the table of examples, the split of train into fit and holdout, the encoded examples.

Every dataset has the features of `stanford_dogs`: `image`, `image/filename`, `label` and
`objects.bbox`. Boxes are [ymin, xmin, ymax, xmax], fractions of the image. A dataset from a source
with ids has the feature `image/id` and the file CATEGORY_IDS.
"""

import json

import numpy as np
import pandas as pd
import tensorflow as tf
import tensorflow_datasets as tfds

from wsol.errors import InputError

SPLITS = ("fit", "holdout", "test")
CATEGORY_IDS = "category_ids.json"


def load(folder: str) -> tfds.core.DatasetBuilder:
    """Open a prepared dataset.

    Args:
        folder: the dataset's folder, which holds `dataset_info.json`.

    Raises:
        InputError: the folder holds no prepared dataset.
    """
    try:
        return tfds.builder_from_directory(folder)
    except Exception as error:  # TFDS raises several types
        raise InputError(
            f"Expected a prepared dataset in {folder}, but there is none: make it with `dvc repro`."
        ) from error


def table(builder: tfds.core.DatasetBuilder, share: float, seed: int) -> pd.DataFrame:
    """Split, position and annotation of every image.

    Args:
        builder: a prepared dataset.
        share: share of each class of the train split that is held out, in 0..1.
        seed: the same seed holds out the same images.

    Returns:
        One row an image: train in the dataset's order, then test. Columns:

        - `split`: `fit` trains the classifier, `holdout` serves early stopping and every
          choice, `test` is only reported on.
        - `position`: index in the TFDS split (`train` or `test`), from 0.
        - `image`: file name.
        - `image_id`: int or str, the id in the source; `position` + 1 where it has none.
        - `label`: index of the class.
        - `boxes_yxyx`: (4 * boxes,) float32, the ground truth, flat; fractions of the image.

    Raises:
        InputError: the dataset's files are damaged.
    """
    train, test = _annotations(builder, "train"), _annotations(builder, "test")
    held_out = holdout_mask(train["label"].to_numpy(), share, seed)
    train.insert(0, "split", np.where(held_out, "holdout", "fit"))
    test.insert(0, "split", "test")
    return pd.concat([train, test], ignore_index=True)


def _annotations(builder: tfds.core.DatasetBuilder, tfds_split: str) -> pd.DataFrame:
    wanted = {"label": True, "image/filename": True, "objects": {"bbox": True}}
    if "image/id" in builder.info.features:
        wanted["image/id"] = True
    decoders = tfds.decode.PartialDecoding(wanted)
    try:
        examples = list(builder.as_dataset(split=tfds_split, decoders=decoders).as_numpy_iterator())
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        raise InputError(
            f"Expected whole records in {builder.data_path}, but they are damaged: make them anew with "
            "`dvc repro --force --single-item download`."
        ) from error
    return pd.DataFrame(
        {
            "position": range(len(examples)),
            "image": [example["image/filename"].decode() for example in examples],
            "image_id": [json.loads(example.get("image/id", str(row + 1))) for row, example in enumerate(examples)],
            "label": [int(example["label"]) for example in examples],
            "boxes_yxyx": [example["objects"]["bbox"].ravel() for example in examples],
        }
    )


def category_ids(builder: tfds.core.DatasetBuilder) -> list[int | str]:
    """The source's ids of the classes, in the order of the labels. They count from 1 where the source has none."""
    path = builder.data_path / CATEGORY_IDS
    if not path.exists():
        return [label + 1 for label in range(builder.info.features["label"].num_classes)]
    return json.loads(path.read_text(encoding="utf8"))


def holdout_mask(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Choose the held-out images of each class at random.

    Args:
        labels: (images,) int.
        share: share of each class that is held out, in 0..1. The number of images is
            rounded; it is at least 1 and always leaves one image of the class.
        seed: the same seed holds out the same images.

    Returns:
        (images,) bool, True for a held-out image.

    >>> labels = np.array([0, 0, 0, 0, 1, 1])
    >>> holdout_mask(labels, share=0.5, seed=0)
    array([ True, False,  True, False, False,  True])
    """
    rng = np.random.default_rng(seed)
    mask = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = min(max(round(share * len(members)), 1), len(members) - 1)
        mask[members[:count]] = True
    return mask


def all_encoded(builder: tfds.core.DatasetBuilder, tfds_split: str) -> tf.data.Dataset:
    """Examples of a TFDS split (`train` or `test`) in the dataset's order, images still encoded.

    Encoded examples are cheap to shuffle and to skip.

    Returns:
        Dataset of dicts: `image` () string, `image/filename` () string, `label` () int64,
        `objects` {`bbox` (boxes, 4) float32, yxyx in fractions of the image}.
    """
    return builder.as_dataset(split=tfds_split, decoders={"image": tfds.decode.SkipDecoding()})


def encoded(builder: tfds.core.DatasetBuilder, table: pd.DataFrame, split: str) -> tf.data.Dataset:
    """Examples of `fit`, `holdout` or `test` in the table's order, images still encoded.

    Args:
        builder: a prepared dataset.
        table: the dataset's `table`.
        split: one of SPLITS.

    Returns:
        Dataset of the same dicts as `all_encoded`.
    """
    tfds_split = "test" if split == "test" else "train"
    selected = np.zeros(builder.info.splits[tfds_split].num_examples, bool)
    selected[table.loc[table["split"] == split, "position"]] = True
    numbered = all_encoded(builder, tfds_split).enumerate()
    examples = numbered.filter(lambda position, _: tf.constant(selected)[position]).map(lambda _, example: example)
    return examples.apply(tf.data.experimental.assert_cardinality(int(selected.sum())))
