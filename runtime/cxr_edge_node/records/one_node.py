"""That only one node works in a spool: two would answer every film twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from cxr_edge import CxrEdgeError


def hold(spool: Path) -> sqlite3.Connection:
    """Take the spool; it is free again when the connection is closed, or the process ends in whatever way.

    SQLite's lock is the only one that the standard library has on every system.

    Raises:
        CxrEdgeError: another node has it, or it is no folder to write to.
    """
    try:
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        spool.chmod(0o700)  # films are private
        connection = sqlite3.connect(spool / "node.lock", timeout=2, check_same_thread=False)
        connection.execute("BEGIN EXCLUSIVE")
    except OSError as error:
        raise CxrEdgeError(f"{spool}: found {error.strerror}; expected a folder to write to") from None
    except sqlite3.Error as error:
        found = "another node at work" if "locked" in str(error) else str(error)
        raise CxrEdgeError(f"{spool}: found {found}; expected a spool of this node alone") from None
    return connection
