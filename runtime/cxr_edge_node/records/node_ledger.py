"""The node's ledger: every film that was received, what was answered, and what has been sent where."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cxr_edge_node.records.spool_database import SpoolDatabase

KEPT_REFUSALS = 1000
"""Rows of the table ``refusals``; older ones go, so that nobody can fill the disk with them."""

State = Literal["waiting", "answered", "duplicate", "own answer"]
"""Of a film. ``duplicate``: answered already, in another encoding; ``own answer``: an archive sent one back."""


@dataclass(frozen=True)
class Film:
    """One received object. `file` is relative to the spool, `received_at` in seconds since 1970.

    `attempts` are those to score it that did not end.
    """

    id: int
    sop_instance_uid: str
    sha256: str
    sop_class_uid: str
    transfer_syntax_uid: str
    file: str
    bytes: int
    calling_aet: str
    received_at: float
    attempts: int


@dataclass(frozen=True)
class MadeAnswer:
    """An answer object on the disk. `kind` is ``report`` or ``picture``; `file` is relative to the spool."""

    sop_instance_uid: str
    kind: str
    sop_class_uid: str
    file: str


@dataclass(frozen=True)
class Delivery:
    """An answer that has to be sent. `answered_at` is when it was made, in seconds since 1970."""

    answer: MadeAnswer
    attempts: int
    answered_at: float


class NodeLedger(SpoolDatabase):
    """All of it; every method raises `CxrEdgeError` when it cannot read or write."""

    def receive(
        self, *, sop_instance_uid: str, sha256: str, sop_class_uid: str, transfer_syntax_uid: str, file: str,
        bytes: int, calling_aet: str,
    ) -> bool:  # fmt: skip
        """Note an object that is on the disk. Returns False if this very object is known already."""
        row = (sop_instance_uid, sha256, sop_class_uid, transfer_syntax_uid, file, bytes, calling_aet, time.time())
        with self.writing() as connection:
            cursor = connection.execute(
                "INSERT OR IGNORE INTO received (sop_instance_uid, sha256, sop_class_uid, transfer_syntax_uid, file, "
                f"bytes, calling_aet, received_at) VALUES ({', '.join('?' * len(row))})",
                row,
            )
            return cursor.rowcount == 1

    def knows(self, sop_instance_uid: str, sha256: str) -> bool:
        """Whether this very object was received before."""
        return bool(
            self.rows("SELECT 1 FROM received WHERE sop_instance_uid = ? AND sha256 = ?", sop_instance_uid, sha256)
        )

    def has_file(self, file: str) -> bool:
        """Whether a file of the spool is that of a received object."""
        return bool(self.rows("SELECT 1 FROM received WHERE file = ?", file))

    def next_waiting(self) -> Film | None:
        """The object that has waited longest for its answer."""
        rows = self.rows(f"SELECT {_FILM} FROM received WHERE state = 'waiting' ORDER BY id LIMIT 1")
        return Film(*rows[0]) if rows else None

    def count_attempt(self, film: Film) -> None:
        """Note that scoring an object did not end: it stopped its process, or took too long."""
        with self.writing() as connection:
            connection.execute("UPDATE received SET attempts = attempts + 1 WHERE id = ?", (film.id,))

    def answered_before(self, film: Film) -> list[tuple[Film, str]]:
        """Other objects of the same SOP Instance UID that were answered, with their outcomes, the oldest first."""
        rows = self.rows(
            f"SELECT {_FILM}, outcome FROM received WHERE sop_instance_uid = ? AND id != ? AND state = 'answered' "
            "ORDER BY id",
            film.sop_instance_uid, film.id,
        )  # fmt: skip
        return [(Film(*row[:-1]), row[-1]) for row in rows]

    def close_film(
        self, film: Film, state: State, outcome: str | None, reasons: Sequence[str], answers: Sequence[MadeAnswer],
        destinations: Sequence[str],
    ) -> None:  # fmt: skip
        """Note what became of an object, its answers, and that these have to be sent: all of it or nothing."""
        now = time.time()
        with self.writing() as connection:
            connection.execute(
                "UPDATE received SET state = ?, outcome = ?, reasons = ?, answered_at = ? WHERE id = ?",
                (state, outcome, " ".join(reasons), now, film.id),
            )
            for one in answers:
                connection.execute(
                    "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, 1)",
                    (one.sop_instance_uid, film.id, one.kind, one.sop_class_uid, one.file, now),
                )
                connection.executemany(
                    "INSERT OR IGNORE INTO deliveries (sop_instance_uid, destination, next_attempt) VALUES (?, ?, ?)",
                    [(one.sop_instance_uid, destination, now) for destination in destinations],
                )

    def due(self, destination: str, most: int = 100) -> list[Delivery]:
        """Answers that should be sent to `destination` now, the oldest first."""
        rows = self.rows(
            "SELECT a.sop_instance_uid, a.kind, a.sop_class_uid, a.file, d.attempts, a.made_at FROM deliveries d "
            "JOIN answers a USING (sop_instance_uid) WHERE d.destination = ? AND d.state IN ('waiting', 'refused') "
            "AND d.next_attempt <= ? ORDER BY d.next_attempt LIMIT ?",
            destination, time.time(), most,
        )  # fmt: skip
        return [Delivery(MadeAnswer(*row[:4]), *row[4:]) for row in rows]

    def leave_out(self, destinations: Sequence[str]) -> None:
        """Give up what waits for destinations other than these: nobody would send it."""
        others = f"destination NOT IN ({', '.join('?' * len(destinations))}) AND state IN ('waiting', 'refused')"
        with self.writing() as connection:
            connection.execute(
                f"UPDATE deliveries SET state = 'given up', error = 'no longer a destination' WHERE {others}",
                tuple(destinations),
            )

    def sent(self, destination: str, sop_instance_uid: str) -> None:
        """Note that an answer has arrived."""
        self._delivery(destination, sop_instance_uid, "sent", None, 0.0)

    def not_sent(
        self, destination: str, sop_instance_uid: str, state: Literal["waiting", "refused", "given up"], error: str,
        again_in: float,
    ) -> None:  # fmt: skip
        """Note why an answer has not arrived, and when to try again, in seconds from now."""
        self._delivery(destination, sop_instance_uid, state, error, again_in)

    def _delivery(self, destination: str, uid: str, state: str, error: str | None, again_in: float) -> None:
        now = time.time()
        with self.writing() as connection:
            connection.execute(
                "UPDATE deliveries SET state = ?, error = ?, attempts = attempts + 1, next_attempt = ?, sent_at = ? "
                "WHERE destination = ? AND sop_instance_uid = ?",
                (state, error, now + again_in, now if state == "sent" else None, destination, uid),
            )

    def refuse(self, calling_aet: str, address: str, reason: str) -> None:
        """Note that something was refused; of these only the last `KEPT_REFUSALS` are kept."""
        with self.writing() as connection:
            row = (time.time(), calling_aet, address, reason)
            cursor = connection.execute(
                "INSERT INTO refusals (refused_at, calling_aet, address, reason) VALUES (?, ?, ?, ?)", row
            )
            connection.execute("DELETE FROM refusals WHERE id <= ?", ((cursor.lastrowid or 0) - KEPT_REFUSALS,))

    def files_to_delete(self, older_than: float) -> list[str]:
        """Files of films that were answered before a time (seconds since 1970) and whose answers need not be sent."""
        done = """r.state != 'waiting' AND r.answered_at < ? AND NOT EXISTS (SELECT 1 FROM answers a JOIN deliveries d
            USING (sop_instance_uid) WHERE a.received_id = r.id AND d.state IN ('waiting', 'refused'))"""
        rows = self.rows(
            f"SELECT r.file FROM received r WHERE r.kept AND {done} UNION ALL "
            f"SELECT b.file FROM answers b JOIN received r ON b.received_id = r.id WHERE b.kept AND {done}",
            older_than, older_than,
        )  # fmt: skip
        return [file for (file,) in rows]

    def forget_files(self, files: Sequence[str]) -> None:
        """Note that files are deleted; what is known of them stays."""
        with self.writing() as connection:
            for table in ("received", "answers"):
                connection.executemany(f"UPDATE {table} SET kept = 0 WHERE file = ?", [(file,) for file in files])


_FILM = ", ".join(Film.__annotations__)
