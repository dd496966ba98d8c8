"""A node that receives, for tests, and well-behaved senders: pynetdicom and DCMTK's programs."""

from __future__ import annotations

import contextlib
import gc
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ComputedRadiographyImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE

from cxr_edge_node.receiving.bounds import Bounds
from cxr_edge_node.receiving.listener import Listener
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.settings import Settings

CR, VERIFICATION = str(ComputedRadiographyImageStorage), "1.2.840.10008.1.1"
IMPLICIT, EXPLICIT = str(ImplicitVRLittleEndian), str(ExplicitVRLittleEndian)
NAME = "MUSTERMANN^ERIKA"
SHORT = Bounds(quiet_seconds=0.5, message_seconds=1.5, association_seconds=0.5, farewell_seconds=0.3)

needs_dcmtk = pytest.mark.skipif(shutil.which("storescu") is None, reason="needs DCMTK's programs: apt install dcmtk")


@dataclass
class Running:
    """A listener at work in `spool`."""

    listener: Listener
    ledger: NodeLedger
    spool: Path
    arrived: list[float] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.listener.port

    def films(self) -> list[Path]:
        return sorted(path for path in (self.spool / "films").rglob("*") if path.is_file())

    def incoming(self) -> list[Path]:
        return list((self.spool / "incoming").iterdir())

    def received(self) -> list[tuple]:
        return self.ledger.rows("SELECT sop_instance_uid, sha256, file, bytes, calling_aet FROM received ORDER BY id")

    def refusals(self) -> list[tuple]:
        """Address and reason of each."""
        return self.ledger.rows("SELECT address, reason FROM refusals ORDER BY id")

    def reasons(self) -> list[str]:
        return [reason for _, reason in self.refusals()]

    def alone(self, seconds: float = 5.0) -> bool:
        """Whether all associations end within so long."""
        return eventually(lambda: not self.listener._server.associations(), seconds)


@contextlib.contextmanager
def listening(
    spool: Path, bounds: Bounds | None = None, ledger: type[NodeLedger] = NodeLedger, arrived=None, **changes
) -> Iterator[Running]:
    spool.mkdir(parents=True, exist_ok=True)
    values = {"spool": spool, "port": 0, "reserve": 0, **changes}
    node_ledger, times = ledger(spool), []
    listener = Listener(Settings(**values), node_ledger, arrived or (lambda: times.append(time.monotonic())), bounds)
    listener.start()
    try:
        yield Running(listener, node_ledger, spool, times)
    finally:
        listener.stop()
        node_ledger.close()


def eventually(true, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def threads_back_to(count: int, seconds: float = 5.0) -> bool:
    return eventually(lambda: threading.active_count() <= count, seconds)


def film(uid: str = "1.2.3.4", syntax: str = EXPLICIT, sop_class: str = CR, side: int = 16) -> Dataset:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = sop_class, uid
    made.PatientName, made.PatientID, made.Modality = NAME, "4711", "CR"
    made.Rows = made.Columns = side
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    made.PixelData = bytes(side * side)
    made["PixelData"].VR = "OW"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(syntax)
    return made


def associate(port: int, contexts=((CR, [EXPLICIT]),), aet: str = "TEST", called: str = "CXREDGE", **more):
    sender = AE(aet)
    for sop_class, syntaxes in contexts:
        sender.add_requested_context(sop_class, syntaxes)
    return sender.associate("127.0.0.1", port, ae_title=called, **more)


def send(port: int, *films: Dataset, **more) -> list[int]:
    """The statuses of films that are sent one after the other in one association."""
    wanted = sorted({(str(one.SOPClassUID), str(one.file_meta.TransferSyntaxUID)) for one in films})
    association = associate(port, [(sop_class, [syntax]) for sop_class, syntax in wanted], **more)
    assert association.is_established
    statuses = [association.send_c_store(one).Status for one in films]
    association.release()
    return statuses


def echoes(port: int, **more) -> bool:
    association = associate(port, [(VERIFICATION, [IMPLICIT])], **more)
    if not association.is_established:
        return False
    status = association.send_c_echo()
    association.release()
    return status.get("Status") == 0


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def nothing_left_behind(capfd, recwarn, monkeypatch):
    """Nothing is printed, warned of or raised in a thread or destructor, and no thread is left."""
    gc.collect()  # what earlier tests left to the collector is not this test's
    recwarn.clear()
    raised: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", raised.append)
    monkeypatch.setattr(threading, "excepthook", raised.append)
    before = threading.active_count()
    yield
    gc.collect()
    assert raised == []
    assert threads_back_to(before)
    assert [str(one) for one in recwarn.list] == []
    assert capfd.readouterr() == ("", "")
