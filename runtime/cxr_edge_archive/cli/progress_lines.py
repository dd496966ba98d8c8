"""How far a run is, on standard error: a line that changes on a terminal, a new one now and then elsewhere."""

from __future__ import annotations

import threading
import time
from typing import TextIO

from cxr_edge.cli.progress import progress_line

ON_TERMINAL, ELSEWHERE = 1.0, 30.0
"""Seconds between two lines."""
QUIET = 60.0
"""Seconds without any result after which that is said."""


class ProgressLines:
    """Shows progress from a thread of its own while a ``with`` lasts, also when nothing comes.

    Args:
        total: films of this run.
        out: where lines go.
        every: seconds between two of them; by default as fits `out`.
        quiet: seconds without a result after which that is said.
    """

    def __init__(self, total: int, out: TextIO, every: float | None = None, quiet: float = QUIET) -> None:
        self._total, self._out, self._quiet = total, out, quiet
        self._terminal = out.isatty()
        self._every = every or (ON_TERMINAL if self._terminal else ELSEWHERE)
        self._done = 0
        self._began = self._heard = self._asked = time.monotonic()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)

    def add(self, films: int) -> None:
        """So many films more are done."""
        self._done += films
        self._heard = self._asked = time.monotonic()

    def __enter__(self) -> ProgressLines:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        if self._terminal:
            print("\r\x1b[K", end="", file=self._out, flush=True)

    def _show(self) -> None:
        while not self._end.wait(min(self._every, self._quiet)):
            now = time.monotonic()
            if now - self._asked >= self._quiet:
                self._asked = now
                waited = round(now - self._heard)
                self._say(f"no result for {waited} s: storage may be slow, or Ray has no free processor", lasting=True)
            elif self._done:
                self._say(progress_line(self._done, self._total, now - self._began))

    def _say(self, line: str, lasting: bool = False) -> None:
        end = "\n" if lasting or not self._terminal else ""
        print(f"\r\x1b[K{line}" if self._terminal else f"cxr-edge: {line}", end=end, file=self._out, flush=True)
