"""Programs of other projects: where they are, and ports for them."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
from pathlib import Path

PACKAGES = {"Orthanc": "orthanc", "libOrthancDicomWeb.so": "orthanc-dicomweb", "dciodvfy": "dicom3tools"}
"""Debian's package by program; every other one is in dcmtk."""
_FOLDERS = "/usr/sbin:/usr/local/sbin"
_PORTS = (20_000, 32_000)
"""Below those that the system hands out: a node that is killed and started again must find its port free."""


class MissingProgram(RuntimeError):
    """A program that is not installed. Callers may leave out what needs it."""

    def __init__(self, name: str, expected: str = "") -> None:
        cure = f"apt install {PACKAGES.get(name, 'dcmtk')}"
        super().__init__(f"{name}: not found; expected {expected or 'it on the PATH'}. On Debian: {cure}")


def program(name: str) -> str:
    """Where a program is.

    Raises:
        MissingProgram: it is not installed.
    """
    found = shutil.which(name) or shutil.which(name, path=_FOLDERS)
    if not found:
        raise MissingProgram(name)
    return found


def version_of(name: str) -> str | None:
    """The first line that says a version, with the time of its making where that is all there is; None if missing."""
    try:
        done = subprocess.run([program(name), "--version"], capture_output=True, text=True, timeout=20)
    except MissingProgram:
        return None
    lines = [line.strip(" $") for line in (done.stdout + done.stderr).splitlines() if any(c.isdigit() for c in line)]
    return Path(lines[0]).name if lines else "unknown"  # some say where they are, too


def free_port() -> int:
    """A loopback port that nobody listens on and that the system gives to no outgoing connection."""
    for _ in range(200):
        port = random.randint(*_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"found no free port from {_PORTS[0]} to {_PORTS[1]}")


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, for an error."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) if log.is_file() else ""
