"""Whether a classifier looks at whole pictures where they are: a crop or a shift would move every box."""

import keras
import numpy as np

from wsol.errors import InputError
from wsol.networks.layers import CONVOLUTIONS, Node, nodes

RESIZINGS = ("Resizing", "Resize")  # the layer, and keras.ops.image.resize
CENTRES_YX = ((0.3, 0.4), (0.75, 0.65))  # of the squares in the probes, fractions of the picture
SQUARE = 0.125  # their side, fraction of the picture
TOLERANCE = 0.05  # of the centres, fraction of the picture
TOLERANCE_PIXELS = 3  # of the centres, for small pictures: a convolution's kernel moves them by a pixel or two


def check_whole_pictures(model: keras.Model, path: str) -> None:
    """Raise InputError if pictures are cropped, padded, mirrored or shifted before the first convolution.

    Squares in a picture must lie at the same place in the first convolution's output. Of several convolutions that see
    the picture, one has to see it whole.

    Args:
        model: flat classifier.
        path: what messages call the model.
    """
    if not any(_is_in_place(model, convolution) for convolution in _first_convolutions(model)):
        raise InputError(
            f"Expected the model in {path} to look at whole pictures, but before its first convolution it crops, pads, "
            "mirrors or shifts them, which would move every box: remove that layer, and change the pictures instead."
        )


def resizes_pictures(model: keras.Model) -> bool:
    """Whether an operation before the first convolution brings pictures to a size of its own."""
    ordered = nodes(model)
    first = next(place for place, node in enumerate(ordered) if isinstance(node.operation, CONVOLUTIONS))
    return any(type(node.operation).__name__ in RESIZINGS for node in ordered[:first])


def _first_convolutions(model: keras.Model) -> list[Node]:
    """The convolutions whose input has passed no other convolution."""
    first, later = [], set()
    for node in nodes(model):
        is_convolution = isinstance(node.operation, CONVOLUTIONS)
        if any(id(tensor) in later for tensor in node.input_tensors):
            later |= {id(tensor) for tensor in node.outputs}
        elif is_convolution:
            first.append(node)
            later |= {id(tensor) for tensor in node.outputs}
    return first


def _is_in_place(model: keras.Model, convolution: Node) -> bool:
    side = model.input_shape[1]
    features = keras.Model(model.input, convolution.outputs[0])
    squares = np.stack([_square(side, centre_yx) for centre_yx in CENTRES_YX])
    seen = (features(pictures, training=False) for pictures in (squares, np.zeros_like(squares)))
    outputs = np.abs(np.subtract(*seen)).sum(axis=-1)  # (probes, h, w)
    if outputs.shape[1:] != tuple(convolution.outputs[0].shape[1:3]):
        return False  # of RandomCrop, which crops in training alone
    if not outputs.any(axis=(1, 2)).all():
        return not outputs.any()  # weights of 0 tell nothing; a square that is cut off does
    distances = np.abs([_centre_yx(output) for output in outputs] - np.array(CENTRES_YX))
    return bool(distances.max() <= max(TOLERANCE, TOLERANCE_PIXELS / side))


def _square(side: int, centre_yx: tuple[float, float]) -> np.ndarray:
    """A black picture (side, side, 3) float32 with a white square."""
    picture = np.zeros((side, side, 3), np.float32)
    top, left = (round((centre - SQUARE / 2) * side) for centre in centre_yx)
    length = max(round(SQUARE * side), 1)
    picture[top : top + length, left : left + length] = 255
    return picture


def _centre_yx(output: np.ndarray) -> tuple[float, float]:
    """The centre of mass of an output (h, w), in fractions of its sides."""
    rows, columns = output.sum(axis=1), output.sum(axis=0)
    means = (np.average(np.arange(len(sums)) + 0.5, weights=sums) / len(sums) for sums in (rows, columns))
    return tuple(means)
