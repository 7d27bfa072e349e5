"""Fetch a dataset of TensorFlow Datasets: its downloads, and the errors of network and archives."""

import contextlib
import difflib
import pathlib
import shutil
import socket
import tarfile
import urllib.parse
from collections.abc import Iterator

import requests
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import resource
from tensorflow_datasets.core.download.util import DownloadError

from stages.support.run import disk_is_full
from wsol.errors import InputError

NETWORK_ERRORS = (ConnectionError, TimeoutError, socket.gaierror, requests.RequestException, DownloadError)


def fetch(folder: pathlib.Path, name: str, downloads: str) -> tfds.core.DatasetBuilder:
    """Prepare a dataset of TFDS in `folder`. Only archives missing from `downloads` are downloaded.

    TFDS recognises archives that it has downloaded by their names, and archives placed by hand by their checksums. A
    dataset that TFDS has prepared in `downloads` already is used as it is. Nothing in `downloads` is deleted: archives
    are unpacked into `folder`/extracted.
    """
    archives, extracted = pathlib.Path(downloads), folder / "extracted"
    archives.mkdir(parents=True, exist_ok=True)
    ready = builder_of(name, archives)
    if ready.is_prepared():
        return ready
    builder = builder_of(name, folder)
    shutil.rmtree(extracted, ignore_errors=True)  # of a stopped run: it may be of an archive that was damaged
    config = tfds.download.DownloadConfig(manual_dir=archives, extract_dir=extracted)
    with errors_in_words(builder, name, archives):
        check_network(builder, archives)
        builder.download_and_prepare(download_dir=archives, download_config=config)
    return builder


@contextlib.contextmanager
def errors_in_words(builder: tfds.core.DatasetBuilder, name: str, archives: pathlib.Path) -> Iterator[None]:
    """Turn errors of the network and of the archives into InputError."""
    try:
        yield
    except NETWORK_ERRORS as error:
        raise InputError(
            f"Expected to download {name}, but the network does not answer: put {wanted_files(builder)} into "
            f"{archives} by hand, or run again once it does."
        ) from error
    except (AssertionError, FileNotFoundError) as error:
        if not builder.MANUAL_DOWNLOAD_INSTRUCTIONS:
            raise
        raise InputError(
            f"Expected the archives of {name} in {archives}, since TFDS cannot download them: put them there as "
            f"https://www.tensorflow.org/datasets/catalog/{name.split('/')[0]} says."
        ) from error
    except OSError:
        raise
    except Exception as error:  # TFDS, tarfile, XML and SciPy each raise their own at a damaged archive
        if disk_is_full(error):  # TFDS unpacks with TensorFlow, whose errors are no OSError
            raise
        raise InputError(
            f"Expected the archives in {archives} to be those of {name}, but {damaged(archives)} "
            f"({type(error).__name__}): delete it there and run again."
        ) from error


def builder_of(name: str, folder: pathlib.Path) -> tfds.core.DatasetBuilder:
    """The builder of a dataset by its name in TFDS."""
    try:
        return tfds.builder(name, data_dir=folder)
    except tfds.core.DatasetNotFoundError as error:
        nearest = ", ".join(difflib.get_close_matches(name, tfds.list_builders(), n=3, cutoff=0))
        raise InputError(
            f"Expected download.tfds to name a dataset of TensorFlow Datasets; got {name!r}, nearest are {nearest}."
        ) from error
    except ImportError as error:
        raise InputError(
            f"Expected the packages that {name} of TensorFlow Datasets needs; there is no {error.name}: install it."
        ) from error
    except ValueError as error:  # an unknown configuration or version
        raise InputError(
            f"Expected download.tfds to name a dataset of TensorFlow Datasets; got {name!r}: "
            f"{str(error).splitlines()[0].rstrip('.')}."
        ) from error


def wanted_files(builder: tfds.core.DatasetBuilder) -> str:
    """The archives of a dataset in words."""
    urls = list(builder.url_infos or {})
    names = [url.rsplit("/", 1)[-1] for url in urls]
    if not 0 < len(names) < 6:
        return "its archives"
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
    return f"{listed} of {urls[0].rsplit('/', 1)[0]}"


def check_network(builder: tfds.core.DatasetBuilder, archives: pathlib.Path) -> None:
    """Raise OSError if archives are missing and their host has no address. TFDS retries for minutes: fail early."""
    names = {path.name for path in finished(archives)}
    for url, info in (builder.url_infos or {}).items():
        is_there = {info.filename, resource.get_dl_fname(url, info.checksum)} & names
        if not is_there and not requests.utils.get_environ_proxies(url):
            socket.getaddrinfo(urllib.parse.urlsplit(url).hostname, 80)


def finished(archives: pathlib.Path) -> list[pathlib.Path]:
    """The finished downloads. TFDS downloads into folders of .tmp."""
    files = (path for path in sorted(archives.rglob("*")) if path.is_file())
    return [path for path in files if ".tmp." not in str(path.relative_to(archives))]


def damaged(archives: pathlib.Path) -> str:
    """Say which of the archives is not a whole tar file."""
    for path in finished(archives):
        if path.suffix == ".tar" and not (tarfile.is_tarfile(path) and _ends_as_tar(path)):
            return f"{path} is damaged"
    return "one of them is not"


def _ends_as_tar(path: pathlib.Path) -> bool:
    """A whole tar file ends with two blocks of zeros."""
    with path.open("rb") as file:
        file.seek(-1024, 2)
        return file.read() == bytes(1024)
