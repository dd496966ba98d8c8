"""The node's database: one SQLite file, ``node.sqlite`` in the spool.

It holds UIDs, hashes, reason codes and times, and nothing about patients. The table ``films`` of
`cxr_edge.results.ledger`, with the scores, is in the same file.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cxr_edge import CxrEdgeError
from cxr_edge.results.database import open_database
from cxr_edge.results.ledger import FILMS_TABLE, in_words

FILE = "node.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY, sop_instance_uid TEXT NOT NULL, sha256 TEXT NOT NULL, sop_class_uid TEXT NOT NULL,
    transfer_syntax_uid TEXT NOT NULL, file TEXT NOT NULL, bytes INTEGER NOT NULL, calling_aet TEXT NOT NULL,
    received_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'waiting',
    outcome TEXT, reasons TEXT NOT NULL DEFAULT '', answered_at REAL, kept INTEGER NOT NULL DEFAULT 1,
    UNIQUE (sop_instance_uid, sha256));
CREATE INDEX IF NOT EXISTS received_state ON received (state, id);
CREATE INDEX IF NOT EXISTS received_file ON received (file);
CREATE TABLE IF NOT EXISTS answers (
    sop_instance_uid TEXT PRIMARY KEY, received_id INTEGER NOT NULL, kind TEXT NOT NULL, sop_class_uid TEXT NOT NULL,
    file TEXT NOT NULL, made_at REAL NOT NULL, kept INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_of ON answers (received_id);
CREATE TABLE IF NOT EXISTS deliveries (
    sop_instance_uid TEXT NOT NULL, destination TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0, next_attempt REAL NOT NULL, error TEXT, sent_at REAL,
    PRIMARY KEY (destination, sop_instance_uid)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (destination, state, next_attempt);
CREATE TABLE IF NOT EXISTS refusals (
    id INTEGER PRIMARY KEY, refused_at REAL NOT NULL, calling_aet TEXT NOT NULL, address TEXT NOT NULL,
    reason TEXT NOT NULL);
"""


class SpoolDatabase:
    """The file and its tables, for the threads of one process; others may read it meanwhile.

    Args:
        spool: folder that holds the file.

    Raises:
        CxrEdgeError: it cannot be opened, or is something else.
    """

    def __init__(self, spool: Path) -> None:
        self.file = spool / FILE
        self._lock = threading.Lock()
        try:
            self.connection = open_database(self.file, f"{FILMS_TABLE};{_SCHEMA}", threads=True)
        except sqlite3.Error as error:
            raise CxrEdgeError(f"{self.file}: found {in_words(error)}; expected a node's ledger, or none yet") from None

    @classmethod
    def of_a_node(cls, spool: Path) -> SpoolDatabase:
        """The database that a node has made, whether it runs or not.

        Raises:
            CxrEdgeError: there is none in `spool`.
        """
        if not (spool / FILE).is_file():
            raise CxrEdgeError(f"{spool}: found no {FILE}; expected the spool of a node")
        return cls(spool)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of a SELECT; raises `CxrEdgeError` if it cannot be read."""
        with self._lock:
            try:
                return self.connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise self._in_our_words(error) from None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when it ends, whole or not at all.

        Raises:
            CxrEdgeError: it cannot be.
        """
        with self._lock:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self.connection
                except BaseException:
                    self.connection.execute("ROLLBACK")
                    raise
                self.connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._in_our_words(error) from None

    def _in_our_words(self, error: sqlite3.Error) -> CxrEdgeError:
        return CxrEdgeError(f"{self.file}: found {in_words(error)}; expected a ledger to read and write")
