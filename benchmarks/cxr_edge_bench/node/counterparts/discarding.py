"""dcmtk's ``storescp`` as an archive that takes everything and keeps nothing, for runs that would fill a disk."""

from __future__ import annotations

import socket
import subprocess
import time

from cxr_edge_bench.node.counterparts.programs import free_port, program
from cxr_edge_bench.node.counterparts.senders import Peer

AET = "DISCARD"
_START = 30.0


class Discarding:
    """A running ``storescp``; a context manager.

    Raises:
        MissingProgram: dcmtk is not installed.
    """

    def __init__(self) -> None:
        self.peer = Peer(AET, free_port())
        self._command = [program("storescp"), "-q", "-aet", AET, "--ignore", "+xa", str(self.peer.port)]

    def __enter__(self) -> Discarding:
        self._process = subprocess.Popen(self._command)
        end = time.monotonic() + _START
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection((self.peer.host, self.peer.port), 5).close()
                return self
            except OSError:
                time.sleep(0.05)
        self._process.kill()
        raise RuntimeError("storescp did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
