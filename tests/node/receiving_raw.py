"""Senders that break every rule of DICOM's upper layer: bytes of PS3.8 9.3 and PS3.7 6.3, right or wrong."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import struct
import time
from collections.abc import Iterable, Iterator

from node.receiving_peers import CR, IMPLICIT


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

    def send_until_cut(self, pieces: Iterable[bytes], pause: float = 0.0) -> int:
        """Send until the node ends the connection; how many bytes that took."""
        sent = 0
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                self.send(piece)
                sent += len(piece)
                time.sleep(pause)
        return sent

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
        items += _item(0x20, bytes([(2 * number + 1) % 256, 0, 0, 0]) + inner)
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
