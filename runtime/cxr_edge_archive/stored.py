"""Objects and files read whole, and written so that they are there whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from pyarrow import fs

from cxr_edge.errors import UnreadableFilm
from cxr_edge_archive.patience import patiently
from cxr_edge_archive.places import FILE, Place, Stores

TEMPORARY = ".tmp"
_EXPECTED = "a readable picture file"  # as cxr_edge.film.source says it


def read_film_bytes(place: Place, stores: Stores, limit: int) -> bytes:
    """The bytes of a film, never more than one above `limit`.

    Raises:
        UnreadableFilm: missing, no regular file, not permitted, too large; in the words of ``cxr-edge predict``.
        StorageFailure: storage did not give it; that says nothing of the film.
    """
    try:
        return patiently(lambda: _read(place, stores, limit), "reading a film")
    except FileNotFoundError:
        raise UnreadableFilm("no such file", _EXPECTED, place.name) from None
    except PermissionError:
        raise UnreadableFilm("no permission to read it", _EXPECTED, place.name) from None
    except (IsADirectoryError, NotADirectoryError):
        raise UnreadableFilm("a folder", _EXPECTED, place.name) from None


def _read(place: Place, stores: Stores, limit: int) -> bytes:
    if place.scheme == FILE:
        if not stat.S_ISREG(os.stat(place.path).st_mode):  # a pipe or a device could block or never end
            kind = "a folder" if os.path.isdir(place.path) else "something that is no regular file"
            raise UnreadableFilm(kind, _EXPECTED, place.name)
        with open(place.path, "rb") as file:
            return file.read(min(os.fstat(file.fileno()).st_size, limit) + 1)
    with stores.reach(place).open_input_file(place.path) as stream:
        size = stream.size()
        if size > limit:
            raise UnreadableFilm(f"more than {limit:,} bytes", "a smaller file", place.name)
        data: bytes = stream.read(size)
    if len(data) < size:
        raise OSError(errno.EIO, f"{len(data)} of {size} bytes")  # the connection ended early: not the film's fault
    return data


def write_whole(place: Place, data: bytes, stores: Stores) -> None:
    """Write an object or file, in place of one of that name.

    Raises:
        StorageFailure: storage did not take it.
    """
    patiently(lambda: _write(place, data, stores), "writing results")


def _write(place: Place, data: bytes, stores: Stores) -> None:
    if place.scheme == FILE:
        with replacing_bytes(place.path) as file:
            file.write(data)
        return
    reached = stores.reach(place)
    with reached.open_output_stream(place.path) as stream:
        stream.write(data)
    found = reached.get_file_info(place.path)
    if found.size != len(data):
        raise OSError(errno.EIO, f"{found.size} of {len(data)} bytes written")


@contextmanager
def replacing_bytes(path: str) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` once it is written and on the disk.

    Raises:
        OSError: it cannot be written; the old one stays, and nothing is left beside it.
    """
    folder, name = os.path.split(path)
    os.makedirs(folder, exist_ok=True)
    partial = os.path.join(folder, f".{name}.{uuid.uuid4().hex[:8]}{TEMPORARY}")
    try:
        with open(partial, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise


def read_whole(place: Place, stores: Stores) -> bytes | None:
    """The bytes of a small object of ours; None if it is not there.

    Raises:
        StorageFailure: storage did not give it.
    """

    def attempt() -> bytes:
        with stores.reach(place).open_input_stream(place.path) as stream:
            data: bytes = stream.read()
            return data

    try:
        return patiently(attempt, f"reading {place.name}")
    except (FileNotFoundError, NotADirectoryError):
        return None


def files_in(folder: Place, stores: Stores) -> dict[str, int]:
    """Names and sizes of the files right in a folder of ours; none if there is no such folder.

    Raises:
        StorageFailure: storage did not list it.
    """
    selector = fs.FileSelector(folder.path, allow_not_found=True)
    found = patiently(lambda: stores.reach(folder).get_file_info(selector), f"listing {folder.name}")
    return {one.base_name: one.size for one in found if one.type == fs.FileType.File}


def delete(place: Place, stores: Stores) -> None:
    """Take away a file of ours, or nothing if it is gone."""
    with suppress(FileNotFoundError):
        patiently(lambda: stores.reach(place).delete_file(place.path), f"deleting {place.name}")
