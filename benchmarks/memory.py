"""Memory of the heatmaps stage at two numbers of images.

    python -m benchmarks.memory

The stage draws all methods and their fusion on 200 and on 2,000 images of toy_dogs, resized to 224 x 224,
with a ResNet50 of full width, random weights and the default batch size.
"""

import pathlib
import sys
import tempfile

from benchmarks import clones, timing
from benchmarks.maps import METHODS

MODEL = """
import stages
from wsol.networks import classifier
classifier.build("ResNet50", 1, 224, 10).save("models/classifier.keras")
"""


def main() -> None:
    runs = {f"heatmaps, six methods, {images} images": heatmaps(images) for images in (200, 2000)}
    clones.report("Memory of the heatmaps stage", runs)
    timing.write("memory", {"runs": runs})


def heatmaps(images: int) -> dict[str, float]:
    """Time and memory of the stage on this many images.

    Train has 2 pictures of each of the 10 breeds: 1 for fit, 1 for holdout. The others are in test.
    """
    pictures = {"toy_dogs.download.train": 2, "toy_dogs.download.test": images // 10 - 1}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "clone"
        network = {"toy_dogs.image_size": 224, "toy_dogs.backbone.width": 1.0}
        clones.clone(folder, pictures | network | {"heatmaps.methods": list(METHODS)})
        (folder / "models").mkdir()
        clones.measured(folder, sys.executable, "-m", "stages.download")
        clones.measured(folder, sys.executable, "-c", MODEL)
        return clones.measured(folder, sys.executable, "-m", "stages.heatmaps")


if __name__ == "__main__":
    main()
