"""Senders of films: dcmtk's programs, and pynetdicom for what these refuse to send or need not be asked for."""

from __future__ import annotations

import re
import socket
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.filereader import read_file_meta_info
from pydicom.uid import UID
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from cxr_edge_bench.node.counterparts.programs import program
from cxr_edge_bench.node.objects.transfer_syntaxes import BY_UID

CALLING = "EVIDENCE"
SUCCESS = 0x0000
_TIMEOUT = 60.0
"""Seconds for an answer; the node has two CPUs to share with everything else here."""


@dataclass(frozen=True)
class Peer:
    """A program that listens."""

    aet: str
    port: int
    host: str = "127.0.0.1"

    def __str__(self) -> str:
        return f"{self.aet}@{self.host}:{self.port}"


@dataclass(frozen=True)
class Header:
    """What a sender must know of a file before it asks for an association."""

    sop_class: UID
    uid: UID
    syntax: UID


def header_of(path: Path) -> Header:
    """From the file's meta information alone, so that a damaged object has one, too."""
    meta = read_file_meta_info(path)
    return Header(meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID)


def data_set(file: bytes) -> bytes:
    """What a sender sends of a DICOM file: all behind its meta header."""
    return file[144 + int.from_bytes(file[140:144], "little") :]


def storescu(files: Sequence[Path], peer: Peer, calling: str = CALLING) -> int:
    """Send files with dcmtk's ``storescu``, each in its own transfer syntax: one call for each syntax.

    Returns:
        How many were answered with success.

    Raises:
        MissingProgram: dcmtk is not installed.
    """
    groups: dict[UID, list[Path]] = defaultdict(list)
    for file in files:
        groups[header_of(file).syntax].append(file)
    accepted = 0
    for syntax, group in groups.items():
        options = ["-v", "-nh", "-R", BY_UID[syntax].storescu, "-aet", calling, "-aec", peer.aet]
        command = [program("storescu"), *options, peer.host, str(peer.port), *map(str, group)]
        accepted += _dcmtk(command, "Store Response")
    return accepted


def dcmsend(files: Sequence[Path], peer: Peer, calling: str = CALLING) -> int:
    """Send files with dcmtk's ``dcmsend`` in one association; it turns uncompressed syntaxes into one another.

    Returns:
        How many were answered with success.

    Raises:
        MissingProgram: dcmtk is not installed.
    """
    options = ["-v", "-nh", "-dn", "-aet", calling, "-aec", peer.aet]
    return _dcmtk([program("dcmsend"), *options, peer.host, str(peer.port), *map(str, files)], "C-STORE Response")


def echoscu(peer: Peer, calling: str = CALLING) -> bool:
    """Whether dcmtk's ``echoscu`` gets an answer.

    Raises:
        MissingProgram: dcmtk is not installed.
    """
    command = [program("echoscu"), "-aet", calling, "-aec", peer.aet, "-to", "20", "-ta", "20", "-td", "20"]
    return subprocess.run([*command, peer.host, str(peer.port)], capture_output=True, timeout=90).returncode == 0


def echo(peer: Peer, calling: str = CALLING) -> bool:
    """Whether a C-ECHO of pynetdicom's is answered with success."""
    ae = _application(calling)
    ae.add_requested_context(Verification)
    association = ae.associate(peer.host, peer.port, ae_title=peer.aet)
    if not association.is_established:
        return False
    status = association.send_c_echo()
    association.release()
    return getattr(status, "Status", None) == SUCCESS


def send(files: Sequence[Path], peer: Peer, calling: str = CALLING, source: str = "") -> list[int | str]:
    """Send the files' very bytes in one association, without looking at them.

    Args:
        files: with a DICOM meta header each; the rest may be damaged.
        peer: who receives.
        calling: AE title of the sender.
        source: loopback address to send from, such as 127.0.0.2.

    Returns:
        For each file the status code that the receiver answered, or why there is none.
    """
    _config.STORE_SEND_CHUNKED_DATASET = True  # else it would decode and encode them anew
    ae = _application(calling)
    for wanted in sorted({(header.sop_class, header.syntax) for header in map(header_of, files)}):
        ae.add_requested_context(*wanted)
    connected: list[evt.Event] = []
    handlers: list[evt.EventHandlerType] = [(evt.EVT_CONN_OPEN, connected.append), (evt.EVT_CONN_OPEN, _at_once)]
    association = ae.associate(peer.host, peer.port, ae_title=peer.aet, bind_address=(source, 0), evt_handlers=handlers)
    if not association.is_established:
        return [why_not(association) if connected else "no connection"] * len(files)
    told: list[int | str] = []
    for number, file in enumerate(files):
        told.append(_told(association, file, number % 65_535 + 1))
    if association.is_established:
        association.release()
    return told


def why_not(association: Association) -> str:
    """Why there is no association: in words, with the reject's codes."""
    if association.is_rejected:
        primitive = association.acceptor.primitive
        if primitive is not None and primitive.result:
            return f"association rejected: {primitive.result_str}, {primitive.reason_str}"
        return "association rejected"
    return "association aborted" if association.is_aborted else "no presentation context accepted"


def _at_once(event: evt.Event) -> None:
    # Else the system holds a message's last packet back for 40 ms, to add more to it.
    wrapped = event.assoc.dul.socket
    if wrapped is not None and wrapped.socket is not None:
        wrapped.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _told(association: Association, file: Path, number: int) -> int | str:
    if not association.is_established:
        return "association aborted before"
    try:
        status = association.send_c_store(file, msg_id=number)
    except ValueError:
        return "presentation context not accepted"
    except (OSError, RuntimeError, AttributeError) as error:
        return f"not sent ({type(error).__name__})"
    return int(status.Status) if "Status" in status else "association aborted or no answer"


def _application(calling: str) -> AE:
    ae = AE(calling)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = _TIMEOUT
    ae.connection_timeout = _TIMEOUT
    return ae


def _dcmtk(command: list[str], response: str) -> int:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    return len(re.findall(rf"{response} \(Success\)", done.stdout + done.stderr))
