"""What several tests share: a handful of pictures, a small classifier, a clone in which the pipeline has run."""

import os
import pathlib
import shutil
from collections.abc import Iterator

import keras
import pytest
import tensorflow_datasets as tfds
from clones import STAGES, clone_to, commit, log_of, succeed
from filelock import FileLock

from wsol.data import datasets
from wsol.data.toy_dogs.toy_dogs_dataset_builder import Builder, Pictures
from wsol.networks import classifier


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """toy_dogs with three pictures a breed to train on and one to test on."""
    builder = Builder(config=Pictures(name="few", seed=0, train=3, test=1), data_dir=tmp_path_factory.mktemp("toy"))
    builder.download_and_prepare()
    return pathlib.Path(builder.data_path)


@pytest.fixture(scope="session")
def toy_dogs(toy_folder: pathlib.Path) -> tfds.core.DatasetBuilder:
    return datasets.load(str(toy_folder))


@pytest.fixture(scope="session")
def model() -> keras.Model:
    """A narrow ResNet50 with weights and batch-norm statistics of no order."""
    keras.utils.set_random_seed(0)
    model = classifier.build("ResNet50", 0.1, 64, 4)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([keras.random.uniform(weight.shape, 0.5, 1.5) for weight in layer.weights])
    return model


@pytest.fixture(scope="session")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A clone in which `dvc repro` has run with tests/params.yaml. The first worker runs it, the others copy it."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "reproduced"
    with FileLock(f"{shared}.lock"):
        if not shared.is_dir():
            reproduce(base / "clone")
            (base / "clone").replace(shared)
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(shared, folder, symlinks=True, dirs_exist_ok=True)
    return folder


def reproduce(folder: pathlib.Path) -> None:
    folder.mkdir()
    clone_to(folder)
    output = succeed(folder, "dvc", "repro")
    # the page is in git and does not depend on the params: DVC finds it up to date
    assert [stage for stage in STAGES if f"Running stage '{stage}'" not in output] in ([], ["page"])
    log_of(folder).write_text(output)
    commit(folder)


@pytest.fixture
def clone(reproduced: pathlib.Path) -> Iterator[pathlib.Path]:
    """The reproduced clone, its params and outputs put back afterwards."""
    yield reproduced
    succeed(reproduced, "git", "checkout", "--quiet", ".")
    succeed(reproduced, "dvc", "checkout", "--quiet", "--force")
    for unfinished in reproduced.glob("*/*.partial"):  # DVC does not know the work of a stopped stage
        shutil.rmtree(unfinished)
