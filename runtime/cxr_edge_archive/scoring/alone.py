"""Films one at a time in a process of their own, for chunks that have lost theirs once."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from cxr_edge.classifier import Classifier
from cxr_edge.errors import one_line
from cxr_edge.film.quiet import decoders_silenced
from cxr_edge.prediction import Prediction
from cxr_edge.results.scoring_processes import ModelChoice
from cxr_edge_archive.scoring.archive_films import NamedFilm, score


class Alone:
    """Answers as `archive_films.score` does, and outlives a film that stops the process which reads it.

    Args:
        choice: of the model.
        heatmap: whether answers hold heatmaps.
    """

    def __init__(self, choice: ModelChoice, heatmap: bool) -> None:
        self._choice, self._heatmap = choice, heatmap
        self._pool = self._start()

    def __call__(self, films: Sequence[NamedFilm]) -> list[Prediction]:
        """The answers for films' names and bytes."""
        return [self._answer(name, data) for name, data in films]

    def _answer(self, name: str, data: bytes) -> Prediction:
        try:
            return self._pool.submit(_score, name, data, self._heatmap).result()
        except BrokenProcessPool:
            self._pool.shutdown()
            self._pool = self._start()
            found = f"{name}: found a film that stops the program that reads it; expected a readable one"
            return Prediction(name, error=one_line(found))

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork would copy threads in mid-step
        return ProcessPoolExecutor(1, context, _begin, (self._choice,))


_classifier: Classifier


def _begin(choice: ModelChoice) -> None:
    global _classifier
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _classifier = choice.load()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _score(name: str, data: bytes, heatmap: bool) -> Prediction:
    with decoders_silenced():
        return score(_classifier, [(name, data)], heatmap)[0]
