"""Debian's Orthanc as an archive to send to: the program itself, on free ports of this computer."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

PROGRAM = shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")

needs_orthanc = pytest.mark.skipif(PROGRAM is None, reason="needs Orthanc: apt install orthanc orthanc-dicomweb")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """A program that listens on `port`, until the end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


class Orthanc:
    """One server with its storage in `folder`; ports stay the same when it is started again."""

    def __init__(self, folder: Path, **configuration: object) -> None:
        self.folder, self.port, self.web_port = folder, free_port(), free_port()
        self.web = f"http://127.0.0.1:{self.web_port}/dicom-web"
        self.process: subprocess.Popen[bytes] | None = None
        self.authorization = ""
        folder.mkdir(parents=True, exist_ok=True)
        values = {
            "StorageDirectory": str(folder / "storage"), "IndexDirectory": str(folder / "storage"),
            "DicomPort": self.port, "HttpPort": self.web_port, "DicomAet": "ORTHANC", "DicomCheckCalledAet": True,
            "DicomAlwaysAllowStore": True, "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
            "Plugins": [str(DICOMWEB)] if DICOMWEB.exists() else [], "DicomWeb": {"Enable": True}, **configuration,
        }  # fmt: skip
        (folder / "orthanc.json").write_text(json.dumps(values))

    def start(self) -> Orthanc:
        with (self.folder / "log.txt").open("ab") as log:
            command = [str(PROGRAM), str(self.folder / "orthanc.json")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(300):
            try:
                self.get("/system")
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"Orthanc did not start: {(self.folder / 'log.txt').read_text()[-2000:]}")

    def get(self, path: str) -> object:
        fields = {"Authorization": self.authorization} if self.authorization else {}
        request = urllib.request.Request(f"http://127.0.0.1:{self.web_port}{path}", headers=fields)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def uids(self) -> list[str]:
        """SOP Instance UIDs of all objects, one for each object that it holds."""
        found = self.get("/instances?expand")
        return sorted(one["MainDicomTags"]["SOPInstanceUID"] for one in found)  # type: ignore[attr-defined]

    def kill(self) -> None:
        """As a power cut does."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
