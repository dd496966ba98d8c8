"""The answer for one film."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Decision = Literal["refer", "no finding", "review"]


@dataclass(frozen=True)
class Prediction:
    """What the model says of one film, or why it says nothing.

    Attributes:
        path: the film's path, or what it was given as (``<bytes>``, ``<array>``).
        probability: calibrated P(pneumonia), 0…1; None for a film that could not be read.
        logit: before calibration; None likewise.
        decision: ``"refer"`` at or above the threshold, ``"no finding"`` below, ``"review"`` if `quality` names a
            reason to distrust the answer; None likewise.
        quality: reason codes, such as ``not-frontal``; empty if there are none.
        error: why the film could not be read, or None.
    """

    path: str
    probability: float | None = None
    logit: float | None = None
    decision: Decision | None = None
    quality: tuple[str, ...] = ()
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as ``cxr-edge predict --format json`` prints them."""
        return {**asdict(self), "quality": list(self.quality)}
