"""Films out of a zip file: bounded before and while it is unpacked, in memory, one at a time."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from cxr_edge import UnreadableFilm
from cxr_edge.errors import one_line
from cxr_edge.film.source import Limits
from cxr_edge_demo.store.film_list import MAX_FILMS

MAX_TOTAL = 1024 * 2**20  # bytes of all films of a zip, unpacked
_MAX_DIRECTORY = 512 * 1024  # bytes of the list of names, read before anything could count them
_END, _END_BYTES, _ZIP64 = b"PK\x05\x06", 22, b"PK\x06\x07"
_LOCAL = (b"PK\x03\x04", _END)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_zip(data: bytes) -> bool:
    """Whether a file is a zip file by its first bytes."""
    return data.startswith(_LOCAL)


def films_in_zip(
    data: bytes, limits: Limits, max_films: int = MAX_FILMS, max_total: int = MAX_TOTAL
) -> Iterator[tuple[str, bytes | UnreadableFilm]]:
    """The files of a zip, by name, each as its bytes or as the reason why it has none, without its name.

    Nothing is written to disk, so a name such as ``../../etc/passwd`` is only a name. Folders, hidden files and what
    macOS adds are passed over.

    Args:
        data: the whole zip file.
        limits: on each film.
        max_films, max_total: films, and bytes of all of them unpacked, above which the zip is refused or cut short.

    Raises:
        UnreadableFilm: no usable zip file, or more than `max_films` files in it.
    """
    archive, entries = _open(data, max_films)
    left = max_total
    for entry in entries:
        film = _read(archive, entry, min(limits.max_bytes, left))
        left -= len(film) if isinstance(film, bytes) else 0
        yield one_line(entry.filename), film


def count_films(data: bytes, max_films: int = MAX_FILMS) -> int:
    """How many files `films_in_zip` will come by, without unpacking one.

    Raises:
        UnreadableFilm: as there.
    """
    return len(_open(data, max_films)[1])


def _open(data: bytes, max_films: int) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    _check_directory(data)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = [entry for entry in archive.infolist() if _is_file(entry)]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError):
        raise UnreadableFilm("a damaged zip file", "a complete one") from None
    if not 0 < len(entries) <= max_films:
        raise UnreadableFilm(f"a zip file of {len(entries):,} files", f"1 to {max_films}")
    return archive, entries


def _check_directory(data: bytes) -> None:
    end = data.rfind(_END, max(0, len(data) - 65_536 - _END_BYTES))
    if end < 0 or len(data) < end + _END_BYTES:
        raise UnreadableFilm("a truncated zip file", "a complete one")
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    if size > _MAX_DIRECTORY or _ZIP64 in data[max(0, end - 20) : end]:
        raise UnreadableFilm("a zip file of far too many entries", f"at most {MAX_FILMS} films")


def _is_file(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.split("/")
    return not entry.is_dir() and parts[0] != "__MACOSX" and not parts[-1].startswith(".")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes | UnreadableFilm:
    if entry.flag_bits & 0x1:
        return UnreadableFilm("an encrypted file", "one without a password")
    if entry.compress_type not in _METHODS:
        return UnreadableFilm("an unusual compression in the zip file", "deflate, or none")
    try:
        with archive.open(entry) as file:
            film = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError):
        return UnreadableFilm("a damaged file in the zip file", "a complete one")
    if len(film) > most:
        return UnreadableFilm(f"more than {most:,} bytes unpacked", "less, or fewer films in one zip file")
    if is_zip(film):
        return UnreadableFilm("a zip file inside the zip file", "films")
    return film
