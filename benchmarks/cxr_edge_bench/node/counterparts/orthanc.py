"""Orthanc, a real archive, on free ports and with a folder of its own."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxr_edge_bench.node.counterparts.programs import MissingProgram, free_port, last_lines, program
from cxr_edge_bench.node.counterparts.senders import Peer

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
AET = "ORTHANC"
_START = 60.0
# Its log is the one place that tells an object that it had already from a new one: it says "success" to both. A Lua
# callback would be told the same, but Orthanc 1.10 crashes when it hands a report's nested tags to Lua.
_NEW, _AGAIN = "] New instance stored", "] Already stored"


@dataclass(frozen=True)
class Stored:
    """An object that the archive has: its own name for it, and where it belongs."""

    id: str
    uid: str
    sop_class: str
    study: str
    series: str


class Orthanc:
    """A running Orthanc; a context manager. ``kill`` and ``start`` again keep ports and objects.

    Args:
        folder: for its configuration, log and objects.

    Raises:
        MissingProgram: Orthanc or its DICOMweb plugin is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._program = program("Orthanc")
        if not PLUGIN.is_file():
            raise MissingProgram(PLUGIN.name, str(PLUGIN))
        folder.mkdir(parents=True, exist_ok=True)
        self.peer = Peer(AET, free_port())
        self.http_port = free_port()
        self.web = f"http://127.0.0.1:{self.http_port}/dicom-web"
        self.log = folder / "orthanc.log"
        self._configuration = folder / "orthanc.json"
        self._configuration.write_text(json.dumps(self._settings(folder), indent=1))
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: http.client.HTTPConnection | None = None

    def _settings(self, folder: Path) -> dict[str, Any]:
        return {
            "Name": "evidence",
            "StorageDirectory": str(folder / "objects"),
            "IndexDirectory": str(folder / "index"),
            "Plugins": [str(PLUGIN)],
            "HttpPort": self.http_port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "KeepAlive": True,
            "TcpNoDelay": True,
            "DicomAet": AET,
            "DicomPort": self.peer.port,
            "DicomCheckCalledAet": True,
            "DicomCheckModalityHost": False,
            "DicomAlwaysAllowEcho": True,
            "DicomAlwaysAllowStore": True,
            "OverwriteInstances": False,
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        }

    def __enter__(self) -> Orthanc:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it answers on both ports."""
        with self.log.open("ab") as log:
            command = [self._program, "--verbose", str(self._configuration)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + _START
        while time.monotonic() < end and self._process.poll() is None:
            try:
                self.get("/system")
                socket.create_connection((self.peer.host, self.peer.port), 5).close()
                return
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"Orthanc did not start:\n{last_lines(self.log)}")

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """End it as a power failure would end it."""
        self._end(subprocess.Popen.kill)

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            how(self._process)
            try:
                self._process.wait(_START)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def fetch(self, path: str) -> bytes:
        """The body of a GET to its REST interface, over one connection that is kept."""
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=30)
            try:
                self._connection.request("GET", path)
                response = self._connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._connection = None
                if attempt == 2:
                    raise
                continue
            if response.status != 200:
                raise RuntimeError(f"Orthanc answered {response.status} to {path}")
            return body
        raise AssertionError

    def get(self, path: str) -> Any:
        """The JSON behind `path`."""
        return json.loads(self.fetch(path))

    def count(self) -> int:
        """How many objects it has."""
        return int(self.get("/statistics")["CountInstances"])

    def instances(self) -> list[Stored]:
        """All objects that it has."""
        studies = {one["ID"]: one["MainDicomTags"]["StudyInstanceUID"] for one in self.get("/studies?expand")}
        series = {one["ID"]: one for one in self.get("/series?expand")}
        found = []
        for one in self.get("/instances?expand"):
            parent = series[one["ParentSeries"]]
            sop_class = self.fetch(f"/instances/{one['ID']}/metadata/SopClassUid").decode()
            uids = parent["MainDicomTags"]["SeriesInstanceUID"], studies[parent["ParentStudy"]]
            found.append(Stored(one["ID"], one["MainDicomTags"]["SOPInstanceUID"], sop_class, uids[1], uids[0]))
        return found

    def file(self, stored: Stored) -> bytes:
        """A DICOM file as it keeps it."""
        return self.fetch(f"/instances/{stored.id}/file")

    def changes(self, since: int) -> tuple[int, int]:
        """How many new objects it noted after change `since`, and the number of the latest change."""
        answer = self.get(f"/changes?since={since}&limit=1000")
        return sum(one["ChangeType"] == "NewInstance" for one in answer["Changes"]), int(answer["Last"])

    def arrivals(self) -> tuple[int, int]:
        """How many objects ever reached it that were new, and how many that it had already."""
        log = self.log.read_text(errors="replace")
        return log.count(_NEW), log.count(_AGAIN)
