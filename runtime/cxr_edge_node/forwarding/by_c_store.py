"""Answers to an archive by C-STORE, PS3.4 annex B: one association for all that is due.

It is not kept for the next film. That would save 30 to 60 ms of a film's way (Orthanc on the same computer), and an
association that the archive ended meanwhile is noticed only when an answer is lost on it. Films that come faster than
they are sent share one.

An archive that confirms an object and loses it afterwards is beyond this program; storage commitment is not used.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, build_context, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE

from cxr_edge_node.forwarding.answer_file import Header, not_read, read_header
from cxr_edge_node.forwarding.sender import Result, Unreachable, in_words
from cxr_edge_node.forwarding.statuses import of_status
from cxr_edge_node.forwarding.times import GRACE, TimeOuts, deadline
from cxr_edge_node.settings import Archive

_PLAIN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)


class ByCStore:
    """A `Sender` by C-STORE.

    Args:
        archive: where to.
        calling: this node's application entity title.
        context: for TLS; None without.
        times: to wait for the archive.
    """

    def __init__(
        self, archive: Archive, calling: str, context: ssl.SSLContext | None = None, times: TimeOuts | None = None
    ) -> None:
        self._archive, self._context, self._times = archive, context, times or TimeOuts()
        self._ae = AE(ae_title=calling)
        self._ae.connection_timeout = self._times.connect
        self._ae.acse_timeout = self._times.associate
        self._association: Association | None = None
        self._answered: int | None = None

    def send(self, files: Sequence[Path]) -> Generator[Result, None, None]:
        """Send `files` over one association; see `Sender`."""
        headers: dict[Path, Header] = {}
        for file in files:
            found = read_header(file)
            if isinstance(found, Header):
                headers[file] = found
            else:
                yield found
        if not headers:
            return
        association, result = self._associate(headers.values()), None
        try:
            for number, (file, header) in enumerate(headers.items(), 1):
                if not _takes(association, header):
                    words = f"it takes no {header.sop_class.name} in {header.transfer_syntax.name}"
                    yield Result(file, "refused", words)
                    continue
                if not association.is_established:
                    raise Unreachable("it ended the association")
                result = self._store(association, file, header, number)
                yield result
                if result.state == "put off":
                    return
        finally:
            self._end(association, politely=result is None or result.state != "put off")

    def hang_up(self) -> None:
        """Cut the connection; see `Sender`."""
        line = self._association and _line(self._association)
        if line:
            with suppress(OSError):  # it is closed
                # Not line.shutdown: that of an SSLSocket drops the encryption first, and what another thread is just
                # sending would go out in the clear.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def _associate(self, headers: Iterable[Header]) -> Association:
        """An association, or one that came to nothing because none of its contexts was accepted."""
        kinds = {(header.sop_class, header.transfer_syntax): None for header in headers}  # keeps the order
        contexts = [build_context(sop_class, _proposed(syntax)) for sop_class, syntax in kinds]
        handlers: list[evt.EventHandlerType] = [
            (evt.EVT_CONN_OPEN, self._connected),
            (evt.EVT_DATA_SENT, _acknowledge_at_once),
            (evt.EVT_DIMSE_RECV, self._received),
        ]
        archive, tls = self._archive, (self._context, self._archive.host) if self._context else None
        self._association, started = None, time.monotonic()
        try:
            with deadline(self._times.connect + self._times.associate + GRACE, self.hang_up):
                association = self._ae.associate(
                    archive.host, archive.port, contexts, archive.aet, evt_handlers=handlers, tls_args=tls
                )
        except OSError as error:  # the name is not known, for instance
            raise Unreachable(f"cannot connect: {in_words(error)}") from None
        except Exception as error:  # pynetdicom raises many kinds for an answer that is none
            self._discard(self._association)
            raise Unreachable(f"its answer to the association request is broken ({type(error).__name__})") from None
        if association.is_established or association.rejected_contexts:
            return association
        self._discard(association)
        raise Unreachable(self._why(association, time.monotonic() - started))

    def _connected(self, event: evt.Event) -> None:
        self._association = event.assoc
        # A request goes out in several writes. Without this the second waits until the archive acknowledges the first,
        # 40 ms for each object.
        _set(event.assoc, "TCP_NODELAY")

    def _received(self, event: evt.Event) -> None:
        command = event.message.command_set
        self._answered = command.get("MessageIDBeingRespondedTo")

    def _store(self, association: Association, file: Path, header: Header, number: int) -> Result:
        try:
            dataset = dcmread(file)
        except Exception as error:  # as above
            return not_read(file, error)
        patience = self._times.for_object(header.bytes)
        association.dimse_timeout, association.network_timeout = patience, patience + GRACE
        self._answered, started = None, time.monotonic()
        try:
            with deadline(patience + GRACE, self.hang_up):
                answer = association.send_c_store(dataset, msg_id=number)
        except (ValueError, AttributeError) as error:  # raised before anything is sent
            return Result(file, "unreadable", f"its object cannot be encoded ({type(error).__name__})")
        except Exception as error:  # the association has just ended, or what came was no answer
            return Result(file, "put off", f"the archive broke off ({type(error).__name__})")
        if "Status" not in answer:
            late = time.monotonic() - started >= patience
            return Result(file, "put off", f"no answer in {patience:.0f} s" if late else "it broke off")
        if self._answered != number:
            return Result(file, "put off", "it answered a request that was not made")
        return Result(file, *of_status(answer.Status))

    def _end(self, association: Association, politely: bool) -> None:
        if politely and association.is_established:
            with deadline(self._times.associate + GRACE, self.hang_up):
                association.release()
        else:
            self._discard(association)

    def _discard(self, association: Association | None) -> None:
        """End the threads of an association that came to nothing; one of them would keep the program from ending."""
        if association is not None:
            self.hang_up()
            association.dul.kill_dul()
            association.kill()

    def _why(self, association: Association, seconds: float) -> str:
        """Why there is no association."""
        answer = association.acceptor.primitive
        if association.is_rejected and isinstance(answer, A_ASSOCIATE):
            return f"it rejected the association: {answer.reason_str}"
        if self._association is None:
            return f"cannot connect: {self._knock()}"
        if seconds >= self._times.associate:
            return f"no answer to the association request in {self._times.associate:.0f} s"
        return "it broke off instead of answering the association request"

    def _knock(self) -> str:
        """Connect once more to learn why that failed, which pynetdicom does not tell."""
        place = self._archive.host, self._archive.port
        try:
            with socket.create_connection(place, self._times.connect) as line:
                if self._context:
                    self._context.wrap_socket(line, server_hostname=self._archive.host).close()
        except OSError as error:
            return in_words(error)
        return "it failed"


def _proposed(syntax: UID) -> list[str]:
    """Transfer syntaxes to offer for an object: its own, and for explicit little endian the one that all must take."""
    return list(_PLAIN) if syntax == ExplicitVRLittleEndian else [syntax]


def _takes(association: Association, header: Header) -> bool:
    return any(
        context.abstract_syntax == header.sop_class and context.transfer_syntax[0] in _proposed(header.transfer_syntax)
        for context in association.accepted_contexts
    )


def _acknowledge_at_once(event: evt.Event) -> None:
    """The same as above, for the answer: DCMTK and Orthanc write it in two parts. Linux forgets it after each use."""
    _set(event.assoc, "TCP_QUICKACK")


def _set(association: Association, option: str) -> None:
    line = _line(association)
    if line and hasattr(socket, option):
        with suppress(OSError):  # it is closed
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), 1)


def _line(association: Association) -> socket.socket | None:
    transport = association.dul.socket
    return transport.socket if transport else None
