"""The node itself, as its users start it: a process that can be killed and started again on the same spool."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cxr_edge_bench.child_process import output_of
from cxr_edge_bench.node.counterparts.programs import free_port, last_lines
from cxr_edge_bench.node.counterparts.senders import Peer

AET = "CXREDGE"
START = 120.0
"""Seconds that a start may take on a busy computer."""
_PAUSE, _LONGER, _LONGEST_PAUSE = 0.2, 1.3, 5.0


class Node:
    """A running node; a context manager. ``kill`` and ``start`` again keep its spool and its port.

    Args:
        spool: its folder.
        forward: archives to send answers to by C-STORE.
        options: more of its command's.
        log: where its output goes; default: beside the spool.
    """

    def __init__(
        self, spool: Path, forward: Sequence[Peer] = (), options: Sequence[str] = (), log: Path | None = None
    ) -> None:
        self.spool = spool
        self.peer = Peer(AET, free_port())
        self.log = log or spool.with_name(f"{spool.name}.log")
        told = [word for peer in forward for word in ("--forward", str(peer))]
        listen = ["--aet", AET, "--host", self.peer.host, "--port", str(self.peer.port), "--spool", str(spool)]
        self.command = [sys.executable, "-m", "cxr_edge", "node", *listen, *told, *options]
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: list[int] = []

    def __enter__(self) -> Node:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def launch(self) -> None:
        """Start it, and do not wait."""
        with self.log.open("ab") as log:
            self._from = log.tell()
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        self._groups.append(self._process.pid)

    def start(self) -> None:
        """Start it, and wait until it says that it listens.

        Raises:
            RuntimeError: it does not, in `START` seconds; with the end of its log.
        """
        self.launch()
        if not self.wait_until_it_listens():
            self.kill()
            raise RuntimeError(f"the node did not start:\n{self.last_words()}")

    def wait_until_it_listens(self, seconds: float = START) -> bool:
        """Whether it says so in time, while it lives."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.alive:
            with self.log.open("rb") as log:
                log.seek(self._from)
                if b"listening on " in log.read():
                    return True
            time.sleep(0.02)
        return False

    def last_words(self) -> str:
        """The end of its log."""
        return last_lines(self.log)

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of its main process."""
        if self._process is None:
            raise RuntimeError("the node does not run")
        return self._process.pid

    def kill(self, with_children: bool = True) -> None:
        """SIGKILL: to all of its processes, as when the power fails, or to the main one alone."""
        if self._process is None:
            return
        if with_children:
            os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()

    def stop(self, seconds: float = 60.0) -> int | None:
        """SIGTERM, and SIGKILL after so many seconds.

        Returns:
            Its exit status; None if it did not end by itself.
        """
        if self._process is None:
            return None
        self._process.terminate()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def left_behind(self) -> list[int]:
        """Processes of earlier, ended nodes that still run."""
        living = {pid for pid, _, group in _processes() if group in self._groups}
        return sorted(living - set(self.family()) if self.alive else living)

    def family(self) -> list[int]:
        """Its process and all below it."""
        if self._process is None:
            return []
        found, table = [self._process.pid], _processes()
        for parent in found:
            found += [pid for pid, above, _ in table if above == parent]
        return found

    def resident_bytes(self) -> int:
        """Memory of its process and all below it; what they share is counted for each."""
        return sum(_resident(pid) for pid in self.family())

    def status(self) -> dict[str, Any]:
        """What ``cxr-edge node status`` says of its spool, whether it runs or not."""
        told = output_of(
            [sys.executable, "-m", "cxr_edge", "node", "status", "--spool", str(self.spool), "--format", "json"]
        )
        status: dict[str, Any] = json.loads(told)
        return status

    def wait_until_done(self, seconds: float) -> dict[str, Any]:
        """The status as soon as no film and no answer waits, or after so many seconds without any progress."""
        status, pause = self.status(), _PAUSE
        last, end = status, time.monotonic() + seconds
        while waiting(status) and time.monotonic() < end:
            time.sleep(pause)
            pause = min(pause * _LONGER, _LONGEST_PAUSE)  # each look costs a start of Python
            status = self.status()
            if _counts(status) != _counts(last):
                last, end = status, time.monotonic() + seconds
        return status


def waiting(status: dict[str, Any]) -> int:
    """Films that wait for an answer, and answers that wait to be sent."""
    return int(status["received"]["waiting"] + sum(one["waiting"] for one in status["deliveries"].values()))


def _counts(status: dict[str, Any]) -> tuple[Any, ...]:
    return status["received"], status["outcomes"], status["deliveries"]


def _processes() -> list[tuple[int, int, int]]:
    """Each process's id, its parent's and its group's; zombies left out."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                # The name in brackets may hold anything, even brackets.
                state, parent, group = (folder / "stat").read_text().rpartition(") ")[2].split()[:3]
            except (OSError, ValueError):
                continue
            if state != "Z":
                found.append((int(folder.name), int(parent), int(group)))
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
