"""Answers as HTML."""

from __future__ import annotations

from cxr_edge import Prediction
from cxr_edge_demo.html.pictures import film_address, heatmap_address
from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.html.wording import UNREADABLE, age_note, decision_words, is_calibrated, reason
from cxr_edge_demo.timed_scoring import Scored

OPACITY = 0.6
"""Of the heatmap, until somebody moves the slider."""


def answer(scored: Scored) -> str:
    """Decision, probability, film quality, operating points and times of one film.

    Where the decision is ``retake``, the probability means nothing: it is shown to those who ask for it.
    """
    return rendered(
        "answer",
        scored=scored,
        prediction=scored.prediction,
        card=scored.classifier.card,
        calibrated=is_calibrated(scored.classifier) and not scored.prediction.quality,  # that is of films as tested
        words=decision_words(scored.prediction.decision),
        hidden=scored.prediction.decision == "retake",
        reasons=_reasons(scored.prediction),
        age_note=age_note(not scored.prediction.age_known),
    )


def refused(sentence: str) -> str:
    """What is said of a film that was not scored."""
    return rendered("refused", words=UNREADABLE, sentence=sentence)


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


def _reasons(prediction: Prediction) -> list[tuple[str, str]]:
    return [(code, reason(code)) for code in prediction.quality]
