"""Stanford Dogs' three archives made by hand, where TFDS takes them for finished downloads."""

import io
import json
import pathlib
import tarfile

import numpy as np
import scipy.io
import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import resource

from wsol.data.toy_dogs.picture import picture

BREEDS = [f"n{number:08d}-Breed_{number:03d}" for number in range(120)]  # the builder expects 120
PICTURES = 8  # of each of the first two breeds: half to train on, half to test on
NO_BOX = "n00000001_7"  # a test picture whose annotation has no object

XML = "<annotation><size><width>{width}</width><height>{height}</height></size>{objects}</annotation>"
OBJECT = "<object><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"


def make(folder: pathlib.Path) -> None:
    """Write images.tar, lists.tar and annotation.tar."""
    with tarfile.open(folder / "images.tar", "w") as images, tarfile.open(folder / "annotation.tar", "w") as annotation:
        for breed in BREEDS[:2]:
            for number in range(PICTURES):
                name = f"{breed.split('-')[0]}_{number}"
                jpeg, xml = _example(BREEDS.index(breed), number, has_box=name != NO_BOX)
                _add(images, f"Images/{breed}/{name}.jpg", jpeg)
                _add(annotation, f"Annotation/{breed}/{name}", xml)
    with tarfile.open(folder / "lists.tar", "w") as lists:
        for split, numbers in (("train", range(PICTURES // 2)), ("test", range(PICTURES // 2, PICTURES))):
            names = [f"{breed}/{breed.split('-')[0]}_{number}.jpg" for breed in BREEDS for number in numbers]
            buffer = io.BytesIO()
            scipy.io.savemat(buffer, {"file_list": np.array(names, dtype=object)[:, None]})
            _add(lists, f"{split}_list.mat", buffer.getvalue())


def place(archives: pathlib.Path, downloads: pathlib.Path) -> None:
    """Put the archives where TFDS leaves its finished downloads, under the names it gives them."""
    folder = downloads / "stanford_dogs"
    folder.mkdir(parents=True, exist_ok=True)
    for url, info in tfds.builder("stanford_dogs").url_infos.items():
        target = folder / resource.get_dl_fname(url, info.checksum)
        target.write_bytes((archives / info.filename).read_bytes())
        content = {"urls": [url], "dataset_names": ["stanford_dogs"], "original_fname": info.filename}
        pathlib.Path(f"{target}.INFO").write_text(json.dumps(content | {"url_info": info.asdict()}))


def _example(label: int, number: int, has_box: bool) -> tuple[bytes, bytes]:
    image, boxes_yxyx = picture(label, [7, number])
    height, width = image.shape[:2]
    pixels = np.rint(boxes_yxyx * [height, width, height, width]).astype(int) if has_box else []
    objects = "".join(OBJECT.format(xmin, ymin, xmax, ymax) for ymin, xmin, ymax, xmax in pixels)
    return tf.io.encode_jpeg(image).numpy(), XML.format(width=width, height=height, objects=objects).encode()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
