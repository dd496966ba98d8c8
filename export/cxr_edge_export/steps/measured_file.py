"""The fourth step: what an exported file answers, how it differs from the original, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cxr_edge_export.parity import Parity, answers, compare
from cxr_edge_export.steps.film_sets import Answers, ScoredFilms
from cxr_edge_train.data.pixels import Pixels
from cxr_edge_train.evaluation.metrics import Metrics, measure


@dataclass(frozen=True)
class Measured:
    """A file on the films of every part.

    Attributes:
        answers: of the file itself.
        metrics: at the first threshold.
        parity: with the Keras original.
    """

    answers: dict[str, Answers]
    metrics: dict[str, Metrics]
    parity: dict[str, Parity]


def measure_file(model: bytes, scored: Mapping[str, ScoredFilms], threshold: float) -> Measured:
    """Ask the ONNX file `model` for every film, one by one."""
    given = {part: answers_of(model, films.pixels) for part, films in scored.items()}
    metrics = {
        part: measure(films.labels, given[part].probabilities, threshold, given[part].logits)
        for part, films in scored.items()
    }
    parity = {part: parity_of(given[part], films, threshold) for part, films in scored.items()}
    return Measured(given, metrics, parity)


def answers_of(model: bytes, pixels: Pixels) -> Answers:
    """What the ONNX file `model` says of films uint8 [N, H, W, 1]."""
    return Answers(*answers(model, pixels, "probability", "logit"))


def parity_of(given: Answers, films: ScoredFilms, threshold: float) -> Parity:
    """How the answers `given` differ from those of the original."""
    logits = (given.logits, films.original.logits)
    return compare(films.labels, given.probabilities, films.original.probabilities, threshold, logits)
