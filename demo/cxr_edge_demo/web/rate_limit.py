"""How often one client may ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_MAX_CLIENTS = 10_000  # remembered; beyond, those that have rested are forgotten


class RateLimit:
    """So many requests a minute for each client, and as many at once after a rest (a token bucket).

    Args:
        per_minute: above zero.
        clock: seconds, for tests.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute, self._clock = per_minute, clock
        self._left: dict[str, tuple[float, float]] = {}  # requests left, at which time
        self._lock = threading.Lock()

    def wait(self, client: str) -> float:
        """Seconds until `client` may ask again; 0 if it may now, which is counted."""
        now = self._clock()
        with self._lock:
            left, since = self._left.get(client, (self.per_minute, now))
            left = min(self.per_minute, left + (now - since) * self.per_minute / 60)
            allowed = left >= 1
            self._left[client] = (left - allowed, now)
            if len(self._left) > _MAX_CLIENTS:
                self._forget(now)
        return 0.0 if allowed else (1 - left) * 60 / self.per_minute

    def _forget(self, now: float) -> None:
        kept = {client: state for client, state in self._left.items() if now - state[1] < 60}
        self._left = kept if len(kept) <= _MAX_CLIENTS else {}
