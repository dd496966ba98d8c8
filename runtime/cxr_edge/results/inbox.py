"""A folder that films arrive in, and a database that holds one result for each."""

from __future__ import annotations

import csv
import os
import sqlite3
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from cxr_edge.classifier import Classifier
from cxr_edge.errors import CxrEdgeError
from cxr_edge.film.folder import films_in
from cxr_edge.prediction import Prediction

COLUMNS = (
    "path", "bytes", "modified_ns", "probability", "logit", "decision", "quality", "error", "model", "model_sha256",
    "scored_at",
)  # fmt: skip
_TABLE = """CREATE TABLE IF NOT EXISTS films (
    path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL, probability REAL, logit REAL,
    decision TEXT, quality TEXT NOT NULL, error TEXT, model TEXT NOT NULL, model_sha256 TEXT NOT NULL,
    scored_at TEXT NOT NULL) WITHOUT ROWID"""
Signature = tuple[int, int]  # bytes, time of last change in ns


class Results:
    """One row per film in SQLite, and the same as CSV for people.

    A row is written whole or not at all, and is on disk before the next film is read. The CSV is made anew from the
    database at the start, so a line that a power cut tore is mended.

    Args:
        database: SQLite file; made if it is not there.
        table: CSV file; replaced.

    Raises:
        CxrEdgeError: they cannot be written, or `database` is something else.
    """

    def __init__(self, database: Path, table: Path) -> None:
        self.table = table
        try:
            self.connection = sqlite3.connect(database, isolation_level=None, timeout=30)
            self.connection.execute("PRAGMA journal_mode=WAL")
            self.connection.execute("PRAGMA synchronous=FULL")  # survives the power, not only the process
            self.connection.execute(_TABLE)
            self.write_table()
        except (sqlite3.Error, OSError) as error:
            raise CxrEdgeError(f"{database}: found {error}; expected a database of results, or none yet") from None

    def by_others(self, fingerprint: str) -> int:
        """How many films have a result of another model or operating point than that of `fingerprint`."""
        rows = self.connection.execute("SELECT COUNT(*) FROM films WHERE model_sha256 != ?", (fingerprint,))
        return int(rows.fetchone()[0])

    def known(self) -> dict[str, Signature]:
        """What the database holds, by path."""
        rows = self.connection.execute("SELECT path, bytes, modified_ns FROM films")
        return {path: (size, modified) for path, size, modified in rows}

    def add(self, path: str, signature: Signature, prediction: Prediction, classifier: Classifier) -> None:
        """Write the result of `path`; one of an older version of that file is replaced.

        Raises:
            CxrEdgeError: the database cannot be written, for want of space for instance; nothing of `path` is in it.
        """
        row = (
            path, *signature, prediction.probability, prediction.logit, prediction.decision,
            " ".join(prediction.quality), prediction.error, classifier.card.name, classifier.fingerprint,
            datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        )  # fmt: skip
        try:
            known = self.connection.execute("SELECT 1 FROM films WHERE path = ?", (path,)).fetchone()
            self.connection.execute(f"INSERT OR REPLACE INTO films VALUES ({', '.join('?' * len(COLUMNS))})", row)
        except sqlite3.Error as error:
            raise CxrEdgeError(f"{path}: found {error}; expected to write its result") from None
        if known:
            self.write_table()
        else:
            with self.table.open("a", newline="", encoding="utf-8", errors="backslashreplace") as file:
                csv.writer(file, lineterminator="\n").writerow(row)

    def write_table(self) -> None:
        """Make the CSV from the database, in the order of scoring."""
        partial = self.table.with_name(self.table.name + ".partial")
        with partial.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(self.connection.execute("SELECT * FROM films ORDER BY scored_at, path"))
        partial.replace(self.table)


class Inbox:
    """The films of a folder that have stopped changing.

    A film counts as complete once its size and time of change have stayed the same for `settle` seconds, by this
    process's own clock: those of scanners and file servers may be wrong.
    """

    def __init__(self, folder: Path, settle: float) -> None:
        self.folder, self.settle = folder, settle
        self._seen: dict[str, tuple[Signature, float]] = {}

    def complete(self, known: dict[str, Signature]) -> Iterator[tuple[Path, str, Signature]]:
        """Complete films that are not `known` as they are: path, name and signature.

        The name is the path relative to the folder; what is no text in it is escaped, since the database holds text.
        """
        before, self._seen, now = self._seen, {}, time.monotonic()
        for film in films_in(self.folder, lambda error: None):
            try:
                status = os.stat(film)
            except OSError:  # taken away in this moment
                continue
            name = os.fsencode(film.relative_to(self.folder)).decode("utf-8", "backslashreplace")
            signature = (status.st_size, status.st_mtime_ns)
            if known.get(name) == signature:
                continue
            last = before.get(name)
            since = last[1] if last and last[0] == signature else now
            self._seen[name] = (signature, since)
            if now - since >= self.settle:
                yield film, name, signature

    def settling(self, known: dict[str, Signature]) -> bool:
        """Whether the last look saw films that are not `known` as they were."""
        return any(known.get(name) != signature for name, (signature, _) in self._seen.items())


def watch(
    classifier: Classifier, inbox: Inbox, results: Results, interval: float, once: bool
) -> Iterator[tuple[str, Prediction]]:
    """Score films as they arrive, and yield each after its result is on disk.

    Args:
        classifier: scores them.
        inbox: where they arrive.
        results: where results go.
        interval: seconds between two looks.
        once: end when every film there is scored, rather than never.
    """
    known = results.known()
    while True:
        for film, name, signature in list(inbox.complete(known)):
            prediction = classifier.try_predict(film)
            known[name] = signature
            if prediction.error and not film.exists():  # taken away meanwhile
                continue
            results.add(name, signature, prediction, classifier)
            yield name, prediction
        if once and not inbox.settling(known):
            return
        time.sleep(interval)
