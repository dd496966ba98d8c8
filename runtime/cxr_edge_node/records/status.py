"""What waits, what was sent, what was refused and why: for people and as JSON."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from cxr_edge_node.records.spool_database import SpoolDatabase

SCHEMA = 1
SHOWN = 10
"""Refusals and delivery errors that are listed, the latest first."""


def read_status(spool: Path) -> dict[str, Any]:
    """The state of a node, whether it runs or not.

    Returns:
        ``schema``; ``received`` and ``outcomes``, counts by state and by outcome; ``reasons``, counts by code;
        ``oldest_waiting_seconds`` of a film, or None; ``deliveries``, counts by destination and state; ``errors``, by
        destination the latest `SHOWN` different ones with how many answers have them; ``refusals``, the latest
        `SHOWN`.

    Raises:
        CxrEdgeError: there is no node's ledger in `spool`.
    """
    with closing(SpoolDatabase.of_a_node(spool)) as database:
        return _status(database)


def _status(database: SpoolDatabase) -> dict[str, Any]:
    received: dict[str, int] = {"waiting": 0, "answered": 0, "duplicate": 0, "own answer": 0}
    received |= dict(database.rows("SELECT state, COUNT(*) FROM received GROUP BY state"))
    outcomes: dict[str, int] = {"scored": 0, "not scored": 0, "failed": 0}
    outcomes |= dict(database.rows("SELECT outcome, COUNT(*) FROM received WHERE outcome IS NOT NULL GROUP BY outcome"))
    reasons: dict[str, int] = {}
    for codes, count in database.rows("SELECT reasons, COUNT(*) FROM received WHERE reasons != '' GROUP BY reasons"):
        for code in codes.split():
            reasons[code] = reasons.get(code, 0) + count
    ((oldest,),) = database.rows("SELECT MIN(received_at) FROM received WHERE state = 'waiting'")
    deliveries: dict[str, dict[str, int]] = {}
    for destination, state, count in database.rows(
        "SELECT destination, state, COUNT(*) FROM deliveries GROUP BY destination, state"
    ):
        empty = {"waiting": 0, "sent": 0, "refused": 0, "given up": 0}
        deliveries.setdefault(destination, empty)[state] = count
    errors = {destination: _errors(database, destination) for destination in deliveries}
    refusals = database.rows(
        "SELECT refused_at, calling_aet, address, reason FROM refusals ORDER BY id DESC LIMIT ?", SHOWN
    )
    return {
        "schema": SCHEMA,
        "received": received,
        "outcomes": outcomes,
        "reasons": dict(sorted(reasons.items())),
        "oldest_waiting_seconds": None if oldest is None else round(time.time() - oldest, 1),
        "deliveries": deliveries,
        "errors": errors,
        "refusals": [
            {"at": _moment(at), "calling_aet": aet, "address": address, "reason": reason}
            for at, aet, address, reason in refusals
        ],
    }


def _errors(database: SpoolDatabase, destination: str) -> list[dict[str, Any]]:
    rows = database.rows(
        "SELECT error, state, COUNT(*), MIN(next_attempt) FROM deliveries WHERE destination = ? AND error IS NOT NULL "
        "GROUP BY error, state ORDER BY MAX(next_attempt) DESC LIMIT ?",
        destination, SHOWN,
    )  # fmt: skip
    now = time.time()
    return [
        {"error": error, "state": state, "answers": count, "next_attempt": _moment(at) if at > now else None}
        for error, state, count, at in rows
    ]


def in_words(status: dict[str, Any]) -> str:
    """`read_status` for people, some lines."""
    lines = [
        f"films received      {_counts(status['received'])}",
        f"answers             {_counts(status['outcomes'])}",
    ]
    if status["reasons"]:
        lines.append(f"reasons             {_counts(status['reasons'])}")
    if status["oldest_waiting_seconds"] is not None:
        lines.append(f"oldest waiting film {status['oldest_waiting_seconds']} s")
    for destination, counts in status["deliveries"].items():
        lines.append(f"to {destination}: {_counts(counts)}")
        for one in status["errors"][destination]:
            again = f", next attempt {one['next_attempt']}" if one["next_attempt"] else ""
            lines.append(f"    {one['answers']} {one['state']}: {one['error']}{again}")
    if not status["deliveries"]:
        lines.append("answers are sent nowhere: no --forward or --forward-web was given")
    if status["refusals"]:
        lines.append("latest refusals:")
        lines += [
            f"    {one['at']}  {one['calling_aet']}@{one['address']}: {one['reason']}" for one in status["refusals"]
        ]
    return "\n".join(lines)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"


def _moment(seconds: float) -> str:
    """Local time with its zone, ISO 8601."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")
