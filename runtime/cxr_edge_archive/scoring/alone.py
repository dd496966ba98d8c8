"""Films one at a time in a process of their own, for chunks that have lost theirs once."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from cxr_edge.classifier import Classifier
from cxr_edge.errors import one_line
from cxr_edge.film.quiet import decoders_silenced
from cxr_edge.prediction import Prediction
from cxr_edge.results.scoring_processes import ModelChoice
from cxr_edge_archive.scoring.film_scores import score


class Alone:
    """Answers as `film_scores.score` does, and outlives a film that stops the process which reads it.

    Args:
        choice: of the model.
        heatmap: whether answers hold heatmaps.
    """

    def __init__(self, choice: ModelChoice, heatmap: bool) -> None:
        self._choice, self._heatmap = choice, heatmap
        self._pool = self._start()

    def __call__(self, name: str, data: bytes) -> Prediction:
        """The answer for a film's bytes."""
        try:
            return self._pool.submit(_score, name, data, self._heatmap).result()
        except BrokenProcessPool:
            self._pool.shutdown()
            self._pool = self._start()
            found = f"{name}: found a film that stops the program that reads it; expected a readable one"
            return Prediction(name, error=one_line(found))

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown(cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork would copy threads in mid-step
        return ProcessPoolExecutor(1, context, _begin, (self._choice,))


_classifier: Classifier


def _begin(choice: ModelChoice) -> None:
    global _classifier
    _classifier = choice.load()


def _score(name: str, data: bytes, heatmap: bool) -> Prediction:
    with decoders_silenced():
        return score(_classifier, name, data, heatmap)
