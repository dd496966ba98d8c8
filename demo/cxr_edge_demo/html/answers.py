"""Answers as HTML."""

from __future__ import annotations

from typing import Any

from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.html.wording import age_note, cure, decision_words, is_calibrated, made_for, reason
from cxr_edge_demo.html.zones import place, zones
from cxr_edge_demo.timed_scoring import Scored

OPACITY = 0.6
"""Of the heatmap in a picture, where a program asks for no other."""


def answer(scored: Scored, token: str = "", *, example: bool = False, photographed: bool = False) -> str:
    """Decision, score in its zone, reasons with what to do, for whom the model was made, and its operating points.

    Where the decision is ``retake``, the probability means nothing: it is shown to those who ask for it.

    Args:
        scored: the answer.
        token: under which the film is held; gives a button for the report.
        example: the film is the drawn one that the page opens with.
        photographed: the film was photographed with the phone's camera.
    """
    prediction, card = scored.prediction, scored.classifier.card
    return rendered("answer", **answer_values(scored), token=token, example=example, photographed=photographed,
        points=[(point, (prediction.probability or 0.0) >= point.threshold) for point in card.operating_points],
    )  # fmt: skip


def answer_values(scored: Scored) -> dict[str, Any]:
    """What a page and a printed report both say of an answer: values for their templates."""
    prediction, card = scored.prediction, scored.classifier.card
    shown = zones(card)
    at = place(prediction.probability or 0.0, shown)
    return {
        "scored": scored,
        "prediction": prediction,
        "card": card,
        "calibrated": is_calibrated(scored.classifier) and not prediction.quality,  # that is of films as tested
        "words": decision_words(prediction.decision),
        "hidden": prediction.decision == "retake",
        "zones": shown,
        "place": at,
        "by_score": next(zone.words for zone in reversed(shown) if at >= zone.left),
        "reasons": [(code, reason(code), cure(code)) for code in prediction.quality],
        "made_for": made_for() if prediction.age_known else age_note(1),
    }


def refused(sentence: str) -> str:
    """What is said of a film that was not scored."""
    return rendered("refused", words=decision_words(None), sentence=sentence)


def viewer(token: str, scored: Scored) -> str:
    """The film in its viewer; for a retake without contours, until somebody asks for them."""
    return rendered("viewer", token=token, name=scored.prediction.path, heat=scored.prediction.decision != "retake")
