"""Films that have been scored and may still be asked about, under a token that cannot be guessed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cxr_edge import CxrEdgeError
from cxr_edge_demo.store.bounded_memory import MAX_SECONDS, BoundedMemory
from cxr_edge_demo.timed_scoring import Scored
from cxr_edge_demo.words import _

MAX_BYTES = 256 * 2**20  # of films; a film has about 1 MB
_OVERHEAD = 600_000  # bytes of a display copy (640 × 640) and a heatmap


@dataclass(frozen=True)
class HeldFilm:
    """A film and what was said of it.

    Attributes:
        film: the file's bytes.
        name: of the file; shown to whoever sent it, and nowhere else.
        answers: one, or two in the order that they are shown in.
    """

    film: bytes
    name: str
    answers: tuple[Scored, ...]


class HeldFilms:
    """Films by token.

    Args:
        max_bytes: of all films together.
        max_seconds: that a film is kept.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, max_seconds: float = MAX_SECONDS) -> None:
        self._memory: BoundedMemory[HeldFilm] = BoundedMemory(max_bytes, _size, max_seconds)

    def put(self, held: HeldFilm) -> str:
        """Keep `held`; returns its token."""
        token = secrets.token_urlsafe(16)
        self._memory.put(token, held)
        return token

    def get(self, token: str | None) -> HeldFilm:
        """What is under `token`.

        Raises:
            CxrEdgeError: nothing is, or not any more.
        """
        if not token:
            raise CxrEdgeError(_("There is no film to answer for. Send one first."))
        held = self._memory.get(token)
        if held is None:
            raise CxrEdgeError(_("This film is no longer in memory. Send it again."))
        return held

    def holds(self, token: str) -> bool:
        """Whether something is under `token`."""
        return self._memory.get(token) is not None

    def discard(self, token: str) -> None:
        """Let go of what is under `token`, if anything is."""
        self._memory.discard(token)

    def drop_old(self) -> None:
        """Let go of what is too old."""
        self._memory.drop_old()


def _size(held: HeldFilm) -> int:
    return len(held.film) + _OVERHEAD * len(held.answers)
