"""Pictures of every format, as TensorFlow decodes them after `wsol.data.pictures`."""

import io
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from wsol.data import pictures

HEIGHT, WIDTH = 16, 24
RED, BLUE, WHITE = [255, 0, 0], [0, 0, 255], [255, 255, 255]
RGB = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
RGB[:, : WIDTH // 2], RGB[:, WIDTH // 2 :] = RED, BLUE  # the left half is red
GREY = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
ORIENTATION = 0x0112


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def seen(content: bytes, **options: Any) -> np.ndarray:
    picture = pictures.picture(content, **options)
    pixels = tf.io.decode_image(picture.encoded, channels=3, expand_animations=False).numpy()
    assert pixels.shape == (picture.height, picture.width, 3)
    return pixels


def with_orientation(value: int, file_format: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    return encoded(Image.fromarray(RGB), file_format, exif=exif, quality=95)


@pytest.mark.parametrize(
    "content",
    [
        encoded(Image.fromarray(RGB), "JPEG"),
        encoded(Image.fromarray(RGB), "PNG"),
        encoded(Image.fromarray(GREY), "JPEG"),
        encoded(Image.fromarray(GREY), "PNG"),
        encoded(Image.fromarray(RGB), "JPEG", progressive=True),
        with_orientation(1),
    ],
)
def test_plain_jpeg_and_png_keep_their_bytes(content: bytes) -> None:
    assert pictures.picture(content) == pictures.Picture(content, HEIGHT, WIDTH)


@pytest.mark.parametrize(
    "content",
    [
        encoded(Image.fromarray(RGB), "WEBP", lossless=True),
        encoded(Image.fromarray(RGB), "BMP"),
        encoded(Image.fromarray(RGB), "TIFF"),
        encoded(Image.fromarray(RGB), "GIF"),
        encoded(Image.fromarray(RGB).quantize(8), "PNG"),
        encoded(Image.fromarray(RGB), "GIF", save_all=True, append_images=[Image.fromarray(255 - RGB)]),
    ],
    ids=["webp", "bmp", "tiff", "gif", "palette", "animated gif"],
)
def test_other_formats_become_png_with_the_same_pixels(content: bytes) -> None:
    assert pictures.picture(content).encoded.startswith(b"\x89PNG")
    np.testing.assert_array_equal(seen(content), RGB)


def test_cmyk() -> None:
    content = encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=95)
    pixels = seen(content).astype(int)
    assert np.abs(pixels[:, 2] - RED).max() < 20  # away from the edge of the colours, which JPEG blurs
    assert np.abs(pixels[:, -2] - BLUE).max() < 20


def test_sixteen_bits_keep_the_upper_eight() -> None:
    # 257 * v is v in the upper and in the lower byte
    content = encoded(Image.fromarray(GREY.astype(np.uint16) * 257), "PNG")
    np.testing.assert_array_equal(seen(content), np.repeat(GREY[..., None], 3, axis=2))


def test_transparent_pixels_are_white() -> None:
    alpha = np.zeros((HEIGHT, WIDTH, 1), np.uint8)
    alpha[: HEIGHT // 2] = 255
    pixels = seen(encoded(Image.fromarray(np.concatenate([RGB, alpha], axis=2)), "PNG"))
    np.testing.assert_array_equal(pixels[: HEIGHT // 2], RGB[: HEIGHT // 2])
    assert (pixels[HEIGHT // 2 :] == WHITE).all()


def test_a_transparent_colour_of_a_palette_is_white() -> None:
    palette = Image.fromarray(RGB).quantize(2)
    red = palette.getpixel((0, 0))
    pixels = seen(encoded(palette, "PNG", transparency=red))
    assert (pixels[:, 0] == WHITE).all()
    assert (pixels[:, -1] == BLUE).all()


# ---------------------------------------------------------------- EXIF


@pytest.mark.parametrize(
    ("orientation", "shape", "corner"),
    # where the red half of the stored picture is afterwards, by the corners (top left, bottom right)
    [
        (2, (HEIGHT, WIDTH), (BLUE, RED)),  # mirrored left to right
        (3, (HEIGHT, WIDTH), (BLUE, RED)),  # turned by 180 degrees
        (4, (HEIGHT, WIDTH), (RED, BLUE)),  # mirrored top to bottom
        (6, (WIDTH, HEIGHT), (RED, BLUE)),  # turned clockwise: left becomes top
        (8, (WIDTH, HEIGHT), (BLUE, RED)),  # turned anticlockwise: left becomes bottom
    ],
)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_orientation_is_applied(
    orientation: int, shape: tuple[int, int], corner: tuple[list[int], list[int]], file_format: str
) -> None:
    pixels = seen(with_orientation(orientation, file_format)).astype(int)
    assert pixels.shape[:2] == shape
    assert np.abs(pixels[1, 1] - corner[0]).max() < 20
    assert np.abs(pixels[-2, -2] - corner[1]).max() < 20


@pytest.mark.parametrize(
    ("annotated", "shape"),
    [
        ((WIDTH, HEIGHT), (WIDTH, HEIGHT)),  # the size of the turned picture
        ((HEIGHT, WIDTH), (HEIGHT, WIDTH)),  # the size of the stored pixels
        ((2 * WIDTH, 2 * HEIGHT), (WIDTH, HEIGHT)),  # their shapes, in resized copies
        ((2 * HEIGHT, 2 * WIDTH), (HEIGHT, WIDTH)),
        ((100, 100), (WIDTH, HEIGHT)),  # of neither
        (None, (WIDTH, HEIGHT)),
    ],
)
def test_the_annotations_size_says_whether_a_picture_is_turned(
    annotated: tuple[int, int] | None, shape: tuple[int, int]
) -> None:
    picture = pictures.picture(with_orientation(6), annotated)
    assert (picture.height, picture.width) == shape


def test_a_picture_that_is_not_turned_keeps_its_bytes() -> None:
    content = with_orientation(6)
    assert pictures.picture(content, (HEIGHT, WIDTH)).encoded == content
    assert pictures.picture(content, turn=False).encoded == content


# ---------------------------------------------------------------- damage


JPEG = encoded(Image.fromarray(RGB), "JPEG")


@pytest.mark.parametrize(
    "content",
    [b"", b"<html></html>", JPEG[: len(JPEG) // 2], JPEG[:20], encoded(Image.fromarray(RGB), "PNG")[:60]],
    ids=["empty", "no picture", "half a jpeg", "a header", "half a png"],
)
def test_a_damaged_picture_is_named(content: bytes) -> None:
    with pytest.raises(pictures.UnusableError, match=r"cannot be read as a picture \(\w+\)"):
        pictures.picture(content)


def test_floating_point_pixels_have_no_range() -> None:
    with pytest.raises(pictures.UnusableError):
        pictures.picture(encoded(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"))


def test_a_resized_copy_has_the_shape_of_its_annotation() -> None:
    # 99 / 200 is 1 % off 1 / 2, 97 / 200 is 3 % off
    assert pictures.fits((99, 200), (500, 1000))
    assert not pictures.fits((97, 200), (500, 1000))
