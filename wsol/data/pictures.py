"""Encoded pictures of any format to bytes that TensorFlow decodes as they should be seen, and to pixels."""

import io
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

ORIENTATION = 0x0112  # EXIF's tag
SHAPE_TOLERANCE = 0.02  # of height / width, between a resized copy and its annotation
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")  # not EPS, for which Pillow starts Ghostscript
MAX_PIXELS = 2**29 // 3  # of Pillow, which reads the header alone; 2^29 bytes as RGB, which cameras stay below
ERRORS = (OSError, SyntaxError, ValueError, EOFError)  # of Pillow, at damaged pictures


class UnusableError(Exception):
    """A picture cannot be used; the message is the reason."""


class Picture(NamedTuple):
    """An encoded picture and its size."""

    encoded: bytes  # JPEG or PNG
    height: int  # pixels
    width: int


def picture(encoded: bytes, annotated: tuple[float, float] | None = None, turn: bool = True) -> Picture:
    """An encoded picture as TensorFlow decodes it right.

    JPEG and PNG with 8-bit grey or RGB pixels keep their bytes. All else becomes a PNG of 8-bit RGB: palettes, CMYK,
    16 bits (the upper eight are kept), WebP, BMP, TIFF, GIF (its first frame), transparency (on white), and pictures
    that EXIF's orientation turns.

    Args:
        encoded: the bytes of a file.
        annotated: height and width in the annotation, pixels. A picture with EXIF orientation is not turned if its
            annotation has the size of the stored pixels and not of the turned ones.
        turn: whether EXIF orientation is applied.

    Raises:
        UnusableError: the picture cannot be read, or its header says that it has more than MAX_PIXELS.
    """
    try:
        with Image.open(io.BytesIO(encoded), formats=FORMATS) as image:
            turned = turn and _is_turned(image, annotated)
            if not turned and _is_plain(image) and _decodes(encoded, image.size[::-1]):
                return Picture(encoded, image.height, image.width)
            rgb = _rgb(ImageOps.exif_transpose(image) if turned else image)
    except Image.DecompressionBombError as error:
        raise UnusableError(f"cannot be read as a picture: its header says more than {MAX_PIXELS} pixels") from error
    except ERRORS as error:
        raise UnusableError(f"cannot be read as a picture ({type(error).__name__})") from error
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG", compress_level=1)  # level 6 takes ten times as long
    return Picture(buffer.getvalue(), *rgb.shape[:2])


def pixels(encoded: bytes) -> np.ndarray:
    """Decode a picture of any format of `picture`. These are the pixels that the pipeline sees.

    Args:
        encoded: the bytes of a file.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        UnusableError: the picture cannot be read.

    >>> transparent = io.BytesIO()
    >>> Image.new("RGBA", (3, 2)).save(transparent, "PNG")
    >>> print(pixels(transparent.getvalue())[0, 0])
    [255 255 255]
    """
    decoded: np.ndarray = tf.io.decode_image(picture(encoded).encoded, channels=3, expand_animations=False).numpy()
    return decoded


def fits(size: tuple[int, int], annotated: tuple[float, float]) -> bool:
    """Whether a picture has the shape of its annotation, within 2 %.

    Args:
        size: height and width, pixels.
        annotated: height and width in the annotation, pixels.

    >>> fits((300, 400), (600, 800)), fits((300, 400), (400, 300))
    (True, False)
    """
    return abs(size[0] * annotated[1] / (size[1] * annotated[0]) - 1) <= SHAPE_TOLERANCE


def _is_turned(image: Image.Image, annotated: tuple[float, float] | None) -> bool:
    """Whether the pixels have to be turned by EXIF's orientation."""
    orientation = image.getexif().get(ORIENTATION, 1)
    if orientation not in range(2, 9):
        return False
    stored = (image.height, image.width)
    turned = stored[::-1] if orientation >= 5 else stored
    if annotated is None or turned in (annotated, stored):
        return True
    if stored == annotated:
        return False
    return fits(turned, annotated) or not fits(stored, annotated)


def _is_plain(image: Image.Image) -> bool:
    """Whether TensorFlow decodes the picture to the same pixels as Pillow. MPO is a JPEG with further pictures."""
    return image.format in ("JPEG", "MPO", "PNG") and image.mode in ("L", "RGB") and not image.has_transparency_data


def _decodes(encoded: bytes, size: tuple[int, int]) -> bool:
    try:
        pixels = tf.io.decode_image(encoded, channels=3, expand_animations=False)
    except tf.errors.OpError:
        return False
    return tuple(pixels.shape[:2]) == size


def _rgb(image: Image.Image) -> np.ndarray:
    """Pixels (height, width, 3) uint8 RGB."""
    if image.mode.startswith("I"):  # I;16 and I hold 16 bits in Pillow
        grey = np.asarray(image).astype(np.int64).clip(0, 65535) >> 8
        return np.repeat(grey[..., None].astype(np.uint8), 3, axis=2)
    if image.mode == "F":
        raise ValueError("floating-point pixels have no known range")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))
