"""Scoring in several processes: Python's threads take turns, and a decoder that crashes takes its process with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

from cxr_edge.classifier import Classifier
from cxr_edge.errors import CxrEdgeError, one_line
from cxr_edge.prediction import Prediction
from cxr_edge.results.file_scoring import Task, in_batches, score_batch

AHEAD = 2
"""Batches that each process has been given: one in work, and the next."""


@dataclass(frozen=True)
class ModelChoice:
    """What makes the same classifier again in another process; arguments as for `Classifier.load`.

    Attributes:
        operating_point: file of a clinic's own operating points, or None.
    """

    model: str
    sha256: str | None = None
    threads: int = 1
    operating_point: str | None = None

    def load(self) -> Classifier:
        """Load it.

        Raises:
            CxrEdgeError: as `Classifier.load` and `Classifier.with_operating_point` do.
        """
        classifier = Classifier.load(self.model, sha256=self.sha256, threads=self.threads)
        return classifier if self.operating_point is None else classifier.with_operating_point(self.operating_point)


class ScoringProcesses:
    """Each loads the model once, scores batch after batch, and ends with this process, however it ends.

    Args:
        choice: of the model.
        fingerprint: of the classifier that this process loaded by `choice`.
        workers: how many.
    """

    def __init__(self, choice: ModelChoice, fingerprint: str, workers: int) -> None:
        self._choice, self._fingerprint, self._workers = choice, fingerprint, workers
        self._pool = self._start(workers)

    def answers(self, tasks: Iterable[Task], heatmaps: Path | None) -> Iterator[tuple[Task, Prediction]]:
        """Each of `tasks` with what is said of its film, in order; few tasks are taken ahead.

        A film that stops the process which scores it gets a prediction that says so; the others lose nothing.

        Raises:
            CxrEdgeError: the heatmap cannot be written, or the model is no longer the same file.
        """
        pending: deque[tuple[list[Task], Future[list[Prediction]]]] = deque()
        try:
            for batch in in_batches(tasks):
                pending.append((batch, self._submit(batch, heatmaps)))
                if len(pending) == AHEAD * self._workers:
                    yield from self._first(pending, heatmaps)
            while pending:
                yield from self._first(pending, heatmaps)
        finally:  # also when the caller stops half-way
            self._pool.shutdown(cancel_futures=True)

    def _submit(self, batch: list[Task], heatmaps: Path | None) -> Future[list[Prediction]]:
        return self._pool.submit(_score, _unknown(batch), heatmaps)

    def _first(
        self, pending: deque[tuple[list[Task], Future[list[Prediction]]]], heatmaps: Path | None
    ) -> Iterator[tuple[Task, Prediction]]:
        batch, future = pending.popleft()
        try:
            scored = iter(future.result())
        except BrokenProcessPool:  # a film of these did it, or one of those after them
            scored = iter([self._alone(film, heatmaps) for film in _unknown(batch)])
            self._pool = self._start(self._workers)
            again = [(one, self._submit(one, heatmaps)) for one, _ in pending]
            pending.clear()
            pending.extend(again)
        for task in batch:
            yield task, task.known or next(scored)

    def _alone(self, film: str, heatmaps: Path | None) -> Prediction:
        """What is said of a film in a process that no other film can stop."""
        with self._start(1) as pool:
            try:
                return pool.submit(_score, [film], heatmaps).result()[0]
            except BrokenProcessPool:
                found = f"{film}: found a film that stops the program that reads it; expected a readable one"
                return Prediction(film, error=one_line(found))

    def _start(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork would copy threads in mid-step
        return ProcessPoolExecutor(workers, context, _begin, (self._choice, self._fingerprint))


_classifier: Classifier | CxrEdgeError
"""Of a scoring process, or why it has none."""


def _begin(choice: ModelChoice, fingerprint: str) -> None:
    """Make this process a scoring process."""
    global _classifier
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first decides when these end
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _classifier = choice.load()
        if _classifier.fingerprint != fingerprint:
            _classifier = CxrEdgeError(f"{choice.model}: found another file than a moment ago; expected the same model")
    except CxrEdgeError as error:  # raised where somebody waits for an answer
        _classifier = error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _unknown(batch: list[Task]) -> list[str]:
    return [str(task.film) for task in batch if task.known is None]


def _score(films: list[str], heatmaps: Path | None) -> list[Prediction]:
    if isinstance(_classifier, CxrEdgeError):
        raise CxrEdgeError(str(_classifier))
    return score_batch(_classifier, films, heatmaps)
