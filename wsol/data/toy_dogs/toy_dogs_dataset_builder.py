"""TFDS builder of toy_dogs, the embedded dataset: the features of `stanford_dogs`, drawn from a seed."""

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
    """How many pictures of each breed are drawn for each split, and from which seed."""

    seed: int = 0
    train: int = 0
    test: int = 0


class Builder(tfds.core.GeneratorBasedBuilder):
    """`Builder(config=Pictures(name="…", seed=0, train=150, test=50), data_dir=…)`."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS: ClassVar[list[Pictures]] = [Pictures(name="default", seed=0, train=150, test=40)]

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            description="Dogs of ten breeds, drawn.",
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
        order = [
            (label, number) for number in range(getattr(self.builder_config, split)) for label in range(len(BREEDS))
        ]
        labels = [label for label, _ in order]
        seeds = [[self.builder_config.seed, SPLITS.index(split), number] for _, number in order]
        # spawned, not forked: TensorFlow's threads do not survive a fork
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            drawn = pool.map(picture, labels, seeds, chunksize=20)
            for (label, number), (image, boxes_yxyx) in zip(order, drawn, strict=True):
                name = f"{split}/{BREEDS[label].name}/{number:04d}.png"
                yield name, _example(name, label, image, boxes_yxyx)


def _example(name: str, label: int, image: np.ndarray, boxes_yxyx: np.ndarray) -> dict:
    png = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()
    objects = [{"bbox": tfds.features.BBox(*map(float, box))} for box in boxes_yxyx]
    return {"image": io.BytesIO(png), "image/filename": name, "label": label, "objects": objects}
