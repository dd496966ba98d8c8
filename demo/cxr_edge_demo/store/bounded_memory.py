"""What is kept in memory for a while: bounded, the oldest goes first, and nothing of it is on disk."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
MAX_SECONDS = 30 * 60


class BoundedMemory(Generic[Value]):
    """Values by key.

    Args:
        capacity: of all values together, in the unit of `size`.
        size: of one value; by default each counts as one.
        max_seconds: that a value is kept after it was put.
    """

    def __init__(
        self, capacity: int, size: Callable[[Value], int] = lambda value: 1, max_seconds: float = MAX_SECONDS
    ) -> None:
        self._capacity, self._size, self._max_seconds = capacity, size, max_seconds
        self._entries: OrderedDict[str, tuple[float, int, Value]] = OrderedDict()
        self._used = 0
        self._lock = threading.Lock()

    def put(self, key: str, value: Value) -> None:
        """Keep `value`; one that was under the same key goes."""
        with self._lock:
            self._put(key, value)

    def renew(self, key: str, make: Callable[[], Value]) -> Value:
        """What is under `key`, or what `make` makes, kept as if it had been put now."""
        with self._lock:  # two threads at once get the same one
            self._drop()
            value = self._entries[key][2] if key in self._entries else make()
            self._put(key, value)
            return value

    def get(self, key: str) -> Value | None:
        """What is under `key`; None if nothing is, or not any more."""
        with self._lock:
            self._drop()
            return self._entries[key][2] if key in self._entries else None

    def discard(self, key: str) -> None:
        """Let go of what is under `key`, if anything is."""
        with self._lock:
            self._remove(key)

    def drop_old(self) -> None:
        """Let go of what is too old."""
        with self._lock:
            self._drop()

    def _put(self, key: str, value: Value) -> None:
        self._remove(key)
        size = self._size(value)
        self._entries[key] = (time.monotonic(), size, value)
        self._used += size
        self._drop()

    def _remove(self, key: str) -> None:
        _, size, _ = self._entries.pop(key, (0.0, 0, None))
        self._used -= size

    def _drop(self) -> None:
        oldest = time.monotonic() - self._max_seconds
        while self._entries:
            key, (since, _, _) = next(iter(self._entries.items()))
            if since > oldest and self._used <= self._capacity:
                return
            self._remove(key)
