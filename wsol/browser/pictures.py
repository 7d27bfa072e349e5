"""Small pictures and heatmaps of the browser of images, as files in memory."""

import base64
from typing import NamedTuple

import cv2
import numpy as np

from wsol.pictures.sheet import fitted_size

SIDE = 160  # longest side of a thumbnail, pixels
HEATMAP_SIDE = 28  # longest side of a heatmap, values: finer ones are not told apart on a thumbnail
QUALITY = 80  # of JPEG, of 100


class Place(NamedTuple):
    """Where a heatmap lies in the picture of all heatmaps, pixels."""

    top: int
    height: int
    width: int


def thumbnail(picture: np.ndarray) -> bytes:
    """A picture as JPEG, at most SIDE pixels high and wide.

    Args:
        picture: (height, width, 3) uint8 RGB.

    >>> thumbnail(np.zeros((300, 400, 3), np.uint8))[:2] == b"\\xff\\xd8"
    True
    """
    small = cv2.resize(picture, fitted(picture.shape, SIDE)[::-1], interpolation=cv2.INTER_AREA)
    return _encoded(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def fitted(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Height and width scaled so that the longer is at most `side`, proportions kept. They are never enlarged.

    >>> fitted((300, 400, 3), 160)
    (120, 160)
    >>> fitted((7, 7), 28)
    (7, 7)
    """
    most = min(side, max(shape[:2]))
    width, height = fitted_size(shape, (most, most))
    return max(round(height), 1), max(round(width), 1)


def places(shapes: list[tuple[int, int]]) -> list[Place]:
    """Where heatmaps of these shapes (h, w) lie in the picture of `stacked`: one below the other.

    >>> places([(4, 4), (56, 56)])
    [Place(top=0, height=4, width=4), Place(top=4, height=28, width=28)]
    """
    sizes = [fitted(shape, HEATMAP_SIDE) for shape in shapes]
    tops = np.cumsum([0, *(height for height, _ in sizes)]).tolist()
    return [Place(top, *size) for top, size in zip(tops, sizes, strict=False)]


def stacked(heatmaps: list[np.ndarray]) -> bytes:
    """The heatmaps of an image as one grey PNG, one below the other.

    Args:
        heatmaps: each (h, w) float; values are clipped to 0..1.

    >>> stacked([np.eye(4), np.ones((56, 56))])[1:4]
    b'PNG'
    """
    corners = places([heatmap.shape for heatmap in heatmaps])
    sheet = np.zeros((sum(place.height for place in corners), max(place.width for place in corners)), np.uint8)
    for heatmap, (top, height, width) in zip(heatmaps, corners, strict=True):
        small = cv2.resize(heatmap.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
        sheet[top : top + height, :width] = np.round(255 * small.clip(0, 1))
    return _encoded(".png", sheet, [])


def data_url(content: bytes) -> str:
    """A JPEG or PNG file as the address of an <img>, so that the page needs no other file.

    >>> data_url(b"\\xff\\xd8")
    'data:image/jpeg;base64,/9g='
    """
    file_format = "png" if content[1:4] == b"PNG" else "jpeg"
    return f"data:image/{file_format};base64,{base64.b64encode(content).decode()}"


def _encoded(suffix: str, pixels: np.ndarray, options: list[int]) -> bytes:
    return cv2.imencode(suffix, np.ascontiguousarray(pixels), options)[1].tobytes()
