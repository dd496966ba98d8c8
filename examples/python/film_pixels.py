"""From the bytes of a film to the grey pixels that the network looks at, or a refusal. Needs Pillow and numpy.

The same steps as `cxr_edge.film`, which has their reasons, for JPEG and PNG; they give the same pixels, bit for bit.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageOps, UnidentifiedImageError

MAX_BYTES = 64 * 2**20  # of the file; the largest radiographs are 14-bit, 18 megapixels, uncompressed: 36 MB
MAX_PIXELS = 36_000_000  # twice the largest detector in use, about 4,300 × 4,300
MIN_SIDE = 32  # pixels; below it there is no chest left to look at
MAX_SCANS, MAX_MARKERS = 100, 10_000  # of a JPEG; films have some ten scans and twenty markers
MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # no stuffed byte, no fill byte, no restart
END_OF_IMAGE, START_OF_SCAN = 0xD9, 0xDA
OTHERS = {b"GIF8": "a GIF picture", b"%PDF": "a PDF document", b"RIFF": "a WebP picture",
          b"II*\0": "a TIFF picture", b"MM\0*": "a TIFF picture"}  # fmt: skip
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a PNG, by colour type
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
WHOLE = "a complete film, grey or with 8 bits a channel"


class RefusedFilm(Exception):
    """A film that is not scored; the message is ``found …; expected …``."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found}; expected {expected}")


def decode(data: bytes, width: int, height: int) -> Image.Image:
    """The upright film of a JPEG or PNG file, mode L (0…255) or, with 16 bits, F.

    Args:
        data: the whole file.
        width, height: of the network, pixels. A JPEG is decoded at the least scale that leaves twice as many.

    Raises:
        RefusedFilm: another format, beyond the limits, truncated or damaged.
    """
    is_jpeg = data.startswith(b"\xff\xd8\xff")
    if not is_jpeg and not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise RefusedFilm(_sniff(data), "JPEG or PNG")
    try:
        image = Image.open(io.BytesIO(data), formats=["JPEG" if is_jpeg else "PNG"])
        _check_size(*image.size)
        if is_jpeg:
            _check_markers(data)
            # No decoder turns RGB planes into YCbCr.
            rgb = image.info.get("adobe_transform") == 0 or bytes(part[0] for part in image.layer) == b"RGB"  # type: ignore[attr-defined]
            image.draft("L" if rgb else "YCbCr", (2 * width, 2 * height))
        else:
            _check_png(data, image)
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return _to_grey(image)
    except RefusedFilm:
        raise
    except Image.DecompressionBombError:
        raise RefusedFilm("a picture of far too many pixels", f"at most {MAX_PIXELS:,} pixels in all") from None
    except UnidentifiedImageError:
        raise RefusedFilm("a picture with a broken header", "a complete file") from None
    except Exception:  # Pillow raises nearly anything on damaged bytes
        raise RefusedFilm("a truncated or damaged picture", "a complete file") from None


def _sniff(data: bytes) -> str:
    if data[128:132] == b"DICM":
        return "DICOM"
    if data[:4] in OTHERS:
        return OTHERS[data[:4]]
    if all(32 <= c < 128 or c in b"\t\r\n\f" for c in data[:512]):
        return "text"
    return f"unknown content (first bytes {data[:4].hex(' ')})"


def _check_size(width: int, height: int) -> None:
    """Of the header, before any pixel is decoded."""
    if min(width, height) < MIN_SIDE:
        raise RefusedFilm(f"{width} × {height} pixels", f"at least {MIN_SIDE} on each side")
    if width * height > MAX_PIXELS:
        raise RefusedFilm(f"{width} × {height} pixels", f"at most {MAX_PIXELS:,} pixels in all")


def _check_markers(data: bytes) -> None:
    """Refuses a JPEG without an end, which libjpeg would make up, and one that would take for ever."""
    position, scans = 2, 0
    for _ in range(MAX_MARKERS):
        marker = MARKER.search(data, position)
        if marker is None:
            raise RefusedFilm("a truncated JPEG (no end marker)", WHOLE)
        position, kind = marker.end(), data[marker.end() - 1]
        if kind == END_OF_IMAGE:
            return
        scans += kind == START_OF_SCAN
        if scans > MAX_SCANS:
            raise RefusedFilm(f"a JPEG of more than {MAX_SCANS} scans", WHOLE)
        position += int.from_bytes(data[position : position + 2], "big")
    raise RefusedFilm(f"a JPEG of more than {MAX_MARKERS:,} markers", WHOLE)


def _check_png(data: bytes, image: Image.Image) -> None:
    """Refuses what Pillow's decoder does not mind: too few pixels, wrong checksums, 16 bits of colour, an animation."""
    bits, colour, interlaced = data[24], data[25], data[28]
    if bits == 16 and colour:
        raise RefusedFilm("a PNG of 16 bits a channel with colour or transparency", WHOLE)
    if getattr(image, "is_animated", False):
        raise RefusedFilm("several frames", "a single picture")
    needed = 0
    for x, y, across, down in ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(image.width - x) // across), -(-(image.height - y) // down)
        if columns > 0 and rows > 0:
            needed += rows * (1 + (columns * bits * CHANNELS[colour] + 7) // 8)
    if len(zlib.decompressobj().decompress(b"".join(_png_pixels(data)), needed)) < needed:
        raise RefusedFilm("a truncated PNG (too few pixels)", WHOLE)
    Image.open(io.BytesIO(data), formats=["PNG"]).verify()


def _png_pixels(data: bytes) -> Iterator[bytes]:
    position = 8
    while position + 8 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        if data[position + 4 : position + 8] == b"IDAT":
            yield data[position + 8 : position + 8 + length]
        position += 12 + length


def _to_grey(image: Image.Image) -> Image.Image:
    """ITU-R 601 luma; transparency over black, which in a radiograph is air; 16 bits as float."""
    if image.mode.startswith("I"):
        return Image.fromarray(np.asarray(image).astype(np.float32))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return ImageChops.multiply(image.convert("L"), image.getchannel("A"))
    return (image.convert("RGB") if image.mode == "CMYK" else image).convert("L")


def squash(grey: Image.Image, width: int, height: int) -> npt.NDArray[np.float32]:
    """The whole film on [height, width]: means of whole blocks, then a triangle filter; the aspect is not kept."""
    across, down = max(1, grey.width // (2 * width)), max(1, grey.height // (2 * height))
    box = (0, 0, grey.width / across, grey.height / down)  # the last block may be narrower
    blocks = grey.convert("F").reduce((across, down))
    return np.asarray(blocks.resize((width, height), Image.Resampling.BILINEAR, box=box))


def window(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Percentile 0.5 becomes 0 and 99.5 becomes 255; a film of one grey level becomes black."""
    black, white = percentiles(levels, 0.5, 99.5)
    if white <= black:
        return np.zeros(levels.shape, np.uint8)
    stretched = (levels - np.float32(black)) * np.float32(255 / (white - black))
    pixels: npt.NDArray[np.uint8] = np.rint(np.clip(stretched, 0, 255)).astype(np.uint8)
    return pixels


def percentiles(values: npt.NDArray[Any], *wanted: float) -> list[float]:
    """Interpolated linearly between the two values next to each, in order."""
    ordered = np.sort(values, axis=None).astype(np.float64)
    found = []
    for share in wanted:
        place = share / 100 * (values.size - 1)
        low, high = ordered[int(place)], ordered[min(int(place) + 1, values.size - 1)]
        found.append(float(low + (place - int(place)) * (high - low)))
    return found
