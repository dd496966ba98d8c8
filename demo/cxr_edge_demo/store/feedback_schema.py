"""The tables of the file of feedback, and how a file of an older version gets the columns that it lacks."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from cxr_edge import CxrEdgeError
from cxr_edge.results.database import open_database

_TABLES = """
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, film_sha256 TEXT NOT NULL,
    model TEXT NOT NULL, version TEXT NOT NULL, model_sha256 TEXT NOT NULL, threshold REAL NOT NULL,
    probability REAL NOT NULL, decision TEXT NOT NULL, diagnosis TEXT NOT NULL, comment TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS films (film_sha256 TEXT PRIMARY KEY, at TEXT NOT NULL, png BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS votes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, film_sha256 TEXT NOT NULL,
    model_a TEXT NOT NULL, model_a_sha256 TEXT NOT NULL, model_b TEXT NOT NULL, model_b_sha256 TEXT NOT NULL,
    preferred TEXT NOT NULL, shows TEXT NOT NULL);
"""
# Since when they are there; a file made now gets them in the same way, so that there is one way.
_ADDED = {
    "place": "TEXT NOT NULL DEFAULT ''",  # JSON of rectangles, as `places.as_text` writes it
    "keeps": "INTEGER",  # whether this row let the film be kept; nobody wrote it down in old files
}


def open_feedback(file: Path) -> sqlite3.Connection:
    """Open a file of feedback, or make one that only its owner reads; an old one gets its new columns.

    Raises:
        CxrEdgeError: it cannot be used, or is something else.
    """
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # before SQLite makes it readable by everybody
        connection = open_database(file, _TABLES, threads=True)
        try:
            connection.execute("PRAGMA secure_delete=ON")  # what was taken back is overwritten, not only unlinked
            _add_columns(connection)
        except sqlite3.Error:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise CxrEdgeError(f"{file}: found {error}; expected a file of feedback, or none yet") from None
    return connection


def _add_columns(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")  # two demos that open it at once add each column once
        found = {row[1] for row in connection.execute("PRAGMA table_info(feedback)")}
        for name, kind in _ADDED.items():
            if name not in found:
                connection.execute(f"ALTER TABLE feedback ADD COLUMN {name} {kind}")
