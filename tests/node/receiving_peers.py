"""Senders for tests of the node's receiving part: pynetdicom, DCMTK's programs, and raw bytes that break every rule."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import struct
import subprocess
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
SHORT = Bounds(
    quiet_seconds=0.5, linger_seconds=0.2, message_seconds=1.5, association_seconds=0.5, farewell_seconds=0.3
)

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


class Raw:
    """A connection that sends whatever bytes it likes."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=10)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def pdu(self) -> tuple[int, bytes] | None:
        """Type and content of the next PDU; None when the node closed the connection."""
        try:
            header = self._read(6)
            return (header[0], self._read(int.from_bytes(header[2:], "big"))) if header else None
        except (ConnectionError, EOFError):
            return None

    def associate(self, *contexts: tuple[str, list[str]], **more) -> bool:
        self.send(associate_rq(*(contexts or ((CR, [IMPLICIT]),)), **more))
        found = self.pdu()
        return found is not None and found[0] == 2

    def status(self) -> tuple[int, dict[int, bytes]] | None:
        """Status of the answer, and its elements."""
        found = self.pdu()
        if found is None or found[0] != 4:
            return None
        elements = dict(_elements(found[1][6:]))
        return int.from_bytes(elements[0x0900], "little"), elements

    def closed(self) -> bool:
        """Whether the node ends the connection; what it still says does not matter."""
        while True:
            found = self.pdu()
            if found is None:
                return True

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                if data:
                    raise EOFError
                return b""
            data += more
        return data


def pdu(kind: int, content: bytes, claimed: int | None = None) -> bytes:
    return struct.pack(">BBI", kind, 0, len(content) if claimed is None else claimed) + content


def _item(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(content)) + content


def associate_rq(*contexts: tuple[str, list[str]], called: str = "CXREDGE", calling: str = "RAW") -> bytes:
    """PS3.8 9.3.2; context identifiers are 1, 3, 5 …"""
    items = _item(0x10, b"1.2.840.10008.3.1.1.1")
    for number, (abstract, transfers) in enumerate(contexts):
        inner = _item(0x30, abstract.encode()) + b"".join(_item(0x40, one.encode()) for one in transfers)
        items += _item(0x20, bytes([2 * number + 1, 0, 0, 0]) + inner)
    items += _item(0x50, _item(0x51, struct.pack(">I", 16384)) + _item(0x52, b"1.2.3"))
    return pdu(1, struct.pack(">HH16s16s32x", 1, 0, called.ljust(16).encode(), calling.ljust(16).encode()) + items)


def command(
    field: int = 0x0001, sop_class: str | None = CR, uid: str | bytes | None = "1.2.3.4", data_set: int = 1, extra=b""
) -> bytes:
    """A command set, PS3.7 9.3."""
    found = b""
    for element, value in (
        (0x0002, sop_class),
        (0x0100, struct.pack("<H", field)),
        (0x0110, struct.pack("<H", 7)),
        (0x0700, b"\0\0"),
        (0x0800, struct.pack("<H", data_set if field == 1 else 0x0101)),
        (0x1000, uid if field == 1 else None),
    ):
        if value is not None:
            raw = value if isinstance(value, bytes) else value.encode()
            raw += b"\0" * (len(raw) % 2)
            found += struct.pack("<HHI", 0, element, len(raw)) + raw
    found += extra
    return struct.pack("<HHII", 0, 0, 4, len(found)) + found


def p_data(*fragments: tuple[int, bytes], context: int = 1) -> bytes:
    """A P-DATA-TF of fragments: control byte (1 command, 2 last) and content."""
    content = b"".join(struct.pack(">IBB", len(data) + 2, context, control) + data for control, data in fragments)
    return pdu(4, content)


def store(data_set: bytes, context: int = 1, **changes) -> bytes:
    """A whole C-STORE request in one PDU."""
    return p_data((3, command(**changes)), (2, data_set), context=context)


def sha256_of(syntax: str, data_set: bytes) -> str:
    return hashlib.sha256(syntax.encode() + data_set).hexdigest()


def _elements(command_set: bytes) -> Iterator[tuple[int, bytes]]:
    while command_set:
        _, element, length = struct.unpack_from("<HHI", command_set)
        yield element, command_set[8 : 8 + length]
        command_set = command_set[8 + length :]
