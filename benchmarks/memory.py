"""Does the memory of `heatmaps` grow with the number of images?

    python -m benchmarks.memory

The stage on 200 and on 2,000 pictures of toy_dogs, enlarged to 224 x 224, with a ResNet50 of full
width and random weights, at the default batch.
"""

import pathlib
import sys
import tempfile

from benchmarks import clones, timing

MODEL = """
import stages
from wsol.networks import classifier
classifier.build("ResNet50", 1, 224, 10).save("models/classifier.keras")
"""


def main() -> None:
    found = {f"heatmaps, {images} images": heatmaps(images) for images in (200, 2000)}
    clones.report("Memory of the heatmaps stage", found)
    timing.write("memory", {"runs": found})


def heatmaps(images: int) -> dict[str, float]:
    """Of each of the 10 breeds one picture is held out, and the others are of test."""
    pictures = {"toy_dogs.download.train": 2, "toy_dogs.download.test": images // 10 - 1}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "clone"
        clones.clone(folder, pictures | {"toy_dogs.image_size": 224, "toy_dogs.backbone.width": 1.0})
        (folder / "models").mkdir()
        clones.measured(folder, sys.executable, "-m", "stages.download")
        clones.measured(folder, sys.executable, "-c", MODEL)
        return clones.measured(folder, sys.executable, "-m", "stages.heatmaps")


if __name__ == "__main__":
    main()
