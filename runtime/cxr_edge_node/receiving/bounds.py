"""How much of the node a sender may take: bytes, time and connections."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pynetdicom.transport import AssociationSocket

from cxr_edge.film.source import Limits

if TYPE_CHECKING:
    from pynetdicom.association import Association

MIB = 2**20
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Linux. Senders that collect small writes hold a data set's end back until its command is acknowledged, for which the
system takes 40 ms unless it is told again and again not to."""


@dataclass(frozen=True)
class Bounds:
    """The node's own; only tests take others.

    Attributes:
        pdu_bytes: the largest PDU that senders are asked for (PS3.8 D.1).
        received_pdu_bytes: a PDU that claims more ends the connection before it is read. Some senders ignore what they
            were asked for, and an A-ASSOCIATE-RQ, which the request does not bound, may propose 128 contexts.
        command_bytes: of a command set; usual ones take 150.
        film_bytes: of a film's file; larger ones are refused, because nothing would read them.
        discarded_bytes: of a data set that is refused; beyond it the association is aborted.
        quiet_seconds: without a byte, in an association or before it; and to hang up after its end.
        message_seconds: from the first byte of a message to its last: 64 MiB over a line of 1 Mbit/s.
        association_seconds: from its start.
        leftover_seconds: after its last change a file of a broken association is deleted.
        farewell_seconds: that running associations have to end when the node stops.
        early_connections: that have not become associations, besides those that have.
    """

    pdu_bytes: int = 2**16
    received_pdu_bytes: int = 2**18
    command_bytes: int = 2**14
    film_bytes: int = Limits().max_bytes
    discarded_bytes: int = 256 * MIB
    quiet_seconds: float = 30.0
    message_seconds: float = 600.0
    association_seconds: float = 3600.0
    leftover_seconds: float = 600.0
    farewell_seconds: float = 5.0
    early_connections: int = 64


class BoundedSocket(AssociationSocket):
    """A connection whose reads are bounded in size and time.

    pynetdicom would read a PDU of any length that its header claims, up to 4 GB, and wait for it without end.
    """

    def __init__(self, association: Association, connection: socket.socket, bounds: Bounds) -> None:
        super().__init__(association, client_socket=connection)
        self._bounds = bounds
        connection.settimeout(bounds.quiet_seconds)

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from here on.

        Raises:
            OSError: the peer does not, or not as `context` wants it.
        """
        if self.socket is None:
            raise OSError
        connection, self.socket = self.socket, None
        self.socket = context.wrap_socket(connection, server_side=True)

    def recv(self, nr_bytes: int) -> bytearray:
        """All of `nr_bytes`, or less if the peer closed the connection.

        Raises:
            OSError: more than `Bounds.received_pdu_bytes`, or they do not come in time. The connection then ends.
        """
        connection = self.socket
        if connection is None or nr_bytes > self._bounds.received_pdu_bytes:
            raise OSError
        if _QUICKACK is not None:
            connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        data = bytearray(nr_bytes)
        rest = memoryview(data)
        deadline = time.monotonic() + self._bounds.quiet_seconds
        while rest:
            count = connection.recv_into(rest)
            if not count:
                return data[: nr_bytes - len(rest)]
            rest = rest[count:]
            if rest and time.monotonic() > deadline:
                raise TimeoutError
        return data

    def _shutdown_socket(self) -> None:
        connection = self.socket
        if connection is None:
            return
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):  # pynetdicom leaves it open when the peer was faster
            connection.close()
