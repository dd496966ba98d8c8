"""Any film to ``uint8 [H, W, 1]``: the one preprocessing that training, export and the clinic share.

sniff → decode (JPEG at reduced scale, DICOM by pydicom) → orientation → one grey channel → one antialiased resize →
window (only films of more than 8 bits). What is particular to a network happens inside its ONNX graph.
"""

from __future__ import annotations

import os
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge.errors import UnreadableFilm
from cxr_edge.film.decode import decode, refusing_damage, sniff, upright
from cxr_edge.film.dicom import open_dicom
from cxr_edge.film.grey import array_to_image, image_to_grey, window
from cxr_edge.film.source import Limits, film_name, read_bytes
from cxr_edge.quality import of_picture

PREPROCESSING = 1
"""Version of everything in this file; a model's card says which one it was trained with."""

Film: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes] | Image.Image | npt.NDArray[Any]


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
    return resize(open_film(film, size, limits or Limits())[0], size)


def open_film(film: Film, size: tuple[int, int], limits: Limits) -> tuple[Image.Image, tuple[str, ...]]:
    """The film as a grey Pillow image, at least twice `size` (height, width) where it was that large.

    Returns:
        The image, mode L or F, and what its DICOM header and the picture itself say against it (reason codes of
        `cxr_edge.film.dicom` and `cxr_edge.quality`).
    """
    name = film_name(film)
    image, doubts = _open(film, name, size, limits)
    with refusing_damage(name, limits):
        return image_to_grey(image, name), (*doubts, *of_picture(image, size))


def _open(film: Film, name: str, size: tuple[int, int], limits: Limits) -> tuple[Image.Image, tuple[str, ...]]:
    """An image of any mode, and what a DICOM header says against it."""
    if isinstance(film, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(film, "read"):
        data = read_bytes(film, limits)  # type: ignore[arg-type]
        if sniff(data) == "DICOM":
            return open_dicom(data, name, limits)
        return decode(data, name, (2 * size[1], 2 * size[0]), limits), ()
    if isinstance(film, np.ndarray):
        if film.ndim in (2, 3):
            limits.check(name, film.shape[1], film.shape[0])
        return array_to_image(film, name), ()
    if isinstance(film, Image.Image):
        limits.check(name, *film.size)
        with refusing_damage(name, limits):
            return upright(film, name), ()
    raise UnreadableFilm(name, f"an object of type {type(film).__name__}", "a path, bytes, file, image or array")


def resize(image: Image.Image, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Squash a grey image (mode L or F) to uint8 [height, width, 1].

    Bilinear with antialiasing, after an integer box reduction to no less than twice the target, which is
    what a JPEG's reduced-scale decoding does as well.
    """
    small = np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR, reducing_gap=2.0))
    return (window(small) if image.mode == "F" else small)[..., np.newaxis]
