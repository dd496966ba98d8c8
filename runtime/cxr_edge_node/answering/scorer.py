"""The thread that has waiting films answered, one after the other, in the order of their arrival."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

from cxr_edge import CxrEdgeError
from cxr_edge_node.answering.film_answers import Job
from cxr_edge_node.answering.scoring_process import ScoringProcess, ScoringStopped
from cxr_edge_node.log_names import LOG, log_name
from cxr_edge_node.records.node_ledger import Film, NodeLedger
from cxr_edge_node.settings import Settings

ATTEMPTS = 2
"""How often a film may stop the scoring process before only its header is read."""
PAUSE = 5.0
"""Seconds to wait when an answer cannot be written, for want of space for instance."""


class Scorer:
    """Answers what waits in the ledger.

    Args:
        settings: of the node.
        ledger: where films wait and answers are noted.
        answered: called after each film.
    """

    def __init__(self, settings: Settings, ledger: NodeLedger, answered: Callable[[], None]) -> None:
        self._ledger, self._answered, self._settings = ledger, answered, settings
        self._process = ScoringProcess(settings)
        self._wake, self._stopping = Event(), Event()
        self._thread = Thread(target=self._run, name="scorer", daemon=True)

    def start(self) -> None:
        """Load the model, then answer films until `stop`.

        Raises:
            CxrEdgeError: no usable model.
        """
        self._process.start()
        self._thread.start()

    def wake(self) -> None:
        """A film has arrived."""
        self._wake.set()

    def stop(self) -> None:
        """End after the film that is being scored."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=10)
        self._process.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                while not self._stopping.is_set() and (film := self._ledger.next_waiting()):
                    self._close(film)
            except CxrEdgeError as error:
                LOG.error("%s", error)
                self._stopping.wait(PAUSE)
            else:
                self._wake.wait()

    def _close(self, film: Film) -> None:
        job = Job(film, self._ledger.answered_before(film), unread=film.attempts >= ATTEMPTS)
        try:
            if film.attempts >= 2 * ATTEMPTS:  # its header alone stops the process
                self._ledger.close_film(film, "answered", "failed", ("stops-the-scorer",), (), ())
                return
            closed = self._process.answer(job)
        except ScoringStopped:
            if not self._stopping.is_set():
                LOG.warning("film %s stopped the scoring process", log_name(film.sop_instance_uid))
                self._ledger.count_attempt(film)
            return
        destinations = self._settings.destinations
        self._ledger.close_film(film, closed.state, closed.outcome, closed.reasons, closed.answers, destinations)
        LOG.info("film %s: %s", log_name(film.sop_instance_uid), closed.outcome or closed.state)
        self._answered()
