"""Make the dataset ready: draw toy_dogs, or download and prepare stanford_dogs.

    python -m stages.download

Reads   params (dataset, its section's download); finished archives in data/downloads, if there are any
Writes  data/<dataset>/, a prepared TFDS dataset
Takes   half a minute for toy_dogs; for stanford_dogs the download of 778 MiB and a minute
"""

import pathlib
import shutil
import socket
import sys
import tarfile
import urllib.parse

import requests
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.util import DownloadError

from stages.support import params, sections
from stages.support.fingerprint import fingerprint
from stages.support.folders import replace, workspace
from stages.support.run import run
from wsol.data.toy_dogs.toy_dogs_dataset_builder import Builder, Pictures
from wsol.errors import InputError

URL = "http://vision.stanford.edu/aditya86/ImageNetDogs"
NETWORK_ERRORS = (ConnectionError, TimeoutError, socket.gaierror, requests.RequestException, DownloadError)


def main() -> str:
    # here, since the processes that draw toy_dogs import this file and need no TensorFlow
    from stages.support import reproducible

    settings = params.read("download")
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    recipe, target = settings.recipe.download, f"data/{settings.dataset}"
    with workspace(target, fingerprint("download")) as folder:
        if isinstance(recipe, sections.Pictures):
            builder = toy_dogs(folder, recipe)
        else:
            builder = stanford_dogs(folder, recipe.folder)
        reproducible.write_records_anew(pathlib.Path(builder.data_path))
        replace(pathlib.Path(builder.data_path), target)
    counts = ", ".join(f"{split.num_examples} {name}" for name, split in builder.info.splits.items())
    return f"download: wrote {target} ({counts} images)"


def toy_dogs(folder: pathlib.Path, recipe: sections.Pictures) -> tfds.core.DatasetBuilder:
    """Draw toy_dogs into the folder."""
    builder = Builder(config=Pictures(name="pictures", **recipe.model_dump()), data_dir=folder)
    builder.download_and_prepare()
    return builder


def stanford_dogs(folder: pathlib.Path, downloads: str) -> tfds.core.DatasetBuilder:
    """Prepare Stanford Dogs in `folder`. Only archives missing from `downloads` are downloaded.

    TFDS recognises archives that it has downloaded by their names, and archives placed by hand by their checksums.
    """
    archives = pathlib.Path(downloads)
    archives.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(archives / "extracted", ignore_errors=True)  # TFDS trusts what it has unpacked of a damaged archive
    builder = tfds.builder("stanford_dogs", data_dir=folder)
    config = tfds.download.DownloadConfig(manual_dir=archives)
    try:
        check_network(archives)
        builder.download_and_prepare(download_dir=archives, download_config=config)
    except NETWORK_ERRORS as error:
        raise InputError(
            "Expected to download Stanford Dogs, but the network does not answer: "
            f"put images.tar, lists.tar and annotation.tar of {URL} into {archives} by hand, or run again once it does."
        ) from error
    except OSError:
        raise
    except Exception as error:  # TFDS, tarfile, XML and SciPy each raise their own at a damaged archive
        raise InputError(
            f"Expected the archives in {archives} to be those of Stanford Dogs, but {damaged(archives)} "
            f"({type(error).__name__}): delete it there and run again."
        ) from error
    return builder


def check_network(archives: pathlib.Path) -> None:
    """Raise OSError if archives are missing and their host has no address. TFDS retries for minutes: fail early."""
    if len(tars(archives)) < 3 and not requests.utils.get_environ_proxies(URL):
        socket.getaddrinfo(urllib.parse.urlsplit(URL).hostname, 80)


def tars(archives: pathlib.Path) -> list[pathlib.Path]:
    """The finished archives; TFDS downloads into folders of .tmp. and unpacks to folders of .tar."""
    files = (path for path in sorted(archives.rglob("*.tar")) if path.is_file())
    return [path for path in files if ".tmp." not in str(path.relative_to(archives))]


def damaged(archives: pathlib.Path) -> str:
    """Say which of the archives is not a whole tar file."""
    for path in tars(archives):
        if not (tarfile.is_tarfile(path) and _ends_as_tar(path)):
            return f"{path} is damaged"
    return "one of them is not"


def _ends_as_tar(path: pathlib.Path) -> bool:
    """A whole tar file ends with two blocks of zeros."""
    with path.open("rb") as file:
        file.seek(-1024, 2)
        return file.read() == bytes(1024)


if __name__ == "__main__":
    run(main)
