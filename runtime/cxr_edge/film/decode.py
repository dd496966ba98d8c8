"""From the bytes of a picture file to a decoded, upright Pillow image, or a refusal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from cxr_edge.errors import CxrEdgeError, UnreadableFilm
from cxr_edge.film.completeness import flaw

FORMATS = "JPEG, PNG, TIFF, BMP or WebP"
_PILLOW_FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
_ORIENTATION = 0x0112  # EXIF and TIFF tag


def sniff(data: bytes) -> str:
    """The picture format of `data` by its first bytes, in Pillow's name; other kinds in words."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if data.startswith(b"BM"):
        return "BMP"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[128:132] == b"DICM":
        return "DICOM"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "a GIF picture"
    if data.startswith(b"%PDF"):
        return "a PDF document"
    head = data[:512]
    if head.isascii() and all(c >= 32 or c in b"\t\r\n\f" for c in head):
        return "text"
    return f"unknown content (first bytes {data[:4].hex(' ')})"


class PictureFile:
    """A picture file whose header was read, and whose pixels were not yet.

    Attributes:
        size: (width, height) in pixels, as the header says.
        doubts: reason codes that the file gives; none.
    """

    doubts: tuple[str, ...] = ()

    def __init__(self, data: bytes) -> None:
        """Read the header of a whole file; raises `UnreadableFilm` for another format than `FORMATS`."""
        self._data, self._format = data, sniff(data)
        if self._format not in _PILLOW_FORMATS:
            raise UnreadableFilm(self._format, FORMATS)
        self._image: Image.Image | None = self._open()
        self.size: tuple[int, int] = self._image.size

    def _open(self) -> Image.Image:
        return Image.open(io.BytesIO(self._data), formats=[self._format])

    def decode(self, at_least: tuple[int, int]) -> Image.Image:
        """Decode it completely.

        Args:
            at_least: (width, height) below which a JPEG is not reduced while it is decoded. libjpeg then
                computes smaller inverse transforms (1/2, 1/4, 1/8), and colour is never reconstructed.

        Returns:
            A loaded image of any Pillow mode, EXIF orientation applied.

        Raises:
            UnreadableFilm: several frames, truncated, or damaged so that it shows.
        """
        image, self._image = self._image or self._open(), None  # decoding uses an opened picture up
        found = flaw(self._data, self._format, image)
        if found:
            raise UnreadableFilm(found, "a complete film, grey or with 8 bits a channel")
        if self._format == "PNG":  # Pillow's decoder does not look at the checksums of the pixels
            self._open().verify()
        image.draft("L" if _rgb_coded(image) else "YCbCr", at_least)  # does something for JPEG only
        return upright(image)


def _rgb_coded(image: Image.Image) -> bool:
    """Whether a JPEG holds RGB planes, which no decoder turns into YCbCr; colour is then not looked at."""
    components = bytes(layer[0] for layer in getattr(image, "layer", ()))
    return image.info.get("adobe_transform") == 0 or components == b"RGB"


@contextmanager
def refusing_damage(max_pixels: int) -> Iterator[None]:
    """Turn whatever Pillow raises on damaged or hostile bytes into `UnreadableFilm`."""
    try:
        yield
    except CxrEdgeError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableFilm("a picture of far too many pixels", f"at most {max_pixels:,} pixels in all") from None
    except UnidentifiedImageError:  # its message names a Python object
        raise UnreadableFilm("a picture with a broken header", "a complete file") from None
    except Exception:  # decoders raise nearly anything, in words for their developers
        raise UnreadableFilm("a truncated or damaged picture", "a complete file") from None


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
