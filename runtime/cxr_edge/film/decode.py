"""From the bytes of a picture file to a decoded, upright Pillow image, or a refusal."""

from __future__ import annotations

import io
import re
from typing import NamedTuple

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from cxr_edge.errors import CxrEdgeError, UnreadableFilm
from cxr_edge.film.completeness import FLAWS
from cxr_edge.film.source import Limits

FORMATS = "JPEG, PNG, TIFF, BMP, WebP or DICOM"
_MAGIC = re.compile(
    rb"(?P<JPEG>\xff\xd8\xff)|(?P<PNG>\x89PNG\r\n\x1a\n)|(?P<TIFF>II[*+]\0|MM\0[*+])|(?P<BMP>BM)|(?P<WEBP>RIFF.{4}WEBP)",
    re.DOTALL,
)
"""First bytes of picture files; the groups have Pillow's names of the formats."""
DICOM_MAGIC = b"DICM"
"""What follows the 128-byte preamble of a DICOM object."""
_OTHERS = {b"GIF8": "a GIF picture", b"%PDF": "a PDF document"}
_ORIENTATION = 0x0112  # EXIF and TIFF tag


def sniff(data: bytes) -> str:
    """The format of `data` by its first bytes: Pillow's name for it, ``DICOM``, or in words."""
    if match := _MAGIC.match(data):
        return str(match.lastgroup)
    if data[128:132] == DICOM_MAGIC:
        return "DICOM"
    head = data[:512]
    if data[:4] in _OTHERS:
        return _OTHERS[data[:4]]
    if head.isascii() and all(c >= 32 or c in b"\t\r\n\f" for c in head):
        return "text"
    return f"unknown content (first bytes {data[:4].hex(' ')})"


class Decoded(NamedTuple):
    """A film's picture.

    Attributes:
        image: loaded, of any mode, upright.
        full_size: (width, height) in pixels, as the file holds it.
        doubts: reason codes that a DICOM header gives.
        age_known: whether a DICOM header states the patient's age.
    """

    image: Image.Image
    full_size: tuple[int, int]
    doubts: tuple[str, ...] = ()
    age_known: bool = False


def decode_picture(data: bytes, at_least: tuple[int, int], limits: Limits) -> Decoded:
    """Decode a picture file completely.

    Args:
        data: the whole file.
        at_least: (width, height) below which a JPEG is not reduced while it is decoded. libjpeg then
            computes smaller inverse transforms (1/2, 1/4, 1/8), and colour is never reconstructed.
        limits: checked before any pixel is decoded.

    Raises:
        UnreadableFilm: another format, several frames, beyond the limits, truncated, or damaged so that it shows.
            What Pillow itself raises goes through `in_our_words`.
    """
    match = _MAGIC.match(data)
    if match is None:
        raise UnreadableFilm(sniff(data), FORMATS)
    format = str(match.lastgroup)
    image = Image.open(io.BytesIO(data), formats=[format])
    full_size = image.size
    limits.check(*full_size)
    found = FLAWS[format](data, image)
    if found:
        raise UnreadableFilm(found, "a complete film, grey or with 8 bits a channel")
    if format == "JPEG":
        components = bytes(layer[0] for layer in getattr(image, "layer", ()))
        # RGB planes no decoder turns into YCbCr; colour is then not looked at.
        rgb_coded = image.info.get("adobe_transform") == 0 or components == b"RGB"
        image.draft("L" if rgb_coded else "YCbCr", at_least)
    return Decoded(upright(image), full_size)


def decode_in_memory(image: Image.Image, limits: Limits) -> Decoded:
    """An image that the caller holds; raises as `decode_picture` does."""
    limits.check(*image.size)
    return Decoded(upright(image), image.size)


def in_our_words(error: Exception, max_pixels: int) -> UnreadableFilm:
    """What is said instead of an exception that Pillow raised on damaged or hostile bytes."""
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return UnreadableFilm("a picture of far too many pixels", f"at most {max_pixels:,} pixels in all")
    if isinstance(error, UnidentifiedImageError):  # its message names a Python object
        return UnreadableFilm("a picture with a broken header", "a complete file")
    return UnreadableFilm("a truncated or damaged picture", "a complete file")


def upright(image: Image.Image) -> Image.Image:
    """`image` loaded and turned as its EXIF orientation says; the argument itself is not changed.

    Raises:
        UnreadableFilm: an animation or a multi-page file: nobody could say which frame is the film.
    """
    if ImageFile.LOAD_TRUNCATED_IMAGES:  # a process-wide switch that would let half a film through
        raise CxrEdgeError("PIL.ImageFile.LOAD_TRUNCATED_IMAGES is set; unset it: cxr-edge scores whole films only")
    # Not n_frames, which walks a chain of any length. MPO: a camera's JPEG with previews behind the picture.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise UnreadableFilm("several frames", "a single picture")
    image.load()
    if image.getexif().get(_ORIENTATION, 1) in range(2, 9):
        return ImageOps.exif_transpose(image)
    return image
