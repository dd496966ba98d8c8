"""What a node must outlive: gigabytes, crowds, lies about lengths, noise, damaged objects, a full disk."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydicom.uid import UID

from cxr_edge_bench.node.counterparts.raw_association import RawAssociation
from cxr_edge_bench.node.counterparts.senders import Header, Peer, data_set, header_of, send
from cxr_edge_bench.node.objects.odd_objects import mutated

GIGABYTES = 3
_PIECE = 1 << 20
_DISK = 48 << 20
"""Bytes of the small disk: the node's ledger and a few answers fit."""


def huge(peer: Peer, file: Path, gigabytes: float = GIGABYTES) -> str:
    """A C-STORE whose pixels have gigabytes, sent until the peer breaks off.

    Args:
        peer: who receives.
        file: an explicit little endian object of 8 bits, whose header goes before.
        gigabytes: of zeros.
    """
    head, size, sent = data_set(file.read_bytes()), int(gigabytes * 1e9), 0
    head = head[: head.rindex(b"\xe0\x7f\x10\x00OB")] + b"\xe0\x7f\x10\x00OB\0\0" + size.to_bytes(4, "little")

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        yield head
        zeros = bytes(_PIECE)
        while sent < size:
            sent += _PIECE
            yield zeros

    with RawAssociation(peer, header_of(file), seconds=120) as association:
        if not association.established:
            return association.told
        said = association.store(header_of(file), pieces())
    return f"{said} after {sent / 1e9:.1f} GB"


def crowd(peer: Peer, file: Path, number: int = 200) -> str:
    """So many associations at once, all held until the last one has its answer; then those that stand store a film."""
    header, together = header_of(file), threading.Barrier(number)

    def one(_: int) -> str:
        told = "no connection"
        together.wait(60)
        with contextlib.suppress(OSError), RawAssociation(peer, header) as association:
            told = association.told
            with contextlib.suppress(threading.BrokenBarrierError):
                together.wait(60)
            if association.established:
                told = f"accepted, {association.store(header, [data_set(file.read_bytes())])}, {association.release()}"
            return told
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(60)
        return told

    with ThreadPoolExecutor(number) as pool:
        return _counted(Counter(pool.map(one, range(number))))


def endless_pdu(peer: Peer, file: Path) -> str:
    """A P-DATA PDU that claims 4 GB."""
    with RawAssociation(peer, header_of(file)) as association:
        association.send(b"\x04\0\xff\xff\xff\xff" + bytes(1000))
        return f"{association.told}, then {association.answer()}"


def noise(peer: Peer, pick: random.Random, connections: int = 20) -> str:
    """Random bytes on the port, some behind the first bytes of an association request or of HTTP."""
    told: Counter[str] = Counter()
    for _ in range(connections):
        begin = pick.choice((b"", b"\x01\0\0\0\0\xff\0\1\0\0", b"\x04\0\0\0\0\x10", b"GET / HTTP/1.1\r\n\r\n"))
        with RawAssociation(peer, None, seconds=90) as connection:
            try:
                connection.send(begin + pick.randbytes(pick.randint(10, 4000)))
                # As a stranger's program does, that waits for an answer of its own kind.
                connection.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            told[connection.answer()] += 1
    return _counted(told)


def broken_off(peer: Peer, file: Path) -> str:
    """A sender that vanishes in the middle of an object."""
    data = data_set(file.read_bytes())
    with RawAssociation(peer, header_of(file)) as association:
        told = association.told
        association.socket.settimeout(0.1)
        association.begin(header_of(file), data[: len(data) // 2])
    return f"{told}, then it hung up"


def another_uid(peer: Peer, file: Path, uid: UID) -> str:
    """An object that is announced under another UID than its own."""
    header = header_of(file)
    with RawAssociation(peer, header) as association:
        return association.store(Header(header.sop_class, uid, header.syntax), [data_set(file.read_bytes())])


def damaged(peer: Peer, files: list[Path], folder: Path, pick: random.Random, number: int = 50) -> str:
    """Valid objects with 1 to 20 bytes replaced in each, one association for each."""
    told: Counter[str] = Counter()
    for index in range(number):
        file = mutated(pick.choice(files), folder / f"mutated_{index}.dcm", pick)
        (one,) = send([file], peer)
        told[f"status 0x{one:04X}" if isinstance(one, int) else one] += 1
    return _counted(told)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A disk of 48 MB mounted on `folder`; False where this process may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=700", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, but: int) -> Path:
    """A file that takes all of the disk but so many bytes."""
    ballast = folder / "ballast"
    status = os.statvfs(folder)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, status.f_bavail * status.f_frsize - but)
    return ballast


def _counted(told: Counter[str]) -> str:
    return "; ".join(f"{count} × {what}" for what, count in told.most_common())
