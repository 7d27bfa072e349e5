"""TFDS builder of toy_dogs. Its features are those of `stanford_dogs`."""

import dataclasses
import io
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import ClassVar

import cv2
import numpy as np
import tensorflow_datasets as tfds

from wsol.data.toy_dogs.breeds import BREEDS
from wsol.data.toy_dogs.picture import picture

SPLITS = ("train", "test")


@dataclasses.dataclass
class Pictures(tfds.core.BuilderConfig):
    """Size and seed of the dataset."""

    seed: int = 0
    train: int = 0  # pictures of each breed in the train split
    test: int = 0  # pictures of each breed in the test split


class Builder(tfds.core.GeneratorBasedBuilder):
    """Draws the pictures: `Builder(config=Pictures(name="few", seed=0, train=3, test=1), data_dir="data")`."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS: ClassVar[list[Pictures]] = [Pictures(name="default", seed=0, train=150, test=40)]

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            description="Drawn pictures of dogs of ten breeds.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(encoding_format="png"),
                    "image/filename": tfds.features.Text(),
                    "label": tfds.features.ClassLabel(names=[breed.name for breed in BREEDS]),
                    "objects": tfds.features.Sequence({"bbox": tfds.features.BBoxFeature()}),
                }
            ),
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator]:
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split: str) -> Iterator[tuple[str, dict]]:
        count = getattr(self.builder_config, split)
        labels, numbers = np.tile(range(len(BREEDS)), count).tolist(), np.repeat(range(count), len(BREEDS)).tolist()
        seeds = [[self.builder_config.seed, SPLITS.index(split), number] for number in numbers]
        # spawn: TensorFlow's threads do not survive a fork
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            pictures = pool.map(picture, labels, seeds, chunksize=20)
            for label, number, (image, boxes_yxyx) in zip(labels, numbers, pictures, strict=True):
                file_name = f"{split}/{BREEDS[label].name}/{number:04d}.png"
                yield file_name, _example(file_name, label, image, boxes_yxyx)


def _example(file_name: str, label: int, image: np.ndarray, boxes_yxyx: np.ndarray) -> dict:
    png = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
    objects = [{"bbox": tfds.features.BBox(*map(float, box))} for box in boxes_yxyx]
    return {"image": io.BytesIO(png), "image/filename": file_name, "label": label, "objects": objects}
