"""Which site a film is of: a folder of its path, or what a table says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from cxr_edge.errors import CxrEdgeError
from cxr_edge_archive.looking.completeness_check import hashes_of
from cxr_edge_archive.patience import patiently
from cxr_edge_archive.places import Place, Stores

NOT_LISTED = "(not listed)"
_URI = "uri"


@dataclass(frozen=True)
class Sites:
    """A way to tell sites.

    Attributes:
        title: what a site is, for a heading.
        names: of the sites of an array of URIs, one each.
    """

    title: str
    names: Callable[[pa.ChunkedArray], list[str]]

    @classmethod
    def of_folders(cls, depth: int) -> Sites:
        """The last `depth` folders of a film's path are its site.

        Raises:
            CxrEdgeError: less than one.
        """
        if depth < 1:
            raise CxrEdgeError(f"--depth: found {depth}; expected 1 or more")

        def name(uri: str) -> str:
            folders = uri.partition("://")[2].split("/")[:-1][-depth:]
            joined = "/".join(folders) or "/"
            return unquote(joined, errors="backslashreplace") if uri.startswith("file://") else joined

        return cls("folder", lambda uris: [name(uri) for uri in uris.to_pylist()])

    @classmethod
    def of_column(cls, table: str, column: str, stores: Stores) -> Sites:
        """What `column` says of a film in a parquet or CSV file that has a column ``uri`` too.

        Of each URI a hash is kept, and a number for the site.

        Raises:
            CxrEdgeError: there is no such file or column.
            StorageFailure: storage did not give it.
        """
        listed = _read(table, column, stores)
        encoded = pc.dictionary_encode(pc.fill_null(pc.cast(listed[column], pa.string()), NOT_LISTED)).combine_chunks()
        sites = [*encoded.dictionary.to_pylist(), NOT_LISTED]
        codes = encoded.indices.to_numpy()
        hashes = hashes_of(pc.cast(listed[_URI], pa.string()))
        order = np.argsort(hashes, kind="stable")
        hashes, codes = hashes[order], codes[order]

        def names(uris: pa.ChunkedArray) -> list[str]:
            wanted = hashes_of(uris)
            at = np.minimum(np.searchsorted(hashes, wanted), max(len(hashes) - 1, 0))
            known = hashes[at] == wanted if len(hashes) else np.zeros(len(wanted), bool)
            found = np.where(known, codes[at] if len(codes) else 0, len(sites) - 1)
            return [sites[code] for code in found]

        return cls(column, names)


def _read(table: str, column: str, stores: Stores) -> pa.Table:
    place = Place.of(table)
    reached = stores.reach(place)

    def attempt() -> pa.Table:
        if table.lower().endswith(".csv"):
            with reached.open_input_stream(place.path) as stream:
                return csv.read_csv(stream, convert_options=csv.ConvertOptions(include_columns=[_URI, column]))
        return pq.read_table(place.path, columns=[_URI, column], filesystem=reached)

    try:
        found = patiently(attempt, f"reading {place.name}")
    except FileNotFoundError:
        raise CxrEdgeError(f"{table}: found no such file; expected a parquet or CSV file") from None
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise CxrEdgeError(f"{table}: found something else ({error}); expected columns {_URI} and {column}") from None
    missing = [name for name in (_URI, column) if name not in found.column_names]
    if missing:
        raise CxrEdgeError(f"{table}: found no column {', '.join(missing)}; expected {_URI} and {column}")
    return found
