"""Is a picture file all there, and cheap to decode? What Pillow's decoders do not ask, or make up for in silence."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

MAX_SCANS = 100  # of a JPEG; progressive films have about ten, and each costs a pass over the whole picture
MAX_MARKERS = 10_000  # of a JPEG; films have some twenty
MAX_TILE = 2**20  # pixels of a TIFF tile that is larger than its picture, and is decoded in one piece
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # no stuffed byte, no fill byte, no restart
_END_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xDA
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_TILE_WIDTH, _TILE_LENGTH, _BITS_PER_SAMPLE, _COMPRESSION = 322, 323, 258, 259  # TIFF tags
_FAX = (2, 3, 4)  # CCITT compressions


def jpeg_flaw(data: bytes, image: Image.Image | None = None) -> str | None:
    """A missing end, which libjpeg would make up, or scans or markers without end; `image` is not looked at."""
    position, scans = 2, 0
    for _ in range(MAX_MARKERS):
        marker = _JPEG_MARKER.search(data, position)
        if marker is None:
            return "a truncated JPEG (no end marker)"
        kind = data[marker.end() - 1]
        if kind == _END_OF_IMAGE:
            return None
        scans += kind == _START_OF_SCAN
        if scans > MAX_SCANS:
            return f"a JPEG of more than {MAX_SCANS} scans"
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return f"a JPEG of more than {MAX_MARKERS:,} markers"


def _png_flaw(data: bytes, image: Image.Image) -> str | None:
    """Colour of 16 bits, of which Pillow keeps 8, or fewer pixels than the header promises."""
    width, height = image.size
    bits, colour, interlaced = data[24], data[25], data[28]
    if bits == 16 and colour != 0:
        return "a PNG of 16 bits a channel with colour or transparency"
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    needed = 0
    for x, y, step_x, step_y in passes:
        columns, rows = -(-(width - x) // step_x), -(-(height - y) // step_y)
        if columns > 0 and rows > 0:
            needed += rows * (1 + (columns * bits * _PNG_CHANNELS[colour] + 7) // 8)
    inflate, found = zlib.decompressobj(), 0
    for body in _png_pixels(data):
        if inflate.eof:  # zlib would collect whatever follows, at quadratic cost
            break
        while body and found < needed:
            found += len(inflate.decompress(body, 1 << 20))
            body = inflate.unconsumed_tail
    if found < needed:
        return "a truncated PNG (too few pixels)"
    Image.open(io.BytesIO(data), formats=["PNG"]).verify()  # the checksums, which Pillow's decoder does not look at
    return None


def _png_pixels(data: bytes) -> Iterator[bytes]:
    position = 8
    while position + 8 <= len(data):
        length, kind = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        if kind == b"IDAT":
            yield data[position + 8 : position + 8 + length]
        position += 12 + length


def _tiff_flaw(data: bytes, image: Image.Image) -> str | None:
    """Colour of 16 bits, of which Pillow keeps 8; a fax; strips that are missing; tiles far larger than the picture."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (1,))
    if len(bits) > 1 and max(bits) > 8:
        return f"a TIFF of {max(bits)} bits a channel with colour or transparency"
    if tags.get(_COMPRESSION) in _FAX:  # its decoder goes on after bad codes
        return "a fax (TIFF of CCITT compression)"
    if int(tags.get(_TILE_WIDTH, 0)) * int(tags.get(_TILE_LENGTH, 0)) > max(MAX_TILE, image.width * image.height):
        return "a TIFF of tiles that are far too large"
    there = sum((right - left) * (bottom - top) for _, (left, top, right, bottom), *_ in image.tile)  # type: ignore[attr-defined]
    return None if there >= image.width * image.height else "a truncated TIFF (strips or tiles are missing)"


FLAWS: dict[str, Callable[[bytes, Image.Image], str | None]] = {
    "JPEG": jpeg_flaw,
    "PNG": _png_flaw,
    "TIFF": _tiff_flaw,
    "BMP": lambda data, image: None,
    "WEBP": lambda data, image: None,
}
"""By format: what is wrong with a whole file whose header Pillow has read, in words; None if nothing is seen.

Damage in the middle of a JPEG or WebP that leaves its end in place cannot be seen.
"""
