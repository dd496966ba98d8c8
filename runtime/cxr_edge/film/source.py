"""From whatever a caller holds to the bytes of a film: bounded, regular files only."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from cxr_edge.errors import UnreadableFilm

_EXPECTED = "a readable picture file"


@dataclass(frozen=True)
class Limits:
    """How large a film may be before it is refused unread.

    Attributes:
        max_bytes: of the file. The largest radiographs are 14-bit, 18 megapixels, uncompressed: 36 MB.
        max_pixels: width × height. Twice the largest detector in use (about 4,300 × 4,300).
        min_side: pixels; below it there is no chest left to look at.
    """

    max_bytes: int = 64 * 2**20
    max_pixels: int = 36_000_000
    min_side: int = 32

    def check(self, width: int, height: int) -> None:
        """Raise `UnreadableFilm` unless a film of `width` × `height` pixels is within the limits."""
        if min(width, height) < self.min_side:
            raise UnreadableFilm(f"{width} × {height} pixels", f"at least {self.min_side} on each side")
        if width * height > self.max_pixels:
            raise UnreadableFilm(f"{width} × {height} pixels", f"at most {self.max_pixels:,} pixels in all")


def read_film(film: Any, name: str, max_bytes: int) -> tuple[str, bytes | None]:
    """What a film is called, and the bytes of its file; no bytes for an image or array.

    Args:
        film: as `cxr_edge.Classifier.predict` takes it.
        name: of the film; by default its path, or its kind in angle brackets.
        max_bytes: of the file; never more are read.

    Raises:
        UnreadableFilm: missing, not a regular file, not permitted, too large or empty; or an object of another type.
    """
    is_path = isinstance(film, str | os.PathLike)
    if not name:
        named = os.fspath(film) if is_path else getattr(film, "filename", None) or getattr(film, "name", None)
        name = named if isinstance(named, str) else f"<{type(film).__name__}>"
    if isinstance(film, np.ndarray | Image.Image):
        return name, None
    try:
        if is_path:
            if not stat.S_ISREG(os.stat(film).st_mode):  # a pipe or a device could block or never end
                kind = "a folder" if os.path.isdir(film) else "something that is no regular file"
                raise UnreadableFilm(kind, _EXPECTED, name)
            with open(film, "rb") as file:  # room is made for the bytes that are there, not for all that may be
                data = file.read(min(os.fstat(file.fileno()).st_size, max_bytes) + 1)
        elif isinstance(film, bytes | bytearray | memoryview):
            data = bytes(film)
        elif hasattr(film, "read"):
            data = film.read(max_bytes + 1)
        else:
            expected = "a path, bytes, file, image or array"
            raise UnreadableFilm(f"an object of type {type(film).__name__}", expected, name)
    except FileNotFoundError:
        raise UnreadableFilm("no such file", _EXPECTED, name) from None
    except PermissionError:
        raise UnreadableFilm("no permission to read it", _EXPECTED, name) from None
    except OSError as error:
        raise UnreadableFilm(f"a file that cannot be read ({error.strerror or 'no reason'})", _EXPECTED, name) from None
    except ValueError:  # a NUL in a path, a closed file object
        raise UnreadableFilm("a name or file object that cannot be opened", _EXPECTED, name) from None
    if not isinstance(data, bytes):
        raise UnreadableFilm("a file opened as text", "one opened in binary mode, 'rb'", name)
    if not data:
        raise UnreadableFilm("an empty file", _EXPECTED, name)
    if len(data) > max_bytes:
        raise UnreadableFilm(f"more than {max_bytes:,} bytes", "a smaller file", name)
    return name, data
