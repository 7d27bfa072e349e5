"""Make the dataset ready: draw toy_dogs, fetch a dataset of TensorFlow Datasets, or read COCO files.

    python -m stages.download

Reads   params (dataset, its section's classes and download), the files that download names
Writes  data/<dataset>/, a prepared TFDS dataset whatever the source; left_out.csv in it lists what could not be used,
        changed.csv the boxes that were clipped and the pictures that are resized copies
Takes   half a minute for toy_dogs; for stanford_dogs the download of 778 MiB and a minute; 2 to 20 s for 1,000
        pictures of your own, and minutes where EXIF turns them
"""

import pathlib
import shutil
import sys

import tensorflow_datasets as tfds

from stages.support import params, recipes
from stages.support.fingerprint import fingerprint
from stages.support.folders import replace, workspace
from stages.support.run import run
from wsol.data.toy_dogs.toy_dogs_dataset_builder import Builder, Pictures
from wsol.errors import InputError


def main() -> str:
    # here, since the processes that draw toy_dogs import this file and need no TensorFlow
    from stages.support import reproducible

    settings = params.read("download")
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    target = f"data/{settings.dataset}"
    with workspace(target, fingerprint("download")) as folder:
        builder, remarks = prepare(folder, settings.dataset, settings.recipe)
        remarks += check_train(builder)
        reproducible.write_records_anew(pathlib.Path(builder.data_path))
        replace(pathlib.Path(builder.data_path), target)
    counts = ", ".join(f"{builder.info.splits[name].num_examples} {name}" for name in ("train", "test"))
    return "\n".join([f"download: wrote {target} ({counts} images)", *remarks])


def prepare(folder: pathlib.Path, name: str, recipe: recipes.Recipe) -> tuple[tfds.core.DatasetBuilder, list[str]]:
    """Prepare a dataset in the folder. Also returns sentences about what was left out."""
    from stages.support import converted, from_coco, from_tfds
    from wsol.data import prepared

    source = recipe.download
    shutil.rmtree(folder / name, ignore_errors=True)  # of a stopped run; the user's pictures may have changed since
    if isinstance(source, recipes.Coco):
        return from_coco.prepare(folder, name, source.coco, recipe.classes)
    if isinstance(source, recipes.Pictures):
        builder, source = toy_dogs(folder, source), recipes.Tfds(tfds=name, folder=str(folder))
    else:
        builder = from_tfds.fetch(folder / "fetched", source.tfds, source.folder)
    is_plain = source == recipes.Tfds(tfds=source.tfds, folder=source.folder)
    if recipe.classes == "all" and is_plain and prepared.is_uniform(builder):
        return inside(builder, folder), []
    return converted.convert(builder, folder, name, source, recipe.classes)


def check_train(builder: tfds.core.DatasetBuilder) -> list[str]:
    """Raise InputError if no picture of train can be held out. Also returns a sentence about classes without one."""
    from wsol.data import datasets

    names = builder.info.features["label"].names
    table = datasets.table(datasets.load(str(builder.data_path)), share=0.5, seed=0)
    if not (table["split"] == "holdout").any():
        raise InputError(
            "Expected a class with at least two pictures in train, one to train on and one to hold out; got "
            f"{(table['split'] == 'fit').sum()} pictures of as many classes: add pictures."
        )
    present = set(table.loc[table["split"] != "test", "label"])
    missing = [name for label, name in enumerate(names) if label not in present]
    return [f"{len(missing)} classes have no picture in train, such as {missing[0]}"] if missing else []


def inside(builder: tfds.core.DatasetBuilder, folder: pathlib.Path) -> tfds.core.DatasetBuilder:
    """The dataset in the folder: a copy of one that lies in the user's own."""
    if folder in builder.data_path.parents:
        return builder
    shutil.copytree(builder.data_path, folder / "copy", dirs_exist_ok=True)
    return tfds.builder_from_directory(folder / "copy")


def toy_dogs(folder: pathlib.Path, recipe: recipes.Pictures) -> tfds.core.DatasetBuilder:
    """Draw toy_dogs into the folder."""
    builder = Builder(config=Pictures(name="pictures", **recipe.model_dump()), data_dir=folder / "fetched")
    builder.download_and_prepare()
    return builder


if __name__ == "__main__":
    run(main)
