"""One sender's association: whether it may be, what it is answered, and that it ends.

pynetdicom does the upper layer, PS3.8. Its handlers for events come too late for what is wanted here, so some of its
classes are extended, and names are used that it keeps to itself: `_serve_request`, `_is_transport_event`, `_handlers`,
`_idle_timer`, `_run_loop_delay`, and `_shutdown_socket` in `bounds`. With another version of it, run the tests first.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, cast

from pynetdicom import AE, evt
from pynetdicom._handlers import (
    standard_dimse_recv_handler,
    standard_dimse_sent_handler,
    standard_pdu_recv_handler,
    standard_pdu_sent_handler,
)
from pynetdicom.acse import ACSE
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_ECHO, C_STORE
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu_primitives import A_ASSOCIATE, A_P_ABORT

from cxr_edge_node.log_names import LOG
from cxr_edge_node.receiving.bounds import BoundedSocket, Bounds
from cxr_edge_node.receiving.callers import LIMIT_EXCEEDED, Callers, Refusals
from cxr_edge_node.receiving.commands import SUCCESS, Refusal, may_be_repeated
from cxr_edge_node.receiving.intake import Intake
from cxr_edge_node.receiving.messages import Messages, Request
from cxr_edge_node.receiving.sop_classes import best_encoding


class Reader(DULServiceProvider):
    """The thread that reads the connection.

    An event that pynetdicom's state machine does not expect, such as an answer to a sender that is gone, raises there;
    the thread would die with a traceback and leave the connection open.
    """

    def __init__(self, association: Association) -> None:
        super().__init__(association)
        self.daemon = True  # a sender that does not end must not keep the node from ending

    def run_reactor(self) -> None:
        """Read until the connection ends, and tell the association."""
        try:
            super().run_reactor()
        except Exception as error:
            LOG.info("a connection ended out of turn (%s)", type(error).__name__)
        finally:
            if self.socket:
                self.socket.close()
            # Else the association would wait for a request until its time is up.
            self.to_user_queue.put(A_P_ABORT())

    def _is_transport_event(self) -> bool:
        happened = super()._is_transport_event()
        quiet = self._idle_timer.timeout is not None and self._idle_timer.timeout - self._idle_timer.remaining > 1.0
        self._run_loop_delay = 0.001 if happened or not quiet else 0.02  # a silent sender took 9 % of a core, now 5
        return happened


class Admission(ACSE):
    """Answers association requests."""

    def __init__(self, association: SenderAssociation) -> None:
        super().__init__(association)
        self._association = association

    def negotiate_association(self) -> None:
        """Accept or reject what was requested. Whatever goes wrong here, it is not accepted."""
        request = self._association.requestor.primitive
        if not isinstance(request, A_ASSOCIATE):  # the connection ended before there was one
            self._association.kill()
            return
        rejection = self._association.admit(request)
        if rejection:
            self.send_reject(*rejection)
            self._association.kill()  # which waits until it is sent
            return
        for context in request.presentation_context_definition_list:
            best = best_encoding(context.transfer_syntax)
            if best:  # else pynetdicom refuses the context
                context.transfer_syntax = [best]
        super().negotiate_association()


class SenderAssociation(Association):
    """An association that a sender asks for, from its connection to its end, in two threads of its own.

    Args:
        entity: the node's, with what it supports.
        address: of the sender.
        tls: that it has to speak, or None.
        callers, refusals, intake, bounds: of the node.
        places: one is taken while the association lasts.
        ended: called once it is over and has let go of everything.
    """

    def __init__(
        self, entity: AE, address: str, *, tls: ssl.SSLContext | None, callers: Callers, refusals: Refusals,
        intake: Intake, bounds: Bounds, places: threading.Semaphore, ended: Callable[[SenderAssociation], None],
    ) -> None:  # fmt: skip
        super().__init__(entity, "acceptor")
        self.address = address
        self.aet = ""
        self.began = time.monotonic()
        self._tls = tls
        self._callers, self._refusals, self._intake, self._bounds = callers, refusals, intake, bounds
        self._places, self._has_place = places, False
        self._ended = ended
        self.acse = Admission(self)
        self.dul = Reader(self)
        self.acse_timeout, self.network_timeout = entity.acse_timeout, entity.network_timeout  # Reader has timers
        self._messages = Messages(self, intake, bounds, self._refuse)
        self.dimse = self._messages
        for event, handler in (  # they spell out every message, UIDs and all, even when nothing is logged
            (evt.EVT_DIMSE_RECV, standard_dimse_recv_handler),
            (evt.EVT_DIMSE_SENT, standard_dimse_sent_handler),
            (evt.EVT_PDU_RECV, standard_pdu_recv_handler),
            (evt.EVT_PDU_SENT, standard_pdu_sent_handler),
        ):
            self.unbind(event, handler)

    def run_reactor(self) -> None:
        """Live from connection to end; pynetdicom runs this in the association's thread."""
        try:
            if self._tls is None or self._is_secure(self._tls):
                super().run_reactor()
        except Exception as error:
            LOG.info("an association ended out of turn (%s)", type(error).__name__)
        finally:
            self.cut()
            if self.dul.is_alive():
                self.dul.join(2 * self._bounds.quiet_seconds)
            self._messages.drop()
            if self._has_place:
                self._places.release()
            self._ended(self)

    def admit(self, request: A_ASSOCIATE) -> tuple[int, int, int] | None:
        """Take a place for what is requested, or say how to reject it: result, source, reason."""
        self.aet = str(request.calling_ae_title or "").strip()
        found = self._callers.rejection(self.aet, str(request.called_ae_title or ""), self.address)
        if found:
            rejection, reason = found
        elif self._places.acquire(blocking=False):
            self._has_place = True
            return None
        else:
            rejection, reason = LIMIT_EXCEEDED, "too many associations at the same time"
        self._refuse(reason, every=False)
        return rejection

    def end(self) -> None:
        """Abort it; a second time, cut the connection."""
        if self.is_aborted:
            self.cut()
        else:
            self.abort(block=False)

    def cut(self) -> None:
        """End the connection without a word."""
        self.dul.kill_dul()
        if self.dul.socket:
            self.dul.socket.close()

    def _is_secure(self, tls: ssl.SSLContext) -> bool:
        try:
            cast(BoundedSocket, self.dul.socket).secure(tls)
        except OSError:  # ssl.SSLError is one
            self._refuse("no TLS connection with a certificate that is accepted", every=False)
            return False
        return True

    def _serve_request(self, msg: Any, context_id: int) -> None:
        """Answer a `Request`; pynetdicom calls this with what `Messages` put into the queue."""
        request: Request = msg
        answer: C_ECHO | C_STORE
        if request.arrival is None:
            answer = C_ECHO()
            answer.Status = SUCCESS
        else:
            refusal = self._intake.keep(request.arrival, self.aet)
            answer = _store_answer(request, refusal)
            if refusal:
                self._refuse(refusal.reason)
        answer.MessageIDBeingRespondedTo = request.command.message_id
        if may_be_repeated(request.command.sop_class_uid):
            answer.AffectedSOPClassUID = request.command.sop_class_uid
        if self.is_established:
            self.dimse.send_msg(answer, context_id)
        self.dul._idle_timer.restart()  # a slow disk is no silence of the sender

    def _refuse(self, reason: str, *, every: bool = True) -> None:
        self._refusals.note(self.aet, self.address, reason, every=every)


def _store_answer(request: Request, refusal: Refusal | None) -> C_STORE:
    answer = C_STORE()
    answer.Status = refusal.status if refusal else SUCCESS
    if refusal:
        answer.ErrorComment = refusal.reason  # type: ignore[assignment]  # pynetdicom sets it to None only
    if may_be_repeated(request.command.sop_instance_uid):
        answer.AffectedSOPInstanceUID = request.command.sop_instance_uid
    return answer
