"""Files that have the same bytes in every run, so that DVC sees no change where there is none."""

import json
import pathlib
import zipfile

import stages.support.quiet  # noqa: F401

import keras
import tensorflow as tf

from stages.support.folders import aside

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip file can hold


def write_records_anew(folder: pathlib.Path) -> None:
    """Rewrite the TFRecord files of a prepared dataset with their fields in a fixed order.

    TFDS serialises the fields of an example in the order of a hash table, which differs from process to process.
    """
    for shard in sorted(folder.glob("*.tfrecord-*")):
        with aside(shard) as part, tf.io.TFRecordWriter(str(part)) as writer:
            for record in tf.data.TFRecordDataset(str(shard), buffer_size=1 << 20).as_numpy_iterator():
                writer.write(tf.train.Example.FromString(record).SerializeToString(deterministic=True))


def save_model(model: keras.Model, path: str) -> None:
    """Save a model as `keras.Model.save` does, without its optimizer and without dates."""
    plain = keras.Model(model.input, model.output, name=model.name)  # an uncompiled model has no optimizer
    with aside(path) as part:
        dated = part.with_name(f"dated.{part.name}")
        plain.save(dated)
        with zipfile.ZipFile(dated) as source, zipfile.ZipFile(part, "w") as target:
            for member in source.infolist():
                _copy_undated(source, member, target)
        dated.unlink()


def _copy_undated(source: zipfile.ZipFile, member: zipfile.ZipInfo, target: zipfile.ZipFile) -> None:
    content = source.read(member)
    if member.filename == "metadata.json":
        metadata = json.loads(content)
        metadata.pop("date_saved")
        content = json.dumps(metadata).encode()
    entry = zipfile.ZipInfo(member.filename, EPOCH)
    entry.external_attr = 0o600 << 16  # readable by the owner
    target.writestr(entry, content)
