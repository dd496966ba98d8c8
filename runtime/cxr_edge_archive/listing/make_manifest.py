"""A manifest made from a listing, part by part, so that a run which was stopped goes on."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from cxr_edge.errors import CxrEdgeError
from cxr_edge_archive.listing.walk import Listed, Walk, roots
from cxr_edge_archive.places import FILE, Place, Stores
from cxr_edge_archive.stored import delete, files_in, read_whole, replacing_bytes, write_whole

SCHEMA = pa.schema([("uri", pa.string()), ("bytes", pa.int64()), ("etag", pa.string())])
PART = 100_000
"""Rows that are held at most, and written as one part."""
GROUP = 10_000
"""Rows of a row group: what a reader of some rows has to read."""
_JOURNAL = "journal.json"


@dataclass
class _Journal:
    """How far a listing is: what it was asked for, the folders left, and the parts of those that are done."""

    asked: list[str]
    every_object: bool
    pending: list[str]
    parts: int = 0
    films: int = 0
    bytes: int = 0
    closed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Made:
    """What came of it.

    Attributes:
        films: rows of the manifest.
        bytes: of all films.
        closed: folders that could not be read, with the reason.
        resumed: films that an earlier run had listed.
    """

    films: int
    bytes: int
    closed: tuple[str, ...]
    resumed: int


class Maker:
    """Lists `uris` into the parquet file `out`.

    While it lists, parts and a journal lie in ``OUT.partial/``, and the journal counts whole folders only. Given the
    same arguments again, it goes on after the last of them.

    Args:
        uris: folders and buckets.
        out: of the manifest.
        stores: how object stores are reached.
        every_object: as for `Walk`.
        part: rows held at most.
    """

    def __init__(self, uris: list[str], out: str, stores: Stores, every_object: bool = False, part: int = PART) -> None:
        self._out, self._stores, self._part = Place.of(out), stores, part
        self._partial = Place(self._out.scheme, f"{self._out.path}.partial", self._out.account)
        starts = roots(uris, stores)
        asked = sorted(place.uri for place in starts)
        self._journal = self._found(asked, every_object) or _Journal(
            asked, every_object, [place.uri for place in starts]
        )
        self._resumed = self._journal.films
        self._walk = Walk([Place.of(uri) for uri in self._journal.pending], stores, every_object)
        self._rows: list[Listed] = []
        self._parts = self._journal.parts

    def make(self, tell: Callable[[int], None] = lambda films: None) -> Made:
        """List, and put the parts together.

        Args:
            tell: is called with the number of films found so far, now and then.

        Raises:
            StorageFailure: storage did not answer; what was listed is kept.
            CxrEdgeError: there is no film.
        """
        self._drop_parts_after(self._journal.parts)
        found, size = self._journal.films, self._journal.bytes
        since = 0
        while self._walk.pending:
            for listed in self._walk.next_folder():
                self._rows.append(listed)
                found, size, since = found + 1, size + listed.bytes, since + 1
                if len(self._rows) == self._part:
                    self._write_part()
                    tell(found)
            if since >= self._part:
                self._note(found, size)
                since = 0
        self._note(found, size)
        if not found:
            self._drop_parts_after(0)
            raise CxrEdgeError(f"{', '.join(self._journal.asked)}: found no films; expected some (see --every-object)")
        self._put_together()
        return Made(found, size, tuple(self._journal.closed), self._resumed)

    def _found(self, asked: list[str], every_object: bool) -> _Journal | None:
        text = read_whole(self._partial / _JOURNAL, self._stores)
        if text is None:
            return None
        journal = _Journal(**json.loads(text))
        if (journal.asked, journal.every_object) != (asked, every_object):
            raise CxrEdgeError(
                f"{self._partial.name}: found the parts of another listing, of {', '.join(journal.asked)}; "
                "expected the same one: repeat its command, or delete the folder"
            )
        return journal

    def _note(self, films: int, size: int) -> None:
        if self._rows:
            self._write_part()
        journal = self._journal
        journal.pending = [place.uri for place in self._walk.pending]
        journal.parts, journal.films, journal.bytes = self._parts, films, size
        journal.closed += self._walk.closed
        self._walk.closed.clear()
        write_whole(self._partial / _JOURNAL, json.dumps(asdict(journal)).encode(), self._stores)

    def _write_part(self) -> None:
        columns = [[getattr(row, name) for row in self._rows] for name in SCHEMA.names]
        buffer = io.BytesIO()
        table = pa.Table.from_arrays([pa.array(*one) for one in zip(columns, SCHEMA.types, strict=True)], schema=SCHEMA)
        pq.write_table(table, buffer, row_group_size=GROUP, compression="zstd")
        write_whole(self._partial / _part(self._parts), buffer.getvalue(), self._stores)
        self._parts += 1
        self._rows.clear()

    def _drop_parts_after(self, parts: int) -> None:
        """Of a folder that was not finished, or half written; all, with the journal and the folder, for 0."""
        for name in files_in(self._partial, self._stores):
            is_part = name.startswith("part-") and name.endswith(".parquet")
            if not parts or (is_part and int(name[5:-8]) >= parts) or name.startswith("."):
                delete(self._partial / name, self._stores)
        if not parts and self._partial.scheme == FILE and files_in(self._partial, self._stores) == {}:
            self._remove_folder()

    def _put_together(self) -> None:
        if self._out.scheme == FILE:
            with replacing_bytes(self._out.path) as file:
                self._copy_parts(file)
        else:  # an object is there once its stream is closed
            with self._stores.reach(self._out).open_output_stream(self._out.path) as stream:
                self._copy_parts(stream)
        self._drop_parts_after(0)

    def _copy_parts(self, file: object) -> None:
        with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
            for number in range(self._parts):
                data = read_whole(self._partial / _part(number), self._stores)
                if data is None:
                    raise CxrEdgeError(f"{self._partial.name}: found part {number} missing; expected every part")
                for batch in pq.ParquetFile(pa.BufferReader(data)).iter_batches(GROUP):
                    writer.write_batch(batch)

    def _remove_folder(self) -> None:
        import os
        from contextlib import suppress

        with suppress(OSError):
            os.rmdir(self._partial.path)


def _part(number: int) -> str:
    return f"part-{number:06d}.parquet"
