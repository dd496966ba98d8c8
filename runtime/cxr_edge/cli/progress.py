"""How far a command is, and which films could not be read, on standard error."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxr_edge.prediction import Prediction


class Progress:
    """Passes predictions on, names the unreadable ones on standard error, and shows how far it is and how fast.

    The first Ctrl-C ends it after the film in work, so that what was scored can still be written; a second one, or one
    before the first film, stops the program as usual.

    Args:
        predictions: as they come.
        total: how many there will be.
        bar: whether to show the progress line.

    Attributes:
        unreadable: how many of those passed on could not be read.
        done: how many were passed on.
        interrupted: whether Ctrl-C ended it early.
    """

    def __init__(self, predictions: Iterator[Prediction], total: int, bar: bool) -> None:
        self.predictions, self.total, self.bar = predictions, total, bar
        self.unreadable, self.done, self.interrupted = 0, 0, False

    def __iter__(self) -> Iterator[Prediction]:
        clear = "\r\x1b[K" if self.bar else ""
        started = time.monotonic()
        before = None
        with suppress(ValueError):  # not in the main thread: Ctrl-C goes elsewhere
            before = signal.signal(signal.SIGINT, self._interrupt)
        try:
            for prediction in self.predictions:
                self.done += 1
                if prediction.error:
                    self.unreadable += 1
                    print(f"{clear}cxr-edge: {prediction.error}", file=sys.stderr)
                if self.bar:
                    line = progress_line(self.done, self.total, time.monotonic() - started)
                    print(f"{clear}{line}", end="", file=sys.stderr, flush=True)
                yield prediction
                if self.interrupted:
                    break
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
            print(clear, end="", file=sys.stderr)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted or not self.done:
            raise KeyboardInterrupt
        self.interrupted = True


def progress_line(done: int, total: int, seconds: float) -> str:
    """Such as ``37 of 624 films, 250 a second, 3 s left``."""
    rate = done / seconds if seconds > 0 else 0.0
    if done == total or rate == 0:
        return f"{done} of {total} films"
    speed = f"{rate:.0f} a second" if rate >= 10 else f"{rate:.1f} a second"
    left = round((total - done) / rate)
    minutes, rest = divmod(left, 60)
    hours, minutes = divmod(minutes, 60)
    time_left = f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{done} of {total} films, {speed}, {time_left} left"
