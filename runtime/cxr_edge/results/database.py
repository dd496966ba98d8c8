"""SQLite files that survive the power."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def open_database(
    file: Path, schema: str, *, every_row_at_once: bool = True, threads: bool = False
) -> sqlite3.Connection:
    """Open, or make, a database whose transactions are in it whole or not at all.

    Args:
        file: the database.
        schema: SQL that makes its tables where they are missing.
        every_row_at_once: a transaction is on the disk when it ends. Without it a power cut may take the last ones,
            never a part of one, and a slow disk does not slow the work.
        threads: several threads use the connection, one at a time.

    Raises:
        sqlite3.Error: it cannot be opened or written, or is no database.
    """
    connection = sqlite3.connect(file, isolation_level=None, timeout=30, check_same_thread=not threads)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if every_row_at_once else 'NORMAL'}")
        connection.executescript(schema)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
