"""Any film to ``uint8 [H, W, 1]``: the one preprocessing that training, export and the clinic share.

sniff → decode (JPEG at reduced scale, DICOM by pydicom) → orientation → one grey channel → one antialiased resize →
window: percentile 0.5 becomes black and 99.5 white, whatever depth the film is stored in, so that a film and its copy
of 8, 12 or 16 bits give the same pixels. What else is particular to a network happens inside its ONNX graph.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge.errors import CxrEdgeError, UnreadableFilm
from cxr_edge.film.appearance import doubts_of_colour
from cxr_edge.film.decode import DICOM_MAGIC, decode_in_memory, decode_picture, in_our_words
from cxr_edge.film.dicom import decode_dicom
from cxr_edge.film.grey import array_to_image, image_to_grey, window
from cxr_edge.film.source import Limits, read_film

PREPROCESSING = 2
"""Version of everything in this file; a model's card says which one it was trained with."""

UNWINDOWED = 1
"""The version before it, of the published networks: films of 8 bits are not windowed, and differ from deeper copies."""

DISPLAY_SIDE = 640
"""Longer side of the copy of a film that is shown to people, pixels."""

SPARE = 2
"""A JPEG is decoded at no less than so many times the network's size."""

WHOLE = (1 << 15, 1 << 15)
"""A size for `open_film` that is larger than any film: nothing is reduced while it is decoded."""

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


def preprocess(
    film: Film, size: tuple[int, int], limits: Limits | None = None, version: int = PREPROCESSING
) -> npt.NDArray[np.uint8]:
    """Turn a film into the pixels that a network looks at.

    Args:
        film: a path, bytes or a binary file object (a picture, or DICOM with the extra ``dicom``), a Pillow image, or
            an array (uint8 grey or colour; uint16, int16, int32 or float grey). Bone is white.
        size: (height, width) in pixels. The whole film is squashed to it; its aspect is not kept.
        limits: bounds on file and picture; by default those of `Limits`.
        version: `PREPROCESSING`, or `UNWINDOWED` for a model whose card asks for it.

    Returns:
        uint8 [height, width, 1], 0 black … 255 white: percentile 0.5 of the resized film becomes 0, 99.5 becomes 255.

    Raises:
        UnreadableFilm: whatever is not one complete picture within the limits.
    """
    return resize(open_film(film, size, limits or Limits()).grey, size, version)


@dataclass(frozen=True)
class OpenFilm:
    """A decoded film, before it is squashed to a network's input.

    Attributes:
        name: what it is called.
        grey: mode L, or F for more than 8 bits; at least twice the network's size where the film was that large.
        doubts: reason codes of the DICOM header and of the picture itself.
        age_known: whether a DICOM header stated the patient's age.
        full_size: (width, height) in pixels, as the file holds it.
        data: the file's bytes; None for an image or array.
    """

    name: str
    grey: Image.Image
    doubts: tuple[str, ...]
    age_known: bool
    full_size: tuple[int, int]
    data: bytes | None


def open_film(film: Film, size: tuple[int, int], limits: Limits, name: str = "") -> OpenFilm:
    """Read, check and decode a film, once; arguments and errors as for `preprocess`.

    Args:
        film, size, limits: as for `preprocess`.
        name: of the film, for results and errors; by default its path or kind.
    """
    name, data = read_film(film, name, limits.max_bytes)
    try:
        if data is None:
            decoded = decode_in_memory(array_to_image(film) if isinstance(film, np.ndarray) else film, limits)  # type: ignore[arg-type]
        elif data[128:132] == DICOM_MAGIC:
            decoded = decode_dicom(data, limits)
        else:
            decoded = decode_picture(data, (SPARE * size[1], SPARE * size[0]), limits)
        grey, doubts = decoded.image, decoded.doubts
        if grey.width < size[1] or grey.height < size[0]:  # it would have to be enlarged
            doubts = (*doubts, "too-small")
        if grey.mode != "L" or grey.has_transparency_data:  # else plain grey of 8 bits, as most films are
            doubts = (*doubts, *doubts_of_colour(grey))
            grey = image_to_grey(grey)
        return OpenFilm(name, grey, doubts, decoded.age_known, decoded.full_size, data)
    except UnreadableFilm as error:
        raise UnreadableFilm(error.found, error.expected, name) from None
    except CxrEdgeError:
        raise
    except Exception as error:  # decoders raise nearly anything
        refusal = in_our_words(error, limits.max_pixels)
        raise UnreadableFilm(refusal.found, refusal.expected, name) from None


def display_copy(film: OpenFilm, limits: Limits) -> npt.NDArray[np.uint8]:
    """uint8 [h, w] for people, with its aspect kept, the longer side `DISPLAY_SIDE` pixels.

    The answer must not depend on whether somebody looks, so a JPEG that was decoded at a scale too small to show is
    decoded once more for the eye alone.
    """
    grey, (width, height) = film.grey, film.full_size
    if film.data is not None and grey.width * grey.height < width * height:
        grey = image_to_grey(decode_picture(film.data, (DISPLAY_SIDE, DISPLAY_SIDE), limits).image)
    scale = DISPLAY_SIDE / max(grey.size)
    return resize(grey, (max(1, round(grey.height * scale)), max(1, round(grey.width * scale))), UNWINDOWED)[..., 0]


def resize(image: Image.Image, size: tuple[int, int], version: int = PREPROCESSING) -> npt.NDArray[np.uint8]:
    """Squash a grey image (mode L or F) to uint8 [height, width, 1], windowed as `version` has it."""
    if version == UNWINDOWED and image.mode == "L":
        return np.asarray(squash(image, size))[..., np.newaxis]
    return window(np.asarray(squash(image, size, exact=True)))[..., np.newaxis]


def squash(image: Image.Image, size: tuple[int, int], exact: bool = False) -> Image.Image:
    """A grey image (mode L or F) of `size` (height, width).

    Bilinear with antialiasing, after an integer box reduction to no less than twice the target, which is
    what a JPEG's reduced-scale decoding does as well.

    Args:
        image: of mode L or F.
        size: (height, width) in pixels.
        exact: give mode F, without rounding 8 bits to whole grey levels: a window stretches them, and would stretch
            what was rounded away.
    """
    if not exact:
        return image.resize((size[1], size[0]), Image.Resampling.BILINEAR, reducing_gap=2.0)
    across, down = (max(1, side // (2 * target)) for side, target in zip(image.size, (size[1], size[0]), strict=True))
    box = (0, 0, image.width / across, image.height / down)  # the last block may be narrower
    exactly = image.convert("F")
    reduced = exactly if across == down == 1 else exactly.reduce((across, down))  # which would copy it
    return reduced.resize((size[1], size[0]), Image.Resampling.BILINEAR, box=box)
