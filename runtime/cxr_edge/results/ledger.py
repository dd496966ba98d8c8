"""The ledger: which films were scored, as what they were then, and what was said of them.

`predict --resume` and `watch` keep the same one, a SQLite file. A film counts as done if its path, size and time of
change are those of its row; where the size agrees and the time does not, its content decides.
"""

from __future__ import annotations

import csv
import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from cxr_edge.classifier import Classifier
from cxr_edge.errors import CxrEdgeError
from cxr_edge.prediction import Prediction
from cxr_edge.results.database import open_database
from cxr_edge.results.whole_files import replacing
from cxr_edge.results.writers import spreadsheet_safe

COLUMNS = (
    "path", "bytes", "modified_ns", "probability", "logit", "decision", "quality", "error", "model", "model_sha256",
    "scored_at", "sha256", "age_known", "heatmap_file",
)  # fmt: skip
FILMS_TABLE = """CREATE TABLE IF NOT EXISTS films (
    file TEXT PRIMARY KEY, path TEXT NOT NULL, bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL, probability REAL,
    logit REAL, decision TEXT, quality TEXT NOT NULL, error TEXT, model TEXT NOT NULL, model_sha256 TEXT NOT NULL,
    scored_at TEXT NOT NULL, sha256 TEXT, age_known INTEGER NOT NULL, heatmap_file TEXT) WITHOUT ROWID"""
_COMMON_FAULTS = {
    "database is locked": "a file that another program has open",
    "database or disk is full": "no space: the disk is full",
    "file is not a database": "something else",
    "database disk image is malformed": "a damaged ledger",
    "no such column": "a ledger of another version",
    "unable to open database file": "no folder to write to, or no right to",
    "attempt to write a readonly database": "no right to write",
}


class Signature(NamedTuple):
    """What a film's file was when it was read: its size, and the time of its last change."""

    bytes: int
    modified_ns: int


@dataclass(frozen=True)
class Entry:
    """One row: the file as it was, what was said of it, and by which model (`Classifier.fingerprint`)."""

    signature: Signature
    prediction: Prediction
    model_sha256: str


def signature_of(film: Path | str) -> Signature:
    """Of a film's file now; raises `OSError` if it is gone."""
    status = os.stat(film)
    return Signature(status.st_size, status.st_mtime_ns)


class Ledger:
    """One row per film file, by its absolute path. Threads may share it.

    Args:
        file: SQLite file; made if it is not there.
        every_row_at_once: a row is on the disk before `add` returns; else a power cut may take the last ones.

    Raises:
        CxrEdgeError: it cannot be written, or is something else.
    """

    def __init__(self, file: Path, *, every_row_at_once: bool = True) -> None:
        self.file = file
        self._lock = threading.Lock()
        try:
            self.connection = open_database(file, FILMS_TABLE, every_row_at_once=every_row_at_once, threads=True)
            try:
                _refuse_half(self.connection, file)
                self.connection.execute(f"SELECT {', '.join(COLUMNS)} FROM films LIMIT 1")
            except sqlite3.Error:
                self.connection.close()
                raise
        except sqlite3.Error as error:
            raise CxrEdgeError(f"{file}: found {in_words(error)}; expected a ledger of results, or none yet") from None

    def __len__(self) -> int:
        return self._count("")

    def by_others(self, fingerprint: str) -> int:
        """How many films have a result of another model or operating point than that of `fingerprint`."""
        return self._count("WHERE model_sha256 != ?", fingerprint)

    def _count(self, chosen: str, *values: str) -> int:
        with self._lock:
            return int(self.connection.execute(f"SELECT COUNT(*) FROM films {chosen}", values).fetchone()[0])

    def find(self, film: Path | str, signature: Signature) -> Entry | None:
        """The row of `film`, if its file, now of this `signature`, is still the one that was scored."""
        with self._lock:
            row = self._row(film)
        if row is None:
            return None
        entry = _entry(dict(zip(COLUMNS, row, strict=True)))
        if entry.signature == signature:
            return entry
        if entry.signature.bytes != signature.bytes or _sha256(film) != entry.prediction.sha256:
            return None
        with self._lock:  # copied or touched: the same film
            self._write("UPDATE films SET modified_ns = ? WHERE file = ?", (signature.modified_ns, _key(film)), film)
        return replace(entry, signature=signature)

    def add(self, film: Path | str, signature: Signature, prediction: Prediction, classifier: Classifier) -> bool:
        """Write the row of `film`; an earlier one of that file is replaced. Returns whether there was one.

        Raises:
            CxrEdgeError: it cannot be written, for want of space for instance; nothing of it is in the ledger.
        """
        key, p = _key(film), prediction
        row = (
            key, p.path, *signature, p.probability, p.logit, p.decision, " ".join(p.quality), p.error,
            classifier.card.name, classifier.fingerprint, datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            p.sha256, p.age_known, p.heatmap_file,
        )  # fmt: skip
        with self._lock:
            replaced = self._row(film) is not None
            self._write(f"INSERT OR REPLACE INTO films VALUES ({', '.join('?' * len(row))})", row, film)
        return replaced

    def _row(self, film: Path | str) -> tuple[object, ...] | None:
        """`COLUMNS` of `film`; the lock is held."""
        rows = self.connection.execute(f"SELECT {', '.join(COLUMNS)} FROM films WHERE file = ?", (_key(film),))
        return next(iter(rows.fetchall()), None)

    def _write(self, statement: str, values: tuple[object, ...], film: Path | str) -> None:
        try:
            self.connection.execute(statement, values)
        except sqlite3.Error as error:
            raise CxrEdgeError(f"{film}: found {in_words(error)}; expected to write its result") from None

    def scored_at(self, film: Path | str) -> datetime:
        """When `film`, which is in the ledger, was scored; UTC."""
        row = self._row(film)
        assert row is not None
        return datetime.fromisoformat(str(row[COLUMNS.index("scored_at")]))

    def rows(self, film: Path | str | None = None) -> Iterator[tuple[object, ...]]:
        """All rows, or that of `film`, `COLUMNS` each, in the order of scoring."""
        chosen, values = ("WHERE file = ?", (_key(film),)) if film is not None else ("", ())
        yield from self.connection.execute(
            f"SELECT {', '.join(COLUMNS)} FROM films {chosen} ORDER BY scored_at, path", values
        )

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


class Table:
    """The ledger as a CSV file for people, always the same as the ledger.

    It is made anew from the ledger at the start, so a line that a power cut tore is mended.
    """

    def __init__(self, ledger: Ledger, file: Path) -> None:
        self._ledger, self.file = ledger, file
        self.write()

    def write(self) -> None:
        """Write all of it; the old one is replaced at once.

        Raises:
            CxrEdgeError: it cannot be written.
        """
        try:
            with replacing(self.file) as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(COLUMNS)
                writer.writerows(map(spreadsheet_safe, self._ledger.rows()))
        except OSError as error:
            raise CxrEdgeError(f"{self.file}: found {error.strerror}; expected a file to write to") from None

    def append(self, film: Path | str) -> None:
        """Write the row of `film`, which is new in the ledger."""
        try:
            with self.file.open("a", newline="", encoding="utf-8", errors="backslashreplace") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerows(map(spreadsheet_safe, self._ledger.rows(film)))
        except OSError as error:
            raise CxrEdgeError(f"{self.file}: found {error.strerror}; expected a file to write to") from None


def _refuse_half(connection: sqlite3.Connection, file: Path) -> None:
    """Raise `sqlite3.Error` for a copy that was cut short, whose missing rows SQLite would read as empty ones."""
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    if file.stat().st_size % page or connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("database disk image is malformed")


def in_words(error: sqlite3.Error) -> str:
    """What SQLite found, for people."""
    return next((words for text, words in _COMMON_FAULTS.items() if text in str(error)), str(error))


def _key(film: Path | str) -> str:
    """The film's absolute path as text; what is no text in it is escaped."""
    return os.fsencode(os.path.abspath(film)).decode("utf-8", "backslashreplace")


def _sha256(film: Path | str) -> str | None:
    digest = hashlib.sha256()
    try:
        with open(film, "rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def _entry(row: dict[str, object]) -> Entry:
    values = {name: row[name] for name in ("path", "probability", "logit", "decision", "error", "sha256")}
    quality, age_known = tuple(str(row["quality"]).split()), bool(row["age_known"])
    prediction = Prediction(**values, quality=quality, age_known=age_known, heatmap_file=row["heatmap_file"])  # type: ignore[arg-type]
    return Entry(Signature(int(row["bytes"]), int(row["modified_ns"])), prediction, str(row["model_sha256"]))  # type: ignore[call-overload]
