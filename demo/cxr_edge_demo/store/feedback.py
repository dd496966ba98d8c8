"""What users say: diagnoses and votes, in one SQLite file that survives the power."""

from __future__ import annotations

import os
import sqlite3
import threading
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cxr_edge import CxrEdgeError
from cxr_edge.results.database import open_database
from cxr_edge_demo.timed_scoring import Scored

DIAGNOSES = ("pneumonia", "normal", "other", "unsure")
PREFERENCES = ("A", "B", "equal")
MAX_COMMENT = 1000  # characters
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
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Diagnosis:
    """What a user says of a film.

    Attributes:
        diagnosis: one of `DIAGNOSES`.
        comment: free text, at most `MAX_COMMENT` characters.
    """

    diagnosis: str
    comment: str = ""

    def __post_init__(self) -> None:
        _check_choice(self.diagnosis, DIAGNOSES, "Choose a diagnosis before saving")
        if len(self.comment) > MAX_COMMENT:
            raise CxrEdgeError(f"Shorten the comment: it has {len(self.comment)} characters, {MAX_COMMENT} at most.")


class Feedback:
    """The file. A row is in it whole, and on the disk, before a method returns.

    No name of a file or of a person is ever written, and a film only as a PNG of its pixels.

    Args:
        file: made if it is not there, readable by its owner only.

    Raises:
        CxrEdgeError: it cannot be used, or is something else.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        try:
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # before SQLite makes it readable by everybody
            self._connection = open_database(file, _TABLES, threads=True)
        except (sqlite3.Error, OSError) as error:
            raise CxrEdgeError(f"{file}: found {error}; expected a file of feedback, or none yet") from None

    def add(self, scored: Scored, said: Diagnosis, png: bytes | None = None) -> None:
        """Write what was said of a film, and what the model had answered.

        Args:
            scored: the answer.
            said: the diagnosis.
            png: the film's pixels, if its owner lets it be kept.

        Raises:
            CxrEdgeError: it cannot be written; nothing of it is in the file then.
        """
        p, card = scored.prediction, scored.classifier.card
        row = (
            _now(), scored.sha256, card.name, card.version, scored.classifier.fingerprint, card.threshold,
            p.probability, p.decision, said.diagnosis, said.comment,
        )  # fmt: skip
        columns = "at, film_sha256, model, version, model_sha256, threshold, probability, decision, diagnosis, comment"
        statements: list[tuple[str, Row]] = [(f"INSERT INTO feedback ({columns}) VALUES ({_marks(row)})", row)]
        if png is not None:
            statements.append(("INSERT OR IGNORE INTO films VALUES (?, ?, ?)", (scored.sha256, _now(), png)))
        self._write(statements)

    def vote(self, a: Scored, b: Scored, preferred: str, shows: str) -> None:
        """Write which of two answers to the same film reads better, and what the film shows.

        Raises:
            CxrEdgeError: as `add`, or for another word than those of `PREFERENCES` and `DIAGNOSES`.
        """
        _check_choice(preferred, PREFERENCES, "Choose which answer reads better before voting")
        _check_choice(shows, DIAGNOSES, "Choose what the film shows before voting")
        models = [value for s in (a, b) for value in (s.classifier.card.name, s.classifier.fingerprint)]
        row = (_now(), a.sha256, *models, preferred, shows)
        columns = "at, film_sha256, model_a, model_a_sha256, model_b, model_b_sha256, preferred, shows"
        self._write([(f"INSERT INTO votes ({columns}) VALUES ({_marks(row)})", row)])

    def rows(self, query: str, values: Row = ()) -> list[Row]:
        """The rows that a query finds."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _write(self, statements: list[tuple[str, Row]]) -> None:
        with self._lock:
            try:
                with self._connection:
                    self._connection.execute("BEGIN IMMEDIATE")
                    for statement, values in statements:
                        self._connection.execute(statement, values)
            except sqlite3.Error as error:
                raise CxrEdgeError(_why_not_saved(error)) from None


def _check_choice(value: str, choices: tuple[str, ...], sentence: str) -> None:
    if value not in choices:
        raise CxrEdgeError(f"{sentence}: {', '.join(choices[:-1])} or {choices[-1]}.")


def _why_not_saved(error: sqlite3.Error) -> str:
    """A sentence to whoever pressed Save."""
    found = str(error)
    if "locked" in found:
        return "Could not save: another program has the feedback file open. Close it and save again."
    if "full" in found:
        return "Could not save: the disk of the server is full."
    return f"Could not save: the feedback file cannot be written ({found})."


def _marks(row: Row) -> str:
    return ", ".join("?" * len(row))


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
