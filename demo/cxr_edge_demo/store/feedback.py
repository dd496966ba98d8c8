"""What users say: diagnoses and votes, in one SQLite file that survives the power."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cxr_edge import CxrEdgeError
from cxr_edge_demo.store.feedback_schema import open_feedback
from cxr_edge_demo.store.places import Place, as_text
from cxr_edge_demo.timed_scoring import Scored
from cxr_edge_demo.words import _

DIAGNOSES = ("pneumonia", "normal", "other", "unsure")
PREFERENCES = ("A", "B", "equal")
MAX_COMMENT = 1000  # characters
Row = tuple[Any, ...]
_FEEDBACK = (
    "at, film_sha256, model, version, model_sha256, threshold, probability, decision, diagnosis, comment, place, keeps"
)
_VOTES = "at, film_sha256, model_a, model_a_sha256, model_b, model_b_sha256, preferred, shows"
# A row that let the film be kept takes it along, unless another row lets it stay. Rows of old files may have (NULL).
_FORGET_FILM = """
DELETE FROM films WHERE film_sha256 = (SELECT film_sha256 FROM feedback WHERE id = ? AND keeps IS NOT 0)
AND NOT EXISTS (
    SELECT 1 FROM feedback AS other
    WHERE other.film_sha256 = films.film_sha256 AND other.id <> ? AND other.keeps IS NOT 0)
"""


@dataclass(frozen=True)
class Diagnosis:
    """What a user says of a film.

    Attributes:
        diagnosis: one of `DIAGNOSES`.
        comment: free text, at most `MAX_COMMENT` characters.
        places: where on the film it is seen.
    """

    diagnosis: str
    comment: str = ""
    places: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        _check_choice(self.diagnosis, DIAGNOSES, _("Choose a diagnosis before saving: {choices}."))
        if len(self.comment) > MAX_COMMENT:
            sentence = _("Shorten the comment: it has {found} characters, {most} at most.")
            raise CxrEdgeError(sentence.format(found=len(self.comment), most=MAX_COMMENT))


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
        self._connection = open_feedback(file)

    def add(self, scored: Scored, said: Diagnosis, png: bytes | None = None) -> int:
        """Write what was said of a film, and what the model had answered; returns the row's id, for `undo`.

        Args:
            scored: the answer.
            said: the diagnosis.
            png: the film's pixels, if its owner lets it be kept.

        Raises:
            CxrEdgeError: it cannot be written; nothing of it is in the file then.
        """
        return self.add_all([scored], said, png)[0]

    def add_all(
        self, answers: Sequence[Scored], said: Diagnosis, png: bytes | None = None, instead_of: Sequence[int] = ()
    ) -> tuple[int, ...]:
        """As `add` for each of a film's answers; whole or not at all.

        Args:
            answers: one row each.
            said, png: as in `add`.
            instead_of: rows that this replaces, such as those of a word that was changed.
        """
        now, place, keeps = _now(), as_text(said.places), png is not None
        with self._writing() as connection:
            self._remove(connection, instead_of)
            ids = []
            for scored in answers:
                p, card = scored.prediction, scored.classifier.card
                row = (
                    now, scored.sha256, card.name, card.version, scored.classifier.fingerprint, card.threshold,
                    p.probability, p.decision, said.diagnosis, said.comment, place, keeps,
                )  # fmt: skip
                ids.append(_insert(connection, "feedback", _FEEDBACK, row))
            if png is not None:
                connection.execute("INSERT OR IGNORE INTO films VALUES (?, ?, ?)", (answers[0].sha256, now, png))
        return tuple(ids)

    def undo(self, *ids: int) -> None:
        """Take rows back; a film goes with the last row that let it be kept.

        Raises:
            CxrEdgeError: it cannot be written.
        """
        with self._writing() as connection:
            self._remove(connection, ids)

    def vote(self, a: Scored, b: Scored, preferred: str, shows: str | None = None) -> int:
        """Write which of two answers to the same film reads better; returns the vote's id, for `undo_vote`.

        Args:
            a, b: the answers, in the order that they were shown in.
            preferred: one of `PREFERENCES`.
            shows: what the film shows, one of `DIAGNOSES`; None if nobody was asked.

        Raises:
            CxrEdgeError: as `add`, or for another word than those.
        """
        _check_choice(preferred, PREFERENCES, _("Choose which answer reads better before voting: {choices}."))
        if shows is not None:
            _check_choice(shows, DIAGNOSES, _("Choose what the film shows before voting: {choices}."))
        models = [value for s in (a, b) for value in (s.classifier.card.name, s.classifier.fingerprint)]
        with self._writing() as connection:
            return _insert(connection, "votes", _VOTES, (_now(), a.sha256, *models, preferred, shows or ""))

    def undo_vote(self, id: int) -> None:
        """Take a vote back.

        Raises:
            CxrEdgeError: it cannot be written.
        """
        with self._writing() as connection:
            connection.execute("DELETE FROM votes WHERE id = ?", (id,))

    def rows(self, query: str, values: Row = ()) -> list[Row]:
        """The rows that a query finds."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with self._connection:
                    self._connection.execute("BEGIN IMMEDIATE")
                    yield self._connection
            except sqlite3.Error as error:
                raise CxrEdgeError(_why_not_saved(error)) from None

    @staticmethod
    def _remove(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
        for id in ids:
            connection.execute(_FORGET_FILM, (id, id))
            connection.execute("DELETE FROM feedback WHERE id = ?", (id,))


def _insert(connection: sqlite3.Connection, table: str, columns: str, row: Row) -> int:
    marks = ", ".join("?" * len(row))
    return int(connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", row).lastrowid or 0)


def _check_choice(value: str, choices: tuple[str, ...], sentence: str) -> None:
    if value not in choices:
        raise CxrEdgeError(sentence.format(choices=f"{', '.join(choices[:-1])} or {choices[-1]}"))


def _why_not_saved(error: sqlite3.Error) -> str:
    """A sentence to whoever pressed Save."""
    found = str(error)
    if "locked" in found:
        return _("Could not save: another program has the feedback file open. Close it and save again.")
    if "full" in found:
        return _("Could not save: the disk of the server is full.")
    return _("Could not save: the feedback file cannot be written ({found}).").format(found=found)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
