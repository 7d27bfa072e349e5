import io
import pathlib
import socket
import tarfile

import archives
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from stages.support import from_tfds
from wsol.data import datasets
from wsol.errors import InputError


@pytest.fixture(scope="module")
def tars(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("tars")
    archives.make(folder)
    return folder


@pytest.fixture
def downloads(tars: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    archives.place(tars, tmp_path / "downloads")
    return tmp_path / "downloads"


def prepare(tmp_path: pathlib.Path) -> tfds.core.DatasetBuilder:
    return from_tfds.fetch(tmp_path / "work", "stanford_dogs", str(tmp_path / "downloads"))


def test_the_real_builder_on_hand_made_archives(downloads: pathlib.Path, tmp_path: pathlib.Path) -> None:
    builder = datasets.load(str(prepare(tmp_path).data_path))
    table = datasets.table(builder, 0.25, 0)
    assert table["split"].value_counts().to_dict() == {"test": 8, "fit": 6, "holdout": 2}
    assert builder.info.features["label"].num_classes == 120
    assert sorted(set(table["label"])) == [0, 1]
    boxless = table["boxes_yxyx"].map(len) == 0
    assert table.loc[boxless, "image"].tolist() == [f"Images/{archives.BREEDS[1]}/{archives.NO_BOX}.jpg"]
    # the boxes went through whole pixels of pictures of at least 108
    first = table[~boxless].iloc[0]
    label, number = archives.BREEDS.index(first["image"].split("/")[1]), int(first["image"][:-4].split("_")[-1])
    drawn = archives.picture(label, [7, number])[1]
    np.testing.assert_allclose(np.sort(first["boxes_yxyx"]), np.sort(drawn.ravel()), atol=0.5 / 108)


@pytest.mark.parametrize("archive", ["images", "lists", "annotat"])
@pytest.mark.parametrize("damage", ["cut short", "not a tar"])
def test_a_damaged_archive(downloads: pathlib.Path, tmp_path: pathlib.Path, archive: str, damage: str) -> None:
    (path,) = (path for path in downloads.rglob("*.tar") if archive in path.name)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if damage == "cut short" else b"<html>busy</html>" * 100)
    with pytest.raises(InputError, match=rf"{path.name} is damaged \(\w+\): delete it"):
        prepare(tmp_path)


def test_nothing_in_the_users_folder_is_deleted_or_unpacked(downloads: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (path,) = (path for path in downloads.rglob("*.tar") if "annotat" in path.name)
    # where TFDS looks first by default: an empty folder of the archive's name, and a file of the user
    (downloads / "extracted" / f"TAR.{path.name}").mkdir(parents=True)
    (downloads / "extracted/mine.txt").write_text("mine")
    before = {path for path in downloads.rglob("*")}
    builder = prepare(tmp_path)
    assert builder.info.splits["train"].num_examples == 8  # the empty folder was not taken for the archive's content
    assert {path for path in downloads.rglob("*")} == before
    # the dataset's folder, which goes to data/<dataset>, is beside what was unpacked
    assert (tmp_path / "work/extracted").is_dir()
    assert not list(pathlib.Path(builder.data_path).rglob("*TAR*"))


def test_what_a_stopped_run_has_unpacked_is_not_trusted(downloads: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (path,) = (path for path in downloads.rglob("*.tar") if "annotat" in path.name)
    (tmp_path / "work/extracted" / f"TAR.{path.name}").mkdir(parents=True)
    assert prepare(tmp_path).info.splits["train"].num_examples == 8


def test_a_damaged_annotation(downloads: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (path,) = (path for path in downloads.rglob("*.tar") if "annotat" in path.name)
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("Annotation/n00000000-Breed_000/n00000000_0"), io.BytesIO())
    with pytest.raises(InputError, match="one of them is not"):
        prepare(tmp_path)


def test_archives_placed_by_hand_are_held_to_their_checksums(tars: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "downloads").mkdir()
    for path in tars.iterdir():
        (tmp_path / "downloads" / path.name).write_bytes(path.read_bytes())
    with pytest.raises(InputError, match="to be those of stanford_dogs, but one of them is not"):
        prepare(tmp_path)


def test_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(InputError, match=r"put annotation\.tar, images\.tar and lists\.tar of http://\S+ into"):
        prepare(tmp_path)


def test_a_full_disk_is_no_damaged_archive(tmp_path: pathlib.Path) -> None:
    builder = from_tfds.builder_of("stanford_dogs", tmp_path)
    error = tf.errors.ResourceExhaustedError(None, None, "annotation/a; No space left on device")
    with pytest.raises(tf.errors.ResourceExhaustedError), from_tfds.errors_in_words(builder, "stanford_dogs", tmp_path):
        raise error
