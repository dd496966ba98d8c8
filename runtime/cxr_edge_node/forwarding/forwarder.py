"""Answers that wait, to one archive, until they have arrived."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from cxr_edge import CxrEdgeError
from cxr_edge_node.forwarding.by_c_store import ByCStore
from cxr_edge_node.forwarding.by_stow import ByStow, web_context
from cxr_edge_node.forwarding.sender import Result, Sender, Unreachable
from cxr_edge_node.forwarding.times import backoff
from cxr_edge_node.log_names import LOG, log_name
from cxr_edge_node.records.node_ledger import Delivery, NodeLedger
from cxr_edge_node.settings import Settings

BATCH = 100
POLL = 5.0
"""Seconds between two looks at the ledger for answers whose next attempt is due; new ones come with `wake`."""
REFUSED_AGAIN = 3600.0
"""Seconds until a refused answer is tried again: somebody may have mended the archive."""
DAY = 86_400.0
LAST_WORD = 3.0
"""Seconds that `stop` waits for the answer on its way, and again after it has cut the connection."""

End = Literal["more", "nothing due", "put off", "unreachable"]


def senders(settings: Settings) -> dict[str, Sender]:
    """The way to each destination, by its name in the ledger.

    Raises:
        CxrEdgeError: a certificate or key cannot be used.
    """
    from cxr_edge_node.tls import client_context

    found: dict[str, Sender] = {}
    context = client_context(settings) if settings.forward and settings.forward_tls else None
    for archive in settings.forward:
        found[str(archive)] = ByCStore(archive, settings.aet, context)
    web = web_context(settings) if any(root.startswith("https") for root in settings.forward_web) else None
    for root in settings.forward_web:
        found[root] = ByStow(root, settings.web_authorization, web)
    return found


class Forwarder:
    """Sends what is due to one destination, in a thread of its own.

    All that has to survive a restart is in the ledger. An answer that is lost between arriving and being noted is sent
    again; archives keep one object of a UID.

    Args:
        destination: its name in the ledger.
        sender: the way to it.
        ledger: what is due, and what became of it.
        spool: folder that the ledger's files are relative to.
        give_up_days: an answer older than this is given up when an attempt fails.
    """

    def __init__(self, destination: str, sender: Sender, ledger: NodeLedger, spool: Path, give_up_days: float) -> None:
        self._destination, self._sender, self._ledger, self._spool = destination, sender, ledger, spool
        self._give_up = give_up_days * DAY
        self._news, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"forward to {destination}", daemon=True)
        self._failures = 0  # in a row
        self._trouble = False

    def start(self) -> None:
        """Begin with what waits."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there are new answers. A pause after a failed connection is not cut short."""
        self._news.set()

    def stop(self) -> None:
        """End after the answer on its way, and without it if that takes longer than a few seconds."""
        self._stopping.set()
        self._news.set()
        if self._thread.ident is None:
            return
        self._thread.join(LAST_WORD)
        if self._thread.is_alive():
            self._sender.hang_up()
            self._thread.join(LAST_WORD)

    def _run(self) -> None:
        while True:
            self._news.clear()
            if self._stopping.is_set():  # looked at after the line above, which may have wiped out what `stop` said
                return
            try:
                end = self._send_what_is_due()
            except CxrEdgeError as error:  # the ledger cannot be read or written
                end = self._in_trouble(str(error))
            if end == "nothing due":
                self._news.wait(POLL)
            elif end == "put off":
                self._news.wait(backoff(self._failures))  # new answers may fare better than that one
            elif end == "unreachable":
                self._stopping.wait(backoff(self._failures))

    def _send_what_is_due(self) -> End:
        """One connection's worth."""
        due = {self._spool / one.answer.file: one for one in self._ledger.due(self._destination, BATCH)}
        if not due:
            return "nothing due"
        end: End = "unreachable"  # unless a result comes: nothing may go round without a pause
        try:
            with closing(self._sender.send(list(due))) as results:
                for result in results:
                    if self._stopping.is_set() and result.state != "sent":
                        break  # cut off by `stop`
                    self._note(due.pop(result.file), result)
                    end = "put off" if result.state == "put off" else "more"
                    if self._stopping.is_set():
                        break
        except Unreachable as error:
            return end if self._stopping.is_set() else self._none_sent(list(due.values()), str(error))
        except CxrEdgeError:
            raise
        except Exception as error:  # a fault of ours must neither end the thread nor hold it at one answer for ever
            LOG.error("%s: found %s", self._destination, type(error).__name__)  # its message may hold values
            for file, delivery in list(due.items())[:1]:
                self._note(delivery, Result(file, "put off", f"found {type(error).__name__}"))
            return "put off"
        return end

    def _note(self, delivery: Delivery, result: Result) -> None:
        uid, first = delivery.answer.sop_instance_uid, delivery.attempts == 0
        if result.state == "sent":
            self._ledger.sent(self._destination, uid)
            self._failures = 0
            if self._trouble:
                LOG.warning("%s: takes answers again", self._destination)
                self._trouble = False
        elif result.state == "unreadable" or self._is_old(delivery):
            self._give_it_up(delivery, result.error)
        elif result.state == "refused":
            self._ledger.not_sent(self._destination, uid, "refused", result.error, REFUSED_AGAIN)
            if first:
                LOG.warning("%s: answer %s refused: %s", self._destination, log_name(uid), result.error)
        else:
            # An answer that an archive stumbles over time and again thus comes behind the others.
            self._ledger.not_sent(self._destination, uid, "waiting", result.error, backoff(delivery.attempts + 1))
            self._failures += 1
            if first:
                self._say_once(result.error)

    def _none_sent(self, left: Sequence[Delivery], error: str) -> End:
        """Note that the archive could not be reached.

        Of what waits, the oldest carries the reason in the ledger. It keeps its place: it is due since it was made.
        """
        waiting = [one for one in left if not self._is_old(one)]
        for one in left:
            if self._is_old(one):
                self._give_it_up(one, error)
        if waiting:
            uid, again_in = waiting[0].answer.sop_instance_uid, waiting[0].answered_at - time.time()
            self._ledger.not_sent(self._destination, uid, "waiting", error, again_in)
        return self._in_trouble(error)

    def _in_trouble(self, error: str) -> End:
        self._failures += 1
        if not self._stopping.is_set():
            self._say_once(error)
        return "unreachable"

    def _say_once(self, error: str) -> None:
        if not self._trouble:
            LOG.warning("%s: %s; answers wait and are tried again", self._destination, error)
        self._trouble = True

    def _is_old(self, delivery: Delivery) -> bool:
        return time.time() - delivery.answered_at > self._give_up

    def _give_it_up(self, delivery: Delivery, error: str) -> None:
        uid = delivery.answer.sop_instance_uid
        self._ledger.not_sent(self._destination, uid, "given up", error, 0.0)
        LOG.error("%s: answer %s given up: %s", self._destination, log_name(uid), error)
