"""The files of a folder of results, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from cxr_edge.errors import CxrEdgeError
from cxr_edge_archive.patience import patiently
from cxr_edge_archive.places import Place, Stores
from cxr_edge_archive.stored import files_in


def tables(results: str, columns: Sequence[str], stores: Stores) -> Iterator[pa.Table]:
    """Some columns of each file, in the order of the files' names.

    Args:
        results: folder of results.
        columns: that are wanted.
        stores: how object stores are reached.

    Raises:
        CxrEdgeError: there are none, or a file is damaged.
        StorageFailure: storage did not give one.
    """
    folder = Place.of(results)
    names = sorted(name for name in files_in(folder, stores) if name.endswith(".parquet") and name[0] not in "._")
    if not names:
        raise CxrEdgeError(f"{results}: found no results; expected a folder that cxr-edge archive score wrote to")
    reached = stores.reach(folder)
    for name in names:
        place = folder / name
        try:
            yield patiently(
                lambda: pq.read_table(place.path, columns=list(columns), filesystem=reached),  # noqa: B023
                f"reading {place.name}",
            )
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise CxrEdgeError(f"{place.name}: found a damaged file ({error}); expected results") from None
