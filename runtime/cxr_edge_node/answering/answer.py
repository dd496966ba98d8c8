"""What is said of one film that arrived, before it becomes DICOM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cxr_edge import ModelCard, Prediction

Outcome = Literal["scored", "not scored", "failed"]
"""``not scored``: the header says that the film is not one for this model; ``failed``: it cannot be read."""


@dataclass(frozen=True)
class Model:
    """Who answered.

    Attributes:
        card: with the operating points in use.
        sha256: of the model file.
        fingerprint: the same, with that of an operating point file if there is one; answers' UIDs are derived from it.
    """

    card: ModelCard
    sha256: str
    fingerprint: str


@dataclass(frozen=True)
class Answer:
    """One film's answer.

    Attributes:
        outcome: whether there is a probability.
        reasons: codes, why there is none, or what speaks against the film; of `cxr_edge.wording.REASONS` or of
            `cxr_edge_node.answering.which_films.REASONS`.
        model: who answered.
        made_at: when the film was scored, with a time zone; the same at each repetition.
        prediction: with heatmap, lungs and film where the film could be read, even if it is not scored; else None.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    model: Model
    made_at: datetime
    prediction: Prediction | None = None
