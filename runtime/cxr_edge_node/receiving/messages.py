"""What a sender says in an association: fragments in, whole requests out."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.pdu_primitives import P_DATA

from cxr_edge_node.receiving.arrival import EMPTY, Arrival
from cxr_edge_node.receiving.bounds import Bounds
from cxr_edge_node.receiving.commands import C_CANCEL_RQ, C_STORE_RQ, Command, Violation
from cxr_edge_node.receiving.intake import Intake


@dataclass(frozen=True)
class Request:
    """A whole request: a C-STORE if there is an arrival, else a C-ECHO."""

    context_id: int
    command: Command
    arrival: Arrival | None


class Messages(DIMSEServiceProvider):
    """Puts requests together out of fragments (PS3.8 annex E), in the thread that reads the connection.

    pynetdicom's own would keep a data set in memory or in the system's folder for temporary files, whatever its size,
    and would take any number of requests at once.

    Args:
        association: they come from.
        intake: that objects go to.
        bounds: of a message.
        violated: called with a reason when the sender breaks the protocol or a bound; the association is aborted.
    """

    def __init__(
        self, association: Association, intake: Intake, bounds: Bounds, violated: Callable[[str], None]
    ) -> None:
        super().__init__(association)
        self._intake = intake
        self._bounds = bounds
        self._violated = violated
        self._over = False
        self._begin_anew()

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Take the fragments of one PDU; never raises."""
        for context_id, data in primitive.presentation_data_value_list:
            if self._over:
                return
            try:
                self._take(context_id, data)
            except Violation as violation:
                self._over = True
                self._drop_current()
                self.assoc.abort(block=False)
                self._violated(str(violation))

    def drop(self) -> None:
        """Let go of everything that was not answered. Only when nothing is received any more."""
        self._over = True
        self._drop_current()
        with contextlib.suppress(queue.Empty):
            while True:
                _, request = self.msg_queue.get(block=False)
                if isinstance(request, Request) and request.arrival:
                    request.arrival.drop()

    def _begin_anew(self) -> None:
        self._began: float | None = None
        self._command = bytearray()
        self._request: Request | None = None

    def _drop_current(self) -> None:
        if self._request and self._request.arrival:
            self._request.arrival.drop()
        self._begin_anew()

    def _take(self, context_id: int, data: bytes) -> None:
        if not data:
            raise Violation("a damaged fragment")
        now = time.monotonic()
        if self._began is None:
            self._began = now
        elif now - self._began > self._bounds.message_seconds:
            raise Violation("a message that took too long")
        is_command, is_last = data[0] & 1, data[0] & 2
        if is_command:
            if self._request:
                raise Violation("a command amid a data set")
            self._command += data[1:]
            if len(self._command) > self._bounds.command_bytes:
                raise Violation("a command larger than any")
            if is_last:
                self._begin_request(context_id, Command.parse(bytes(self._command)))
        else:
            request = self._request
            if not request or not request.arrival or request.context_id != context_id:
                raise Violation("a data set without a command")
            request.arrival.write(data[1:])
            if request.arrival.data_set_bytes > self._bounds.discarded_bytes:
                raise Violation("an object without end")
            if is_last:
                self._hand_on(request)

    def _begin_request(self, context_id: int, command: Command) -> None:
        context = next((one for one in self.assoc.accepted_contexts if one.context_id == context_id), None)
        if context is None:
            raise Violation("a context that was not accepted")
        if command.field == C_CANCEL_RQ:  # of an operation that is over by the time it could be cancelled
            self._begin_anew()
            return
        if self.msg_queue.qsize() > 1:  # nothing asynchronous is agreed, so it has to wait for answers: PS3.7 D.3.3.3
            raise Violation("several requests at once")
        if command.field != C_STORE_RQ:
            if command.has_data_set:
                raise Violation("a C-ECHO with a data set")
            self._hand_on(Request(context_id, command, None))
            return
        arrival = self._intake.open(command, str(context.abstract_syntax), str(context.transfer_syntax[0]))
        self._request = Request(context_id, command, arrival)
        if not command.has_data_set:
            arrival.refuse(EMPTY)
            self._hand_on(self._request)

    def _hand_on(self, request: Request) -> None:
        anything: Any = request  # pynetdicom expects a primitive of its own, but only hands it through
        self.msg_queue.put((request.context_id, anything))
        self._begin_anew()
