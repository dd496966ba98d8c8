"""From whatever a caller holds to the bytes of a film: bounded, regular files only."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import IO, Any

from cxr_edge.errors import UnreadableFilm


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

    def check(self, name: str, width: int, height: int) -> None:
        """Raise `UnreadableFilm` unless a film of `width` × `height` pixels is within the limits."""
        if min(width, height) < self.min_side:
            raise UnreadableFilm(name, f"{width} × {height} pixels", f"at least {self.min_side} on each side")
        if width * height > self.max_pixels:
            raise UnreadableFilm(name, f"{width} × {height} pixels", f"at most {self.max_pixels:,} pixels in all")


def film_name(film: Any) -> str:
    """What to call `film` in results and errors: its path, or its kind in angle brackets."""
    if isinstance(film, str | os.PathLike):
        return os.fspath(film)
    name = getattr(film, "filename", None) or getattr(film, "name", None)
    return name if isinstance(name, str) else f"<{type(film).__name__}>"


def read_bytes(film: str | os.PathLike[str] | bytes | IO[bytes], limits: Limits) -> bytes:
    """All bytes of `film`, never more than ``limits.max_bytes``.

    Raises:
        UnreadableFilm: missing, not a regular file, not permitted, too large, or empty.
    """
    name = film_name(film)
    expected = "a readable picture file"
    try:
        if isinstance(film, str | os.PathLike):
            if not stat.S_ISREG(os.stat(film).st_mode):  # a pipe or a device could block or never end
                kind = "a folder" if os.path.isdir(film) else "something that is no regular file"
                raise UnreadableFilm(name, kind, expected)
            with open(film, "rb") as file:
                data = file.read(limits.max_bytes + 1)
        elif isinstance(film, bytes | bytearray | memoryview):
            data = bytes(film)
        else:
            data = film.read(limits.max_bytes + 1)
    except FileNotFoundError:
        raise UnreadableFilm(name, "no such file", expected) from None
    except PermissionError:
        raise UnreadableFilm(name, "no permission to read it", expected) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in a path, a closed file object
        raise UnreadableFilm(name, str(error), expected) from None
    if not isinstance(data, bytes):
        raise UnreadableFilm(name, "a file opened as text", "one opened in binary mode, 'rb'")
    if not data:
        raise UnreadableFilm(name, "an empty file", expected)
    if len(data) > limits.max_bytes:
        raise UnreadableFilm(name, f"more than {limits.max_bytes:,} bytes", "a smaller file")
    return data
