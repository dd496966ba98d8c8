"""The order in which somebody should look at films."""

from __future__ import annotations

from collections.abc import Iterable

from cxr_edge.prediction import Prediction

_URGENCY = {"refer": 0, "review": 1, "retake": 2, None: 2, "no finding": 3}  # None: could not be read


def most_urgent_first(predictions: Iterable[Prediction]) -> list[Prediction]:
    """Films to refer, then to review, then those without an answer, then the rest; by probability within each."""
    return sorted(predictions, key=lambda p: (_URGENCY[p.decision], -(p.probability or 0.0)))
