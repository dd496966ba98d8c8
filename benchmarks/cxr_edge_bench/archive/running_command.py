"""``cxr-edge archive`` as its users run it: a process whose time, memory and children are watched."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

import psutil

_LOOK = 0.2
GRACE = 200.0
"""Seconds after which no process of a killed command may live: two helpers of Ray need more than one minute."""


@dataclass(frozen=True)
class Ended:
    """What became of a command.

    Attributes:
        status: exit status.
        seconds: it took.
        peak_mb: most memory that its own process held, resident, without its children.
        out, err: what it printed.
        left_behind: processes of its family that lived on.
    """

    status: int
    seconds: float
    peak_mb: float
    out: str
    err: str
    left_behind: int

    def to_dict(self) -> dict[str, Any]:
        """Figures alone."""
        names = ("status", "seconds", "peak_mb", "left_behind")
        return {name: getattr(self, name) for name in names}


class Running:
    """A started ``cxr-edge archive``; its family is noted while it runs."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "cxr_edge", "archive", *map(str, arguments)]
        self._begin = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self._family: set[psutil.Process] = set()
        self._peak = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        try:
            own = psutil.Process(self.process.pid)
            while self.process.poll() is None:
                self._peak = max(self._peak, own.memory_info().rss)
                self._family.update(own.children(recursive=True))
                time.sleep(_LOOK)
        except psutil.Error:
            return

    def kill(self) -> None:
        """By SIGKILL; its children are left to themselves."""
        self.process.kill()

    def end(self) -> Ended:
        """Wait for it, and for its family."""
        out, err = self.process.communicate()
        seconds = time.perf_counter() - self._begin
        alive = psutil.wait_procs(list(self._family), timeout=GRACE)[1]
        return Ended(self.process.returncode, seconds, self._peak / 2**20, out, err, len(alive))


def ran(*arguments: object) -> Ended:
    """A command from its start to its end."""
    return Running(*arguments).end()
