"""The results of a day, or of all days, without names: for the clinic's own statistics."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TextIO

from cxr_edge.results.writers import spreadsheet_safe
from cxr_edge_node.log_names import log_name
from cxr_edge_node.records.spool_database import SpoolDatabase

COLUMNS = (
    "film", "received_at", "calling_aet", "outcome", "decision", "probability", "reasons", "model", "model_sha256",
    "scored_at",
)  # fmt: skip
"""``film`` is the beginning of a hash of the film's UID, as logs have it. Times are ISO 8601: local and UTC."""


def write_days(spool: Path, out: TextIO, day: date | None = None) -> int:
    """Write one line a film that was answered, `COLUMNS` each, as CSV.

    Args:
        spool: of a node, whether it runs or not.
        out: opened without translation of line ends.
        day: on which they were received, by this computer's clock; None for all.

    Returns:
        The number of films.

    Raises:
        CxrEdgeError: there is no node's ledger in `spool`.
    """
    writer = csv.writer(out, lineterminator="\n")
    number = 0
    with closing(SpoolDatabase.of_a_node(spool)) as database:
        writer.writerow(COLUMNS)
        for row in _rows(database, day):
            writer.writerow(spreadsheet_safe(row))
            number += 1
    return number


def _rows(database: SpoolDatabase, day: date | None) -> Iterator[tuple[object, ...]]:
    first, last = 0.0, 2.0**40
    if day is not None:
        first = datetime(day.year, day.month, day.day).timestamp()
        next_day = day + timedelta(days=1)
        last = datetime(next_day.year, next_day.month, next_day.day).timestamp()
    for uid, at, *rest in database.rows(
        "SELECT r.sop_instance_uid, r.received_at, r.calling_aet, r.outcome, f.decision, f.probability, r.reasons, "
        "f.model, f.model_sha256, f.scored_at FROM received r LEFT JOIN films f ON f.path = r.file "
        "WHERE r.state = 'answered' AND r.received_at >= ? AND r.received_at < ? ORDER BY r.id",
        first, last,
    ):  # fmt: skip
        yield log_name(uid), datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds"), *rest
