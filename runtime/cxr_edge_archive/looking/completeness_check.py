"""Is there one result for each film of a manifest, and none besides?

Both are read once, and of each URI a hash of 64 bits is kept, so ten million films take some hundred megabytes. Two of
so many share a hash by chance once in 400,000 archives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cxr_edge_archive.listing.manifest import Manifest
from cxr_edge_archive.looking.results_folder import tables
from cxr_edge_archive.places import Stores

NAMED = 10
"""So many films of each kind are named at most."""
_COLUMNS = ("uri", "bytes", "error", "model", "model_version", "model_sha256")
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Completeness:
    """What was found.

    Attributes:
        films: rows of the manifest.
        results: rows of the results.
        unique: different films among the results.
        missing: films of the manifest without a result.
        double: films with more than one.
        unknown: results of no film of the manifest.
        listed_twice: films that the manifest itself names more than once.
        unreadable: results that are errors.
        models: rows by name, version and sha256 of the model.
        names: by kind, URIs of the first `NAMED` films that are missing, double or unknown.
    """

    films: int
    results: int
    unique: int
    missing: int
    double: int
    unknown: int
    listed_twice: int
    unreadable: int
    models: dict[tuple[str, str, str], int]
    names: dict[str, list[str]]

    @property
    def passed(self) -> bool:
        """Whether rows = unique = manifest, all of one model."""
        return self.results == self.unique == self.films and not self.missing and len(self.models) == 1

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        counts = ("films", "results", "unique", "missing", "double", "unknown", "listed_twice", "unreadable")
        models = [
            {"name": name, "version": version, "sha256": sha256, "results": rows}
            for (name, version, sha256), rows in self.models.items()
        ]
        return {
            "passed": self.passed, **{name: getattr(self, name) for name in counts}, "models": models,
            "names": self.names,
        }  # fmt: skip


def check(manifest: str, results: str, stores: Stores) -> Completeness:
    """Hold results against their manifest.

    Raises:
        CxrEdgeError: one of them is something else.
        StorageFailure: storage did not answer.
    """
    listed = Manifest(manifest, stores)
    wanted = _hashes(batch.column(0) for batch in listed.batches())
    models: Counter[tuple[str, str, str]] = Counter()
    unreadable = 0

    def uris() -> Iterator[pa.ChunkedArray]:
        nonlocal unreadable
        for table in tables(results, _COLUMNS, stores):
            unreadable += table.num_rows - table["error"].null_count
            models.update(_models(table))
            yield table["uri"]

    found = _hashes(uris())
    films, times_listed = np.unique(wanted, return_counts=True)
    there, times = np.unique(found, return_counts=True)
    missing, unknown = np.setdiff1d(films, there), np.setdiff1d(there, films)
    double = there[times > 1]
    names = {
        "missing": _names(missing, (batch.column(0) for batch in listed.batches())),
        "double": _names(double, (table["uri"] for table in tables(results, ["uri"], stores)) if len(double) else ()),
        "unknown": _names(
            unknown, (table["uri"] for table in tables(results, ["uri"], stores)) if len(unknown) else ()
        ),
    }
    return Completeness(
        films=len(wanted),
        results=len(found),
        unique=len(there),
        missing=len(missing),
        double=len(double),
        unknown=len(unknown),
        listed_twice=int((times_listed > 1).sum()),
        unreadable=unreadable,
        models=dict(models),
        names=names,
    )


def in_words(found: Completeness) -> str:
    """The findings in some lines."""
    lines = [
        f"{found.films} films in the manifest, {found.results} results of {found.unique} films "
        f"({found.unreadable} could not be read)"
    ]
    for kind, number in (("missing", found.missing), ("double", found.double), ("unknown", found.unknown)):
        if number:
            lines.append(f"{kind}: {number}")
            lines += [f"  {name}" for name in found.names[kind]]
            lines += [f"  and {number - NAMED} more"] if number > NAMED else []
    if found.listed_twice:
        lines.append(f"the manifest names {found.listed_twice} films more than once")
    lines += [f"{rows} results by {name} {version}, {sha[:12]}" for (name, version, sha), rows in found.models.items()]
    return "\n".join([*lines, "complete" if found.passed else "NOT complete"])


def hashes_of(uris: pa.Array | pa.ChunkedArray) -> Hashes:
    """uint64 [rows]; the same text has the same hash everywhere."""
    hashed: Hashes = pd.util.hash_array(uris.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    return hashed


def _hashes(columns: Iterable[Any]) -> Hashes:
    parts = [hashes_of(column) for column in columns]
    return np.concatenate(parts) if parts else np.empty(0, np.uint64)


def _names(wanted: Hashes, columns: Iterable[Any]) -> list[str]:
    """URIs of the first few of `wanted` hashes, each once."""
    names: dict[str, None] = {}
    if len(wanted):
        for column in columns:
            for at in np.flatnonzero(np.isin(hashes_of(column), wanted)):
                names[column[int(at)].as_py()] = None
                if len(names) == NAMED:
                    return list(names)
    return list(names)


def _models(table: pa.Table) -> dict[tuple[str, str, str], int]:
    keys = ("model", "model_version", "model_sha256")
    plain = pa.table({name: pc.cast(table[name], pa.string()) for name in keys})
    counted = plain.group_by(list(keys)).aggregate([([], "count_all")]).to_pylist()
    return {(row["model"], row["model_version"], row["model_sha256"]): row["count_all"] for row in counted}
