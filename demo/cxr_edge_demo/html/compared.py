"""Two answers to one film: blind before the vote, and what each model is after it."""

from __future__ import annotations

from typing import Any

from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.html.wording import age_note, decision_words, is_calibrated, reason
from cxr_edge_demo.pages.feedback_controls import feedback_controls
from cxr_edge_demo.timed_scoring import Scored
from cxr_edge_demo.words import _

LETTERS = "AB"


def compared(token: str, name: str, answers: tuple[Scored, ...]) -> str:
    """Both answers beside the film, a vote in one tap, and what the film shows.

    Nothing here tells the models apart: no name, no threshold, and not whether a probability is calibrated.

    Args:
        token: that the film is held under.
        name: of its file.
        answers: two, in the order that they are shown in.
    """
    return rendered(
        "compared",
        token=token,
        name=name,
        age_note=age_note(not answers[0].prediction.age_known),
        difference=difference(answers),
        answers=[_shown(letter, scored) for letter, scored in zip(LETTERS, answers, strict=True)],
        feedback=feedback_controls(token),
    )


def difference(answers: tuple[Scored, ...]) -> str:
    """In one sentence, what the two answers have in common or not."""
    a, b = (scored.prediction for scored in answers)
    words_a, words_b = (decision_words(p.decision).word for p in (a, b))
    if a.decision != b.decision:
        return _("The answers differ: A says “{a}”, B says “{b}”.").format(a=words_a, b=words_b)
    if set(a.quality) != set(b.quality):
        return _("Both say “{a}”, for different reasons.").format(a=words_a)
    return _("Both say “{a}”. Compare their probabilities and the places they marked.").format(a=words_a)


def revealed(a: Scored, b: Scored, preferred: str) -> list[dict[str, Any]]:
    """After the vote: of both models the letter, the name, one sentence, and whether it was preferred."""
    return [
        {
            "letter": letter,
            "name": f"{scored.classifier.card.name} {scored.classifier.card.version}",
            "sentence": _model(scored),
            "preferred": letter == preferred,
        }
        for letter, scored in zip(LETTERS, (a, b), strict=True)
    ]


def _shown(letter: str, scored: Scored) -> dict[str, Any]:
    prediction = scored.prediction
    return {
        "letter": letter,
        "words": decision_words(prediction.decision),
        "probability": prediction.probability,
        "hidden": prediction.decision == "retake",
        "reasons": [reason(code) for code in prediction.quality],
    }


def _model(scored: Scored) -> str:
    card = scored.classifier.card
    point = card.operating_points[0]
    way = (
        _("It finds the lungs first and answers by them.")
        if scored.classifier.has_lungs
        else _("It answers by the whole picture.")
    )
    figures = _(
        "On its test films it found {found} of 100 with pneumonia and passed {passed} of 100 normal ones."
    ).format(found=f"{100 * point.sensitivity.value:.0f}", passed=f"{100 * point.specificity.value:.0f}")
    trusted = "" if is_calibrated(scored.classifier) else _("Its probabilities are not calibrated.")
    return " ".join(filter(None, (way, figures, trusted)))
