"""Run the frozen backbone over all images, where the head alone is trained.

    python -m stages.features

Reads   params (dataset, the dataset's image size, backbone and finetune.trainable), data/<dataset>/
Writes  data/features/: for `trainable: head`, {train,test}/features.npy, (images, k) float32, the pooled features in
        the dataset's order, and weights.txt, the digest of the weights or model file; otherwise a note
Takes   0.1 s an image of 224 x 224 on 2 cores

The features depend on neither the seed nor the learning rate, so a change of these does not compute them again. A
stopped run is resumed from data/features.partial/.
"""

import functools
from collections.abc import Callable, Iterator

import stages.support.quiet as quiet

import pandas as pd
import tensorflow as tf
import tensorflow_datasets as tfds

from stages.support import params, rows, sections
from stages.support.fingerprint import fingerprint
from stages.support.folders import fresh_folder, replace, workspace
from stages.support.pictures import named_pictures
from stages.support.run import run
from stages.support.shards import Batch, Worker, cluster, spread
from stages.support.untrained import FROZEN_SEED, WEIGHTS, untrained, weights_digest, weights_files
from wsol.data import datasets, images, slices
from wsol.networks import training

BATCH = 32  # images a pass
SPLITS = ("train", "test")
NOTE = "There are features only where finetune.trainable is head.\n"


def main() -> str:
    settings = params.read("features")
    if settings.recipe.finetune.trainable != "head":
        with fresh_folder("data/features") as folder:
            (folder / "README.txt").write_text(NOTE)
        return "features: wrote nothing but a note, since finetune.trainable is not head"
    print(f"features: on {cluster() or quiet.device()}", flush=True)
    opened.cache_clear()  # params.yaml may have changed since an earlier call
    _, builder, _ = opened()
    with workspace("data/features", fingerprint("features", *weights_files(settings.recipe))) as folder:
        for split in SPLITS:
            examples = datasets.all_encoded(builder, split)
            batches = spread(folder, make_worker, split, batch=BATCH)
            with named_pictures(examples):
                rows.fill(folder / "out" / split, folder / f"{split}.txt", len(examples), batches, split)
        (folder / "out" / WEIGHTS).write_text(weights_digest(settings.recipe) + "\n")
        replace(folder / "out", "data/features")
    return "features: wrote data/features"


@functools.cache  # main and the workers share them
def opened() -> tuple[sections.Params, tfds.core.DatasetBuilder, Callable[..., tf.Tensor]]:
    """The stage's params, the dataset and the compiled backbone."""
    settings = params.read("features")
    tf.config.experimental.enable_op_determinism()
    builder = datasets.load(f"data/{settings.dataset}")
    model = untrained(settings.recipe, builder.info.features["label"].num_classes, FROZEN_SEED)
    return settings, builder, tf.function(training.backbone(model))


def make_worker(_: int, split: str) -> Worker:
    """The worker that gives batches of a split's pooled features."""
    settings, builder, backbone = opened()
    examples = datasets.all_encoded(builder, split)
    everything = pd.DataFrame({"split": split, "position": range(len(examples))})
    between = slices.reader(builder, examples, everything)

    def worker(start: int, stop: int) -> Iterator[Batch]:
        pictures = images.labelled(between(start, stop), settings.recipe.image_size)
        for pixels, _ in pictures.batch(BATCH).prefetch(2):
            yield {"features": backbone(pixels, training=False).numpy()}

    return worker


if __name__ == "__main__":
    run(main)
