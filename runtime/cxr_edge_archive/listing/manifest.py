"""A manifest as it is read: which films there are, in an order that does not change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from cxr_edge.errors import CxrEdgeError
from cxr_edge_archive.patience import patiently
from cxr_edge_archive.places import Place, Stores

COLUMNS = ("uri", "bytes", "etag")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class _Part:
    place: Place
    rows: int


class Manifest:
    """A parquet file, or a folder of them in the order of their names, with a column ``uri``.

    ``bytes`` and ``etag`` may be missing. Rows are numbered from 0 through all parts.

    Args:
        uri: of the file or folder.
        stores: how object stores are reached.

    Raises:
        CxrEdgeError: it is something else.
        StorageFailure: storage did not give it.
    """

    def __init__(self, uri: str, stores: Stores) -> None:
        self.place, self._stores = Place.of(uri), stores
        self._reached = stores.reach(self.place)
        self._open: dict[int, pq.ParquetFile] = {}
        self._parts = [self._part(place) for place in self._places()]
        if not self._parts:
            raise CxrEdgeError(f"{uri}: found no parquet file; expected a manifest")
        self._starts = [0, *accumulate(part.rows for part in self._parts)]

    @property
    def rows(self) -> int:
        """How many films there are."""
        return self._starts[-1]

    @cached_property
    def sha256(self) -> str:
        """Of the bytes of all parts, one after the other."""
        digest = hashlib.sha256()

        def add(place: Place) -> bytes:
            one = hashlib.sha256()
            with self._reached.open_input_stream(place.path) as stream:
                while block := stream.read(_BLOCK):
                    one.update(block)
            return one.digest()

        for part in self._parts:
            digest.update(patiently(lambda: add(part.place), f"reading {self.place.name}"))  # noqa: B023
        return digest.hexdigest()

    def rows_from(self, first: int, number: int) -> pa.Table:
        """The rows `first` up to `first` + `number`, with `COLUMNS`; nulls for a column that is missing."""
        return patiently(lambda: self._rows_from(first, number), f"reading {self.place.name}")

    def batches(self, columns: Sequence[str] = ("uri",)) -> Iterator[pa.RecordBatch]:
        """All rows, some thousands at a time."""
        for part in range(len(self._parts)):
            yield from self._file(part).iter_batches(columns=list(columns))

    def columns(self) -> list[str]:
        """Names of the columns that there are."""
        return list(self._file(0).schema_arrow.names)

    def _rows_from(self, first: int, number: int) -> pa.Table:
        tables = []
        last = min(first + number, self.rows)
        for part, start in enumerate(self._starts[:-1]):
            if start < last and first < start + self._parts[part].rows:
                tables.append(self._rows_of_part(part, max(first, start) - start, last - start))
        return pa.concat_tables(tables)

    def _rows_of_part(self, part: int, first: int, last: int) -> pa.Table:
        file = self._file(part)
        columns = [name for name in COLUMNS if name in file.schema_arrow.names]
        wanted: list[int] = []
        begin = skipped = 0
        for group in range(file.num_row_groups):
            end = begin + file.metadata.row_group(group).num_rows
            if begin < last and first < end:
                if not wanted:
                    skipped = begin
                wanted.append(group)
            begin = end
        table = file.read_row_groups(wanted, columns=columns).slice(first - skipped, last - first)
        kinds = {"uri": pa.string(), "bytes": pa.int64(), "etag": pa.string()}
        arrays = [
            table[name].cast(kinds[name]) if name in columns else pa.nulls(table.num_rows, kinds[name])
            for name in COLUMNS
        ]
        return pa.table(arrays, names=list(COLUMNS))

    def _file(self, part: int) -> pq.ParquetFile:
        """Opened once, the last one kept: its footer may be as long as many rows."""
        if part not in self._open:
            self._open.clear()
            file = self._reached.open_input_file(self._parts[part].place.path)
            self._open[part] = pq.ParquetFile(file)
        return self._open[part]

    def _places(self) -> list[Place]:
        found = patiently(lambda: self._reached.get_file_info(self.place.path), f"looking at {self.place.name}")
        if found.type == fs.FileType.File:
            return [self.place]
        if found.type == fs.FileType.NotFound:
            raise CxrEdgeError(f"{self.place.name}: found no such file; expected a manifest")
        selector = fs.FileSelector(self.place.path)
        inside = patiently(lambda: self._reached.get_file_info(selector), f"listing {self.place.name}")
        names = sorted(one.base_name for one in inside if one.base_name.endswith(".parquet"))
        return [self.place / name for name in names if not name.startswith((".", "_"))]

    def _part(self, place: Place) -> _Part:
        try:
            metadata = patiently(
                lambda: pq.read_metadata(place.path, filesystem=self._reached), f"reading {place.name}"
            )
        except pa.ArrowInvalid as error:
            raise CxrEdgeError(f"{place.name}: found something else ({error}); expected a parquet file") from None
        if "uri" not in metadata.schema.to_arrow_schema().names:
            raise CxrEdgeError(f"{place.name}: found no column uri; expected a manifest")
        return _Part(place, metadata.num_rows)
