"""Scoring in a process of its own: a film that stops a decoder, eats the memory or never ends stops only that.

The process ends with the node's: it waits for jobs on a pipe, and reads its end.
"""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from cxr_edge import CxrEdgeError
from cxr_edge.film.quiet import decoders_silenced
from cxr_edge_node.answering.film_answers import Closed, FilmAnswers, Job
from cxr_edge_node.settings import Settings

SECONDS = 120.0
"""After which a film counts as one that never ends; the largest takes two seconds on an old computer."""
START_SECONDS = 120.0
MEMORY = 6 * 2**30
"""Address space of the process, bytes. Two thirds are taken by libraries; the largest film needs a gigabyte."""


class ScoringStopped(Exception):
    """The process died or was stopped while it scored a film."""


class ScoringProcess:
    """Starts the process, asks it, and stops it.

    Args:
        settings: of the node.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    def start(self) -> None:
        """Start it and wait until its model is loaded.

        Raises:
            CxrEdgeError: it cannot start; why, in the process's own words.
        """
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._settings), name="scoring", daemon=True)
        self._process.start()
        theirs.close()
        try:
            answer = self._next(START_SECONDS)
        except ScoringStopped:
            raise CxrEdgeError("the scoring process did not start; expected a loaded model") from None
        if isinstance(answer, CxrEdgeError):
            self.stop()
            raise answer

    def answer(self, job: Job) -> Closed:
        """What became of a film; the process is started first if it does not run.

        Raises:
            ScoringStopped: it died, or was stopped after `SECONDS`; the next call starts another.
            CxrEdgeError: the answer cannot be written; the film can be tried again.
        """
        if self._process is None:
            self.start()
        assert self._connection is not None
        try:
            self._connection.send(job)
        except OSError:
            self.stop()
            raise ScoringStopped from None
        answer = self._next(SECONDS)
        if isinstance(answer, CxrEdgeError):
            raise answer
        assert isinstance(answer, Closed)
        return answer

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def _next(self, seconds: float) -> Closed | CxrEdgeError | None:
        assert self._connection is not None
        try:
            if self._connection.poll(seconds):
                received: Closed | CxrEdgeError | None = self._connection.recv()
                return received
        except (EOFError, OSError):
            pass
        self.stop()
        raise ScoringStopped


def _serve(connection: Connection, settings: Settings) -> None:
    """The process: one message when it is ready, then one a job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the node decides when this one ends
    _limit_memory()
    with suppress(EOFError, BrokenPipeError), decoders_silenced():
        try:
            answers = FilmAnswers(settings)
        except CxrEdgeError as error:
            connection.send(error)
            return
        connection.send(None)
        while True:
            job: Job = connection.recv()
            try:
                connection.send(answers.answer(job))
            except OSError as error:
                connection.send(CxrEdgeError(f"{Path('answers')}: found {error.strerror}; expected to write an answer"))
            except CxrEdgeError as error:
                connection.send(CxrEdgeError(str(error)))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
