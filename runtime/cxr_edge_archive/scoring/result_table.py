"""Results as parquet: the fields of ``cxr-edge predict``, beside what the manifest and the model say."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from cxr_edge.prediction import FIELDS, Prediction
from cxr_edge_archive.scoring.run import Run

_WORD = pa.dictionary(pa.int32(), pa.string())
_OF_PREDICTION = {
    "path": pa.string(),
    "probability": pa.float64(),
    "logit": pa.float64(),
    "decision": _WORD,
    "quality": pa.list_(pa.string()),
    "error": pa.string(),
    "age_known": pa.bool_(),
    "sha256": pa.string(),
    "heatmap_file": pa.string(),
}
_OF_MODEL = ("model", "model_version", "model_sha256", "operating_point_sha256")
HEATMAP = pa.list_(pa.list_(pa.float32()))
"""Rows of the map, top first; each from left to right of the film as it is seen."""


def schema(heatmap: bool) -> pa.Schema:
    """Of a file of results."""
    columns = [("uri", pa.string()), ("etag", pa.string()), ("bytes", pa.int64())]
    columns += [(name, _OF_PREDICTION[name]) for name in FIELDS]
    columns += [(name, _WORD) for name in _OF_MODEL]
    columns += [("heatmap", HEATMAP)] if heatmap else []
    return pa.schema(columns)


def results_file(run: Run, films: pa.Table, answers: Sequence[Prediction], sizes: Sequence[int | None]) -> bytes:
    """The bytes of a parquet file; the same for the same films and model, whoever makes it and however often.

    Args:
        run: that it belongs to.
        films: uri, bytes and etag by row, as the manifest has them.
        answers: by row.
        sizes: bytes that were read of each; None for a film that was not there.
    """
    wanted = schema(run.heatmap)
    values = {"uri": films["uri"], "etag": films["etag"], "bytes": pa.array(sizes, pa.int64())}
    rows = [answer.to_dict() for answer in answers]
    values |= {name: pa.array([row[name] for row in rows], _OF_PREDICTION[name]) for name in FIELDS}
    values |= {name: pa.array([getattr(run, name) or None] * len(rows), _WORD) for name in _OF_MODEL}
    if run.heatmap:
        maps = [None if answer.heatmap is None else answer.heatmap.tolist() for answer in answers]
        values["heatmap"] = pa.array(maps, HEATMAP)
    buffer = io.BytesIO()
    table = pa.table([values[name] for name in wanted.names], schema=wanted)
    pq.write_table(table, buffer, compression="zstd", store_schema=True)
    return buffer.getvalue()
