"""Any film to ``uint8 [H, W, 1]``: the one preprocessing that training, export and the clinic share.

sniff → decode (JPEG at reduced scale, DICOM by pydicom) → orientation → one grey channel → one antialiased resize →
window (only films of more than 8 bits). What is particular to a network happens inside its ONNX graph.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge.errors import UnreadableFilm, naming
from cxr_edge.film.appearance import doubts_of
from cxr_edge.film.decode import PictureFile, refusing_damage, sniff, upright
from cxr_edge.film.dicom import DicomObject
from cxr_edge.film.grey import array_to_image, image_to_grey, window
from cxr_edge.film.source import Limits, film_name, read_bytes

PREPROCESSING = 1
"""Version of everything in this file; a model's card says which one it was trained with."""

DISPLAY_SIDE = 640
"""Longer side of the copy of a film that is shown to people, pixels."""

Film: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes] | Image.Image | npt.NDArray[Any]


@dataclass(frozen=True)
class Prepared:
    """A film that was read and decoded once, ready for `cxr_edge.Classifier.answer`.

    Attributes:
        name: what the film is called: its path, or ``<bytes>``, ``<array>``, ….
        pixels: uint8 [H, W, 1], what the network sees.
        doubts: reason codes of the DICOM header and of the picture itself.
        age_known: whether a DICOM header stated the patient's age.
        display: uint8 [h, w], a copy for people with its aspect kept; None unless asked for.
        data: the file's bytes; None for an image or array.
    """

    name: str
    pixels: npt.NDArray[np.uint8]
    doubts: tuple[str, ...] = ()
    age_known: bool = False
    display: npt.NDArray[np.uint8] | None = None
    data: bytes | None = None

    @cached_property
    def sha256(self) -> str | None:
        """Of the file's bytes, hexadecimal; None for an image or array."""
        return None if self.data is None else hashlib.sha256(self.data).hexdigest()


def preprocess(film: Film, size: tuple[int, int], limits: Limits | None = None) -> npt.NDArray[np.uint8]:
    """Turn a film into the pixels that a network looks at.

    Args:
        film: a path, bytes or a binary file object (a picture, or DICOM with the extra ``dicom``), a Pillow image, or
            an array (uint8 grey or colour; uint16, int16, int32 or float grey). Bone is white.
        size: (height, width) in pixels. The whole film is squashed to it; its aspect is not kept.
        limits: bounds on file and picture; by default those of `Limits`.

    Returns:
        uint8 [height, width, 1], 0 black … 255 white. 8-bit films keep their grey levels; 16-bit, 32-bit
        and float films are windowed after the resize: percentile 0.5 becomes 0, percentile 99.5 becomes 255.

    Raises:
        UnreadableFilm: whatever is not one complete picture within the limits.
    """
    return prepare(film, size, limits or Limits()).pixels


def prepare(film: Film, size: tuple[int, int], limits: Limits, name: str = "", display: bool = False) -> Prepared:
    """As `preprocess`, with everything else that is learned on the way.

    Args:
        film, size, limits: as for `preprocess`.
        name: of the film, for results and errors; by default its path or kind.
        display: also make the copy for people.
    """
    name = name or film_name(film)
    with naming(name):
        opened = open_film(film, size, limits)
        return Prepared(
            name,
            resize(opened.grey, size),
            opened.doubts,
            opened.age_known,
            _display_copy(opened) if display else None,
            opened.data,
        )


@dataclass(frozen=True)
class OpenFilm:
    """A decoded film, before it is squashed to a network's input.

    Attributes:
        grey: mode L, or F for more than 8 bits; at least twice the network's size where the film was that large.
        doubts: reason codes of the DICOM header and of the picture itself.
        age_known: whether a DICOM header stated the patient's age.
        data: the file's bytes; None for an image or array.
        source: decodes it again, at another scale.
    """

    grey: Image.Image
    doubts: tuple[str, ...]
    age_known: bool
    data: bytes | None
    source: _Source


def open_film(film: Film, size: tuple[int, int], limits: Limits) -> OpenFilm:
    """Read, check and decode a film; arguments and errors as for `preprocess`, but that errors name no film."""
    with refusing_damage(limits.max_pixels):
        source, data = _open(film, limits.max_bytes)
        limits.check(*source.size)
        image = source.decode((2 * size[1], 2 * size[0]))
        doubts = (*source.doubts, *doubts_of(image, size))
        return OpenFilm(image_to_grey(image), doubts, getattr(source, "age_known", False), data, source)


def _display_copy(film: OpenFilm) -> npt.NDArray[np.uint8]:
    """uint8 [h, w] with its aspect kept, the longer side `DISPLAY_SIDE` pixels.

    The answer must not depend on whether somebody looks, so a JPEG that was decoded at a scale too small to show is
    decoded once more for the eye alone.
    """
    grey, full = film.grey, film.source.size
    if grey.width * grey.height < full[0] * full[1]:
        grey = image_to_grey(film.source.decode((DISPLAY_SIDE, DISPLAY_SIDE)))
    scale = DISPLAY_SIDE / max(grey.size)
    return resize(grey, (max(1, round(grey.height * scale)), max(1, round(grey.width * scale))))[..., 0]


def resize(image: Image.Image, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Squash a grey image (mode L or F) to uint8 [height, width, 1].

    Bilinear with antialiasing, after an integer box reduction to no less than twice the target, which is
    what a JPEG's reduced-scale decoding does as well.
    """
    small = np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR, reducing_gap=2.0))
    return (window(small) if image.mode == "F" else small)[..., np.newaxis]


class _Source(Protocol):
    """A film before its pixels are decoded: (width, height), reason codes, and the decoder."""

    size: tuple[int, int]
    doubts: tuple[str, ...]

    def decode(self, at_least: tuple[int, int]) -> Image.Image: ...


class _InMemory:
    """An image that the caller holds."""

    doubts: tuple[str, ...] = ()

    def __init__(self, image: Image.Image) -> None:
        self._image, self.size = image, image.size

    def decode(self, at_least: tuple[int, int]) -> Image.Image:
        return upright(self._image)


def _open(film: Film, max_bytes: int) -> tuple[_Source, bytes | None]:
    """The film with its header read, and the bytes of its file."""
    if isinstance(film, Image.Image):
        return _InMemory(film), None
    if isinstance(film, np.ndarray):
        return _InMemory(array_to_image(film)), None
    if not (isinstance(film, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(film, "read")):
        raise UnreadableFilm(f"an object of type {type(film).__name__}", "a path, bytes, file, image or array")
    data = read_bytes(film, max_bytes)
    return (DicomObject(data) if sniff(data) == "DICOM" else PictureFile(data)), data
