"""Answers as HTML."""

from __future__ import annotations

from typing import Any

from cxr_edge import Prediction
from cxr_edge_demo.html.pictures import film_address, heatmap_address
from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.html.wording import age_note, cure, decision_words, is_calibrated, made_for, reason
from cxr_edge_demo.html.zones import place, zones
from cxr_edge_demo.timed_scoring import Scored

OPACITY = 0.6
"""Of the heatmap, until somebody moves the slider."""


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


def film(prediction: Prediction) -> str:
    """The film itself."""
    return rendered("film", address=film_address(prediction))


def heatmap(prediction: Prediction, opacity: float) -> str:
    """The film with the heatmap, or a sentence that there is none."""
    return rendered("heatmap", address=heatmap_address(prediction, opacity), hidden=prediction.decision == "retake")


def one_of_two(letter: str, scored: Scored, model: str = "") -> str:
    """One of two answers to compare; `model` is named after the vote."""
    prediction = scored.prediction
    return rendered(
        "one_of_two",
        letter=letter,
        model=model,
        prediction=prediction,
        # Before the vote the word would tell the models apart.
        calibrated=bool(model) and is_calibrated(scored.classifier) and not prediction.quality,
        words=decision_words(prediction.decision),
        hidden=prediction.decision == "retake",
        film=film_address(prediction),
        heatmap=heatmap_address(prediction, OPACITY),
    )


def compared_film(prediction: Prediction) -> str:
    """What is said once of a film that two models answer."""
    return rendered("compared_film", name=prediction.path, age_note=age_note(not prediction.age_known))
