"""Small files whose headers say that the picture is huge, written by hand."""

import io
import struct
import zlib

from PIL import Image

SIDE = 60_000  # 3.6 thousand million pixels, 10.8 GB as RGB
WEBP_SIDE = 16_383  # the most that the format allows: 268 million pixels


def png() -> bytes:
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)  # 8 bits, RGB
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def jpeg() -> bytes:
    content = bytearray(_saved("JPEG"))
    # after the marker of the frame header: 2 bytes of length, 1 of precision, then height and width
    start = content.index(b"\xff\xc0") + 5
    content[start : start + 4] = struct.pack(">HH", SIDE, SIDE)
    return bytes(content)


def bmp() -> bytes:
    content = bytearray(_saved("BMP"))
    content[18:26] = struct.pack("<ii", SIDE, SIDE)
    return bytes(content)


def gif() -> bytes:
    palette = bytes([0, 0, 0, 255, 255, 255])
    screen = b"GIF89a" + struct.pack("<HHBBB", SIDE, SIDE, 0x80, 0, 0) + palette
    return screen + b"," + struct.pack("<HHHHB", 0, 0, SIDE, SIDE, 0) + b"\x02\x02\x4c\x01\x00;"


def webp() -> bytes:
    canvas = bytes(4) + 2 * (WEBP_SIDE - 1).to_bytes(3, "little")
    frame = b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", WEBP_SIDE, WEBP_SIDE) + bytes(4)
    chunks = b"".join(
        name + struct.pack("<I", len(part)) + part for name, part in ((b"VP8X", canvas), (b"VP8 ", frame))
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def _saved(file_format: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, file_format)
    return buffer.getvalue()


ALL = {"png": png, "jpeg": jpeg, "bmp": bmp, "gif": gif, "webp": webp}
