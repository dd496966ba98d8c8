"""The films below a place, folder by folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from pyarrow import fs

from cxr_edge.errors import CxrEdgeError, one_line
from cxr_edge.film.folder import has_suffix, is_film
from cxr_edge_archive.patience import patiently
from cxr_edge_archive.places import FILE, Place, Stores


@dataclass(frozen=True)
class Listed:
    """A film that was found.

    Attributes:
        uri: of it.
        bytes: its size.
        etag: changes when the file does: time of change and size, as web servers make theirs.
    """

    uri: str
    bytes: int
    etag: str


class Walk:
    """Goes through folders one at a time, so that it can go on where it stopped.

    Args:
        pending: folders still to list, the next one last; folders found are added.
        stores: how object stores are reached.
        every_object: take objects whatever they are called; else by suffix, and files of this computer that have none
            by content, as ``cxr-edge predict`` does.
    """

    def __init__(self, pending: list[Place], stores: Stores, every_object: bool) -> None:
        self.pending, self._stores, self._every = pending, stores, every_object
        self.closed: list[str] = []

    def next_folder(self) -> Iterator[Listed]:
        """The films right in the next folder, in no order; its subfolders are pending once all are taken.

        A folder of this computer that may not be read is noted in `closed` and passed over.

        Raises:
            StorageFailure: storage did not list it.
        """
        folder = self.pending.pop()
        below: list[Place] = []
        found = self._files(folder, below) if folder.scheme == FILE else self._objects(folder, below)
        yield from found
        self.pending.extend(sorted(below, key=lambda place: place.path, reverse=True))

    def _files(self, folder: Place, below: list[Place]) -> Iterator[Listed]:
        try:
            entries = os.scandir(folder.path)
        except OSError as error:
            self.closed.append(one_line(f"{folder.path}: found {error.strerror}; expected a readable folder"))
            return
        with entries:
            for entry in entries:  # never all at once: a folder may hold millions
                if entry.is_dir(follow_symlinks=False):
                    below.append(folder / entry.name)
                elif not entry.is_dir() and (
                    (self._every and not entry.name.startswith(".")) or is_film(folder.path, entry.name)
                ):
                    try:
                        status = entry.stat()
                    except OSError:  # taken away in this moment, or a link to nothing
                        status = None
                    size, changed = (status.st_size, status.st_mtime_ns) if status else (0, 0)
                    yield Listed((folder / entry.name).uri, size, f"{changed:x}-{size:x}")

    def _objects(self, folder: Place, below: list[Place]) -> Iterator[Listed]:
        reached = self._stores.reach(folder)
        selector = fs.FileSelector(folder.path)
        found = patiently(lambda: reached.get_file_info(selector), f"listing {folder.uri}")
        found.reverse()
        while found:  # given back as it goes
            one = found.pop()
            if one.type == fs.FileType.Directory:
                below.append(Place(folder.scheme, one.path, folder.account))
            elif not one.base_name.startswith(".") and (self._every or has_suffix(one.base_name)):
                size = one.size or 0
                yield Listed(
                    Place(folder.scheme, one.path, folder.account).uri, size, f"{one.mtime_ns or 0:x}-{size:x}"
                )


def roots(uris: list[str], stores: Stores) -> list[Place]:
    """Places to start from, in reverse order; what lies below another of them is left out.

    Raises:
        CxrEdgeError: one is no folder.
    """
    places = {place.path.rstrip("/"): place for place in map(Place.of, uris)}
    kept = [
        place
        for path, place in places.items()
        if not any(path.startswith(f"{other}/") and one.scheme == place.scheme for other, one in places.items())
    ]
    for place in kept:
        try:
            kind = patiently(lambda: stores.reach(place).get_file_info(place.path), f"looking at {place.name}").type  # noqa: B023
        except OSError as error:
            raise CxrEdgeError(f"{place.name}: found {error}; expected a folder or bucket") from None
        if kind != fs.FileType.Directory:
            what = "no such place" if kind == fs.FileType.NotFound else "a single file"
            raise CxrEdgeError(f"{place.name}: found {what}; expected a folder or bucket")
    return kept[::-1]
