"""How long to wait: for an archive, and before the next attempt."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Timer

FIRST = 1.0
LONGEST = 300.0
"""Seconds before the second attempt, and at most before any."""
SLOWEST = 65_536.0
"""Bytes a second of the slowest line that is waited for: half a megabit."""
GRACE = 5.0
"""Seconds after a time-out of pynetdicom or of a socket before the connection is cut from outside."""


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 1, 2, 4 … 300, less up to a fifth.

    The fifth is drawn by chance, so that several nodes do not call an archive that is back at the same moment.
    """
    doublings = min(max(failures - 1, 0), 30)  # no power of two that is no float
    return min(FIRST * 2.0**doublings, LONGEST) * random.uniform(0.8, 1.0)


@dataclass(frozen=True)
class TimeOuts:
    """Seconds to wait for an archive.

    Attributes:
        connect: for the TCP connection, and again for each step of TLS.
        associate: for the answer to the request for an association, or for its release.
        answer: for the answer to one object, beside the time that its bytes take on the slowest line.
    """

    connect: float = 10.0
    associate: float = 15.0
    answer: float = 60.0

    def for_object(self, bytes: int) -> float:
        """For one object of so many bytes to be sent and answered."""
        return self.answer + bytes / SLOWEST


@contextmanager
def deadline(seconds: float, act: Callable[[], None]) -> Iterator[Event]:
    """Call `act` from another thread if the body takes longer than `seconds`; the event says that it was called.

    Time-outs of sockets start anew with each byte; an archive that sends one now and then would hold a thread for ever.
    """
    late = Event()

    def end() -> None:
        late.set()
        act()

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
