"""A sender written on a bare socket, for what no library would send: streams of gigabytes, lies about lengths, noise.

PDUs are those of PS3.8 9.3, commands those of PS3.7 9.3.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Iterable
from io import BytesIO

from pydicom.dataset import Dataset
from pynetdicom import build_context
from pynetdicom.dsutils import decode, encode
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE, ImplementationClassUIDNotification, MaximumLengthNotification

from cxr_edge_bench.node.counterparts.senders import CALLING, Header, Peer
from cxr_edge_bench.node.objects.radiographs import uid_of

ACCEPTED = "accepted"
_ACCEPT, _REJECT, _DATA, _RELEASE, _RELEASED, _ABORT = 2, 3, 4, 5, 6, 7
_REASONS = {
    (1, 1, 2): "application context not supported", (1, 1, 3): "calling AE title not recognised",
    (1, 1, 7): "called AE title not recognised", (2, 3, 1): "temporary congestion", (2, 3, 2): "local limit exceeded",
}  # fmt: skip
"""By a rejection's result, source and reason, PS3.8 9.3.4."""
_CONTEXT = {1: "user rejection", 2: "no reason", 3: "abstract syntax not supported", 4: "transfer syntax not supported"}
_PDU = 16_384
_NO_LIMIT = 1 << 20
"""Bytes of a PDU to a peer that takes any length."""


class RawAssociation:
    """A connection, asked to become an association; a context manager that closes it.

    Args:
        peer: who receives.
        wanted: SOP class and transfer syntax of the one presentation context; None: only connect.
        calling: AE title of the sender.
        called: that it calls, if another than the peer's.
        source: loopback address to send from.
        seconds: that it waits for any answer.

    Attributes:
        told: what the peer said to the request.
        last_byte: when that of the latest object was sent, by `time.perf_counter`.

    Raises:
        OSError: no connection.
    """

    def __init__(
        self,
        peer: Peer,
        wanted: Header | None,
        calling: str = CALLING,
        called: str = "",
        source: str = "",
        seconds: float = 60,
    ) -> None:
        self.socket = socket.create_connection((peer.host, peer.port), seconds, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.told = "connected"
        self.last_byte = 0.0
        self._longest = _PDU
        if wanted is not None:
            self.send(_request(wanted, calling, called or peer.aet))
            self.told = self.answer()

    def __enter__(self) -> RawAssociation:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def established(self) -> bool:
        """Whether the association and its presentation context were accepted."""
        return self.told == ACCEPTED

    def send(self, data: bytes) -> None:
        """Bytes as they are.

        Raises:
            OSError: the peer has closed the connection.
        """
        self.socket.sendall(data)

    def begin(self, header: Header, part: bytes) -> None:
        """A C-STORE request and the first bytes of its data set, without its end."""
        self.send(_p_data(_command(header), 0b11))
        for fragment in self._fragments([part]):
            self.send(_p_data(fragment, 0b00))

    def store(self, header: Header, data: Iterable[bytes]) -> str:
        """A C-STORE of a data set that is never held whole.

        Returns:
            What the peer says, at the end or as soon as it breaks off.
        """
        try:
            self.send(_p_data(_command(header), 0b11))
            last = b""
            for chunk in self._fragments(data):
                if last:
                    self.send(_p_data(last, 0b00))
                    if select.select([self.socket], [], [], 0)[0]:
                        return self.answer()
                last = chunk
            self.send(_p_data(last, 0b10))
            self.last_byte = time.perf_counter()
        except OSError as error:
            said = self.answer()
            return said if "status" in said or "abort" in said else f"connection lost ({type(error).__name__})"
        return self.answer()

    def release(self) -> str:
        """Ask for a release and say what comes back."""
        try:
            self.send(struct.pack(">BxLxxxx", _RELEASE, 4))
        except OSError as error:
            return f"connection lost ({type(error).__name__})"
        return self.answer()

    def answer(self) -> str:
        """The next thing that the peer says, in words: a status, a rejection, an abort, or the connection's end."""
        try:
            head = self._exactly(6)
            kind, length = struct.unpack(">BxL", head)
            body = self._exactly(length)
        except EOFError:
            return "connection closed"
        except TimeoutError:
            return "no answer"
        except OSError as error:
            return f"connection lost ({type(error).__name__})"
        if kind == _ACCEPT:
            return self._acceptance(head + body)
        return _in_words(kind, body)

    def _acceptance(self, pdu: bytes) -> str:
        accept = A_ASSOCIATE_AC()
        accept.decode(pdu)
        stated = accept.user_information.maximum_length if accept.user_information else None
        self._longest = min(stated or _NO_LIMIT, _NO_LIMIT)
        result = accept.presentation_context[0].result
        return ACCEPTED if result == 0 else f"presentation context refused: {_CONTEXT.get(result or 1)}"

    def _fragments(self, data: Iterable[bytes]) -> Iterable[bytes]:
        room = self._longest - 6  # a PDV's length, context and header
        for piece in data:
            yield from (piece[start : start + room] for start in range(0, len(piece), room))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data


def _request(wanted: Header, calling: str, called: str) -> bytes:
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"  # type: ignore[assignment]
    primitive.calling_ae_title, primitive.called_ae_title = calling, called
    context = build_context(wanted.sop_class, wanted.syntax)
    context.context_id = 1
    primitive.presentation_context_definition_list = [context]
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received = _PDU
    implementation.implementation_class_uid = uid_of("raw sender")
    primitive.user_information = [length, implementation]
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(primitive)
    return pdu.encode()


def _command(header: Header) -> bytes:
    command = Dataset()
    command.AffectedSOPClassUID, command.AffectedSOPInstanceUID = header.sop_class, header.uid
    command.CommandField, command.MessageID, command.Priority, command.CommandDataSetType = 1, 1, 0, 1
    rest = encode(command, True, True) or b""
    return struct.pack("<HHLL", 0, 0, 4, len(rest)) + rest  # the group's length goes before it


def _p_data(fragment: bytes, control: int) -> bytes:
    """One P-DATA-TF with one value in context 1; bit 0 of `control`: a command; bit 1: the last of it."""
    return struct.pack(">BxLLBB", _DATA, len(fragment) + 6, len(fragment) + 2, 1, control) + fragment


def _in_words(kind: int, body: bytes) -> str:
    if kind == _REJECT:
        result, source, reason = body[1:4]
        words = _REASONS.get((result, source, reason), f"{result}/{source}/{reason}")
        return f"rejected ({'permanent' if result == 1 else 'transient'}): {words}"
    if kind == _ABORT:
        return f"abort by the {'user' if body[2] == 0 else 'provider'}, reason {body[3]}"
    if kind == _RELEASED:
        return "released"
    if kind == _DATA:
        answer = decode(BytesIO(body[6:]), True, True)
        return f"status 0x{answer.Status:04X}" if "Status" in answer else "an answer without a status"
    return f"PDU of type {kind}"
