"""What comes from outside is not trusted: models, pictures, archives, paths and arrays."""

import contextlib
import io
import os
import pathlib
import resource
import tarfile
import zipfile

import archives
import hostile_pictures
import keras
import numpy as np
import pytest
import tensorflow as tf
from clones import ROOT
from coco_folders import TEST, Folder, png, rows
from PIL import Image
from tensorflow_datasets.core.download import extractor
from tensorflow_datasets.core.download import resource as kinds

from stages import heatmaps
from stages.support import files
from wsol import __main__ as command
from wsol.data import pictures
from wsol.errors import InputError
from wsol.networks import opening

# ---------------------------------------------------------------- models


def with_lambda(path: pathlib.Path, mark: pathlib.Path) -> None:
    """A classifier whose Lambda layer writes a file when it runs."""
    touch = mark.touch
    layers = keras.layers
    evil = layers.Lambda(lambda pixels: (touch(), pixels)[1])
    ends = [layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(5)]
    keras.Sequential([keras.Input((32, 32, 3)), evil, *ends]).save(path)
    mark.unlink()  # building the model has run the layer


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_the_code_in_a_users_model_does_not_run(ending: str, tmp_path: pathlib.Path) -> None:
    path, mark = tmp_path / f"model.{ending}", tmp_path / "mark"
    with_lambda(path, mark)
    with pytest.raises(InputError, match="has a Lambda layer, whose code is not loaded"):
        opening.opened(str(path))
    assert not mark.exists()


def test_the_code_in_the_pipelines_classifier_does_not_run(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, mark = tmp_path / "classifier.keras", tmp_path / "mark"
    with_lambda(path, mark)
    monkeypatch.setattr(heatmaps, "MODEL", str(path))
    with pytest.raises(InputError, match="Expected a trained classifier"):
        heatmaps.load_classifier(None)
    assert not mark.exists()


# ---------------------------------------------------------------- arrays


def test_an_array_of_objects_is_refused(tmp_path: pathlib.Path) -> None:
    mark, path = tmp_path / "mark", tmp_path / "boxes.npy"

    class Evil:
        def __reduce__(self) -> tuple:
            return pathlib.Path.touch, (mark,)

    np.save(path, np.array([Evil()], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="Expected an array at"):
        files.read_array(str(path))
    assert not mark.exists()


def test_no_code_loads_pickles() -> None:
    sources = [path.read_text() for folder in ("stages", "wsol") for path in (ROOT / folder).rglob("*.py")]
    for word in ("allow_pickle=True", "import pickle", "read_pickle", "safe_mode=False"):  # NumPy's default is False
        assert not [source for source in sources if word in source]


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize("name", hostile_pictures.ALL)
def test_a_huge_picture_is_refused_before_it_is_decoded(name: str) -> None:
    content = hostile_pictures.ALL[name]()
    assert len(content) < 1000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(pictures.UnusableError, match="its header says more than 178956970 pixels"):
        pictures.picture(content)
    with pytest.raises(tf.errors.InvalidArgumentError):  # what the stages see of a dataset that TFDS has prepared
        tf.io.decode_image(content, channels=3, expand_animations=False)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB; decoded it would be 0.8 GB


def test_the_limit_is_pillows() -> None:
    # Pillow warns above a quarter of a GiB as RGB and refuses twice that: 2 * (2^30 / 4 / 3 pixels), rounded down
    assert Image.MAX_IMAGE_PIXELS is not None
    assert pictures.MAX_PIXELS == 2 * Image.MAX_IMAGE_PIXELS == 178_956_970


def test_a_huge_picture_of_a_coco_folder_is_named(tmp_path: pathlib.Path) -> None:
    folder = Folder(tmp_path)
    (folder.images / TEST[3]).write_bytes(hostile_pictures.png())
    _, _, left_out = rows(folder)
    (row,) = left_out
    assert row[:2] == ["test", TEST[3]] and "its header says more than" in row[2]


def test_a_huge_picture_on_the_command_line_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "dog.png").write_bytes(hostile_pictures.png())
    with pytest.raises(InputError, match=r"dog\.png, but it cannot be read as a picture: its header says more than"):
        command.read_picture(str(tmp_path / "dog.png"))


def test_postscript_is_no_picture() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "EPS")
    with pytest.raises(pictures.UnusableError):
        pictures.picture(buffer.getvalue())


# ---------------------------------------------------------------- paths of COCO files


@pytest.mark.parametrize("target", ["../outside.png", "absolute", "circle", "folder"])
def test_a_link_out_of_the_folder_is_no_picture(target: str, tmp_path: pathlib.Path) -> None:
    folder = Folder(tmp_path)
    outside, name = tmp_path / "outside.png", folder.images / TEST[3]
    outside.write_bytes(png(99))
    name.unlink()
    if target == "folder":
        (folder.images / "inner").symlink_to(tmp_path)
        folder.test["images"][3]["file_name"] = "inner/outside.png"
    else:
        name.symlink_to({"absolute": outside, "circle": name}.get(target, target))
    _, _, ((split, _, reason),) = rows(folder)
    assert split == "test"
    assert ("there is no such file in" if target == "circle" else "is a link that leads out of") in reason


def test_a_link_inside_the_folder_is_a_picture(tmp_path: pathlib.Path) -> None:
    folder = Folder(tmp_path)
    (folder.images / "real").mkdir()
    (folder.images / TEST[3]).rename(folder.images / "real/a.png")
    (folder.images / TEST[3]).symlink_to("real/a.png")
    assert rows(folder)[2] == []


@pytest.mark.parametrize("name", ["pipe.png", 300 * "a"])
def test_a_pipe_and_a_name_that_is_too_long_are_no_pictures(name: str, tmp_path: pathlib.Path) -> None:
    folder = Folder(tmp_path)
    os.mkfifo(folder.images / "pipe.png")  # reading it would wait forever
    folder.test["images"][3]["file_name"] = name
    assert "there is no such file in" in rows(folder)[2][0][2]


def test_deeply_nested_json(tmp_path: pathlib.Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "train.json").write_text(100_000 * "[")
    (tmp_path / "test.json").write_text("{}")
    with pytest.raises(InputError, match="but it is not JSON"):
        folder.prepare_as_it_is()


# ---------------------------------------------------------------- archives

OUTSIDE = ("../outside", "/tmp/outside-of-the-folder", "a/../../outside")


def hostile_tar(path: pathlib.Path, target: pathlib.Path) -> None:
    """Members outside the folder, and a link out of it with a member behind it."""
    with tarfile.open(path, "w") as archive:
        for name in (*OUTSIDE, str(target)):
            archives._add(archive, name, b"hostile")
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, str(target.parent)
        archive.addfile(link)
        archives._add(archive, "link/behind", b"hostile")
        archives._add(archive, "fine/a.txt", b"fine")


def hostile_zip(path: pathlib.Path, target: pathlib.Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in (*OUTSIDE, str(target)):
            archive.writestr(name, "hostile")
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(target.parent))
        archive.writestr("link/behind", "hostile")
        archive.writestr("fine/a.txt", "fine")


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_archives_stay_in_their_folder(kind: str, tmp_path: pathlib.Path) -> None:
    """TFDS unpacks all archives of the pipeline."""
    path, outside = tmp_path / f"a.{kind}", tmp_path / "elsewhere"
    outside.mkdir()
    {"tar": hostile_tar, "zip": hostile_zip}[kind](path, outside / "absolute")
    method = kinds.ExtractMethod.TAR if kind == "tar" else kinds.ExtractMethod.ZIP
    target = tmp_path / "deep/er/unpacked"
    # an archive may be refused as a whole
    with contextlib.suppress(extractor.ExtractError), extractor.get_extractor().tqdm():
        extractor.get_extractor().extract(path, method, target).get()
    written = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert not [name for name in written - {path.name} if not name.startswith("deep/er/")], written
    assert not list(outside.iterdir())
    assert not pathlib.Path("/tmp/outside-of-the-folder").exists()
