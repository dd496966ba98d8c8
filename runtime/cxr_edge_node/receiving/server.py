"""The port: connections from addresses that may call, each of which becomes an association."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from copy import deepcopy
from socketserver import BaseServer
from typing import Any

from pynetdicom import AE
from pynetdicom.transport import AddressInformation, AssociationServer

from cxr_edge_node.log_names import LOG
from cxr_edge_node.receiving.association import SenderAssociation
from cxr_edge_node.receiving.bounds import BoundedSocket, Bounds
from cxr_edge_node.receiving.callers import Callers, Refusals, numeric_address
from cxr_edge_node.receiving.intake import Intake
from cxr_edge_node.receiving.sop_classes import support_films
from cxr_edge_node.settings import Settings


class Server(AssociationServer):
    """Listens from the start; takes connections in `serve_forever`.

    Args:
        settings: address, port, titles and limits.
        tls: that senders have to speak, or None.
        refusals, intake, bounds: of the node.

    Raises:
        OSError: the port is taken, or the address is not of this computer.
    """

    request_queue_size = 128

    def __init__(
        self, settings: Settings, tls: ssl.SSLContext | None, refusals: Refusals, intake: Intake, bounds: Bounds
    ) -> None:
        entity = AE(settings.aet)
        entity.maximum_pdu_size = bounds.pdu_bytes
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = bounds.quiet_seconds
        entity.maximum_associations = sys.maxsize  # they are counted here, without those that are not yet
        support_films(entity)
        self._tls = tls
        self._callers = Callers(settings)
        self._refusals, self._intake, self._bounds = refusals, intake, bounds
        self._places = threading.Semaphore(settings.max_associations)
        self._most = settings.max_associations + bounds.early_connections
        self._associations: set[SenderAssociation] = set()
        self._lock = threading.Lock()
        super().__init__(entity, (settings.host, settings.port), settings.aet, entity.supported_contexts)

    @property
    def port(self) -> int:
        """That it listens on."""
        return int(self.server_address[1])

    def associations(self) -> list[SenderAssociation]:
        """All that have begun and not ended, from their connection on."""
        with self._lock:
            return list(self._associations)

    def server_bind(self) -> None:
        """Take the port, for this program alone."""
        if sys.platform == "win32" and self.socket:  # there, pynetdicom's SO_REUSEADDR would share it with others
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            self.socket.bind(self.server_address)
            self.server_address = self.socket.getsockname()
        else:
            super().server_bind()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether a connection may go on; if not, it is closed at once."""
        address = numeric_address(client_address[0])
        if not self._callers.may_connect(address):
            reason = "this address is not allowed"
        elif len(self.associations()) >= self._most:
            reason = "too many connections at the same time"
        else:
            return True
        self._refusals.note("", address, reason, every=False)
        return False

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Make an association of a connection; it lives in threads of its own."""
        association = SenderAssociation(
            self.ae, numeric_address(client_address[0]), tls=self._tls, callers=self._callers, refusals=self._refusals,
            intake=self._intake, bounds=self._bounds, places=self._places, ended=self._forget,
        )  # fmt: skip
        association.set_socket(BoundedSocket(association, request, self._bounds))
        association.acceptor.maximum_length = self._bounds.pdu_bytes
        association.acceptor.ae_title = self.ae_title
        association.acceptor.address_info = AddressInformation.from_tuple(self.server_address)
        association.acceptor.supported_contexts = deepcopy(self.contexts)
        association.requestor.address_info = AddressInformation.from_tuple(client_address)
        with self._lock:
            self._associations.add(association)
        try:
            association.start()
        except BaseException:
            self._forget(association)
            raise

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say that a connection was lost to an error of ours, without a traceback."""
        LOG.error("a connection could not be taken (%s)", getattr(sys.exc_info()[0], "__name__", "no reason"))

    def shutdown(self) -> None:
        """Take no more connections, and free the port."""
        BaseServer.shutdown(self)
        with contextlib.suppress(OSError):
            self.server_close()

    def _forget(self, association: SenderAssociation) -> None:
        with self._lock:
            self._associations.discard(association)
