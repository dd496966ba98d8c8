"""What has been scored and may still be asked about: in memory, bounded, for a while. Nothing of it is on disk."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from cxr_edge import CxrEdgeError
from cxr_edge.errors import one_line
from cxr_edge_demo.scoring import Scored

MAX_BYTES = 256 * 2**20  # of films; a film has about 1 MB
MAX_SECONDS = 30 * 60
_OVERHEAD = 600_000  # bytes of a display copy (640 × 640) and a heatmap


@dataclass(frozen=True)
class Held:
    """A film and what was said of it.

    Attributes:
        film: the file's bytes.
        name: of the file; shown to whoever sent it, and nowhere else.
        answers: one, or two in the order that they are shown in.
    """

    film: bytes
    name: str
    answers: tuple[Scored, ...]


class Shelf:
    """Films by a token that cannot be guessed; the oldest go first.

    Args:
        max_bytes: of all films together.
        max_seconds: that a film is kept.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, max_seconds: float = MAX_SECONDS) -> None:
        self._max_bytes, self._max_seconds = max_bytes, max_seconds
        self._held: OrderedDict[str, tuple[float, Held]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def put(self, held: Held) -> str:
        """Keep `held`; returns its token."""
        token = secrets.token_urlsafe(16)
        with self._lock:
            self._held[token] = (time.monotonic(), held)
            self._bytes += _size(held)
            self._drop()
        return token

    def get(self, token: str | None) -> Held:
        """What is under `token`.

        Raises:
            CxrEdgeError: nothing is, or not any more.
        """
        with self._lock:
            self._drop()
            if token is None or token not in self._held:
                found = "no film" if not token else "a film that is no longer held"
                raise CxrEdgeError(one_line(f"found {found}; expected one that was scored here: send it again"))
            return self._held[token][1]

    def discard(self, token: str | None) -> None:
        """Let go of what is under `token`, if anything is."""
        with self._lock:
            _, held = self._held.pop(token or "", (0.0, None))
            self._bytes -= _size(held) if held else 0

    def drop_old(self) -> None:
        """Let go of what is too old."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        oldest = time.monotonic() - self._max_seconds
        while self._held:
            token, (since, held) = next(iter(self._held.items()))
            if since > oldest and self._bytes <= self._max_bytes:
                return
            del self._held[token]
            self._bytes -= _size(held)


def _size(held: Held) -> int:
    return len(held.film) + _OVERHEAD * len(held.answers)
