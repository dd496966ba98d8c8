"""Receiving as a whole: what the node starts, sweeps and stops."""

from __future__ import annotations

import errno
import logging
import threading
import time
import warnings
from collections.abc import Callable

from cxr_edge import CxrEdgeError
from cxr_edge_node.log_names import LOG
from cxr_edge_node.receiving.bounds import Bounds
from cxr_edge_node.receiving.callers import Refusals
from cxr_edge_node.receiving.intake import Intake
from cxr_edge_node.receiving.server import Server
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.settings import Settings
from cxr_edge_node.tls import server_context

_REASONS = {
    errno.EADDRINUSE: ("a port that another program has", "a free one"),
    errno.EADDRNOTAVAIL: ("no address of this computer", "one of its own, or 0.0.0.0 for all of them"),
    errno.EACCES: ("a port that only an administrator may open", "one from 1024 on"),
}


class Listener:
    """Takes films from senders: each is on the disk and in the ledger before its sender hears of success.

    Args:
        settings: of the node.
        ledger: of the same spool.
        arrived: called after each new film, in the thread of its association.
        bounds: the node's own unless a test needs others.
    """

    def __init__(
        self, settings: Settings, ledger: NodeLedger, arrived: Callable[[], None], bounds: Bounds | None = None
    ) -> None:
        self._settings = settings
        self._bounds = bounds or Bounds()
        self._refusals = Refusals(ledger)
        self._intake = Intake(settings, ledger, arrived, self._bounds)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The one it listens on, which the system chose if the settings say 0; 0 if it does not listen."""
        return self._server.port if self._server else 0

    def start(self) -> None:
        """Listen, in the background. Deletes what an earlier run left half received.

        The logs of pynetdicom and pydicom are switched off, and pydicom's warnings, because they quote what was sent.

        Raises:
            CxrEdgeError: the port is taken, the address is not of this computer, the spool cannot be written to, or a
                file for TLS is missing or wrong.
        """
        _silence_libraries()
        tls = server_context(self._settings)
        place = f"{self._settings.host}:{self._settings.port}"
        try:
            server = Server(self._settings, tls, self._refusals, self._intake, self._bounds)
        except OverflowError:
            raise CxrEdgeError(f"{place}: found no port; expected 1 to 65535") from None
        except OSError as error:
            found, expected = _REASONS.get(error.errno or 0, (error.strerror, "an address and port to listen on"))
            raise CxrEdgeError(f"{place}: found {found}; expected {expected}") from None
        try:
            self._intake.prepare()
        except CxrEdgeError:
            server.server_close()
            raise
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="cxr-edge-listener", daemon=True)
        self._thread.start()
        LOG.info(
            "listening on %s:%d as %s%s", self._settings.host, self.port, self._settings.aet, " (TLS)" if tls else ""
        )

    def stop(self) -> None:
        """Free the port, let running associations end for `Bounds.farewell_seconds`, then end them."""
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        server.shutdown()
        self._thread.join()
        if not _all_over(server, self._bounds.farewell_seconds):
            for association in server.associations():
                association.end()
            _all_over(server, 1.0)
            for association in server.associations():
                association.cut()
            _all_over(server, 1.0)

    def sweep(self) -> None:
        """End associations that last too long, and delete what broken ones left; once a minute will do."""
        if self._server:
            for association in self._server.associations():
                if time.monotonic() - association.began > self._bounds.association_seconds:
                    association.end()
        self._intake.delete_leftovers(self._bounds.leftover_seconds)


def _silence_libraries() -> None:
    for name in ("pynetdicom", "pydicom"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")


def _all_over(server: Server, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while server.associations():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
