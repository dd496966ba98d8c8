"""From whatever a caller holds to the bytes of a film: bounded, regular files only."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import IO, Any

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


def film_name(film: Any) -> str:
    """What to call `film` in results and errors: its path, or its kind in angle brackets."""
    if isinstance(film, str | os.PathLike):
        return os.fspath(film)
    name = getattr(film, "filename", None) or getattr(film, "name", None)
    return name if isinstance(name, str) else f"<{type(film).__name__}>"


def read_bytes(film: str | os.PathLike[str] | bytes | IO[bytes], max_bytes: int) -> bytes:
    """All bytes of `film`, never more than `max_bytes`.

    Raises:
        UnreadableFilm: missing, not a regular file, not permitted, too large, or empty.
    """
    try:
        if isinstance(film, str | os.PathLike):
            if not stat.S_ISREG(os.stat(film).st_mode):  # a pipe or a device could block or never end
                kind = "a folder" if os.path.isdir(film) else "something that is no regular file"
                raise UnreadableFilm(kind, _EXPECTED)
            with open(film, "rb") as file:
                data = file.read(max_bytes + 1)
        elif isinstance(film, bytes | bytearray | memoryview):
            data = bytes(film)
        else:
            data = film.read(max_bytes + 1)
    except FileNotFoundError:
        raise UnreadableFilm("no such file", _EXPECTED) from None
    except PermissionError:
        raise UnreadableFilm("no permission to read it", _EXPECTED) from None
    except OSError as error:
        raise UnreadableFilm(f"a file that cannot be read ({error.strerror or error})", _EXPECTED) from None
    except ValueError:  # a NUL in a path, a closed file object
        raise UnreadableFilm("a name or file object that cannot be opened", _EXPECTED) from None
    if not isinstance(data, bytes):
        raise UnreadableFilm("a file opened as text", "one opened in binary mode, 'rb'")
    if not data:
        raise UnreadableFilm("an empty file", _EXPECTED)
    if len(data) > max_bytes:
        raise UnreadableFilm(f"more than {max_bytes:,} bytes", "a smaller file")
    return data
