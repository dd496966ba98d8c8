"""A sender of which each word is known, and what its forwarder made of it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

from cxr_edge_node.forwarding.forwarder import Forwarder
from cxr_edge_node.forwarding.sender import Result

TO = "PACS@192.168.1.5:104"


class Said:
    """A sender that says of each file what `judge` makes of its UID: a state, a state with an error, or an exception.

    `batches` holds the UIDs that were tried, by connection.
    """

    def __init__(self, judge=lambda uid: "sent") -> None:
        self.judge, self.batches, self.hung_up = judge, [], threading.Event()

    def send(self, files):
        self.batches.append([])
        for file in files:
            said = self.judge(file.stem)
            if isinstance(said, Exception):
                raise said
            self.batches[-1].append(file.stem)
            state, error = (said, "" if said == "sent" else "status 0xA700") if isinstance(said, str) else said
            yield Result(file, state, error)
            if state == "put off":
                return

    def hang_up(self):
        self.hung_up.set()

    @property
    def tried(self):
        return [uid for batch in self.batches for uid in batch]


@contextmanager
def forwarding(ledger, sender, spool, give_up_days=7.0):
    forwarder = Forwarder(TO, sender, ledger, spool, give_up_days)
    forwarder.start()
    try:
        yield forwarder
    finally:
        forwarder.stop()
        assert not forwarder._thread.is_alive()


def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def states(ledger):
    """By UID: state, error and attempts."""
    rows = ledger.rows("SELECT sop_instance_uid, state, error, attempts FROM deliveries WHERE destination = ?", TO)
    return {uid: rest for uid, *rest in rows}


def arrived(ledger, uids):
    return lambda: all(states(ledger)[uid][0] == "sent" for uid in uids)
