"""The node: receiving, scoring, forwarding and keeping house, until it is told to stop."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event

from cxr_edge import CxrEdgeError
from cxr_edge_node.answering.scorer import Scorer
from cxr_edge_node.forwarding.forwarder import Forwarder, senders
from cxr_edge_node.log_names import LOG
from cxr_edge_node.receiving.listener import Listener
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.records.one_node import hold
from cxr_edge_node.settings import Settings

HOUSEKEEPING = 60.0
"""Seconds between two looks for what is too old."""
DAY = 86_400.0


class Node:
    """One node on one spool.

    Args:
        settings: of it.

    Raises:
        CxrEdgeError: another node has the spool, a file is missing, or there is no usable model.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held = hold(settings.spool)
        self._ledger = NodeLedger(settings.spool)
        self._forwarders = [
            Forwarder(destination, sender, self._ledger, settings.spool, settings.give_up_days)
            for destination, sender in senders(settings).items()
        ]
        self._scorer = Scorer(settings, self._ledger, self._answered)
        self._listener = Listener(settings, self._ledger, self._scorer.wake)
        self._stopping = Event()

    def start(self) -> int:
        """Load the model, go on with what waits, and listen.

        Returns:
            The port it listens on.

        Raises:
            CxrEdgeError: no usable model, or the port is taken.
        """
        self._ledger.leave_out(self._settings.destinations)
        _delete_unknown(self._settings.spool, self._ledger)
        self._scorer.start()
        for forwarder in self._forwarders:
            forwarder.start()
        try:
            self._listener.start()
        except CxrEdgeError:
            self._end()
            raise
        return self._listener.port

    def run(self) -> None:
        """Keep house until `stop`, then end in an order in which nothing is lost."""
        while not self._stopping.wait(HOUSEKEEPING):
            self._listener.sweep()
            self._delete_old()
        self._listener.stop()
        self._end()

    def _end(self) -> None:
        self._scorer.stop()
        for forwarder in self._forwarders:
            forwarder.stop()
        self._ledger.close()
        self._held.close()

    def stop(self) -> None:
        """Have `run` end; from a signal's handler, too."""
        self._stopping.set()

    def _answered(self) -> None:
        for forwarder in self._forwarders:
            forwarder.wake()

    def _delete_old(self) -> None:
        files = self._ledger.files_to_delete(time.time() - self._settings.keep_days * DAY)
        for file in files:
            (self._settings.spool / file).unlink(missing_ok=True)
        self._ledger.forget_files(files)
        if files:
            LOG.info("deleted %d files of films that were answered long ago", len(files))


def _delete_unknown(spool: Path, ledger: NodeLedger) -> None:
    """Films of a start that was cut off before their sender heard of success: it sends them again."""
    for path in spool.glob("films/*/*.dcm"):
        if not ledger.has_file(path.relative_to(spool).as_posix()):
            path.unlink(missing_ok=True)
