"""Decisions, reason codes and errors in words. A symbol and a word carry each decision; colour only repeats it."""

from __future__ import annotations

from dataclasses import dataclass

from cxr_edge import Classifier, UnreadableFilm
from cxr_edge.film.dicom import AGES
from cxr_edge.wording import DECISIONS, REASONS, RESEARCH_ONLY
from cxr_edge_demo.words import N_, _, _n
from cxr_edge_demo.words.patterns import translated

LUNGS_FIRST = N_(
    "This model finds the lungs and answers by them. Models before version 3 also went by the body, the frame and the "
    "exposure, which go with the label in the films they learned from. Do not compare their answers with these."
)
_IT_HAS = ("more than", "several", "values")
"""How an `UnreadableFilm.found` begins that a file has and is not; so does one that begins with a figure."""
MAX_CALIBRATION_ERROR = 0.10


@dataclass(frozen=True)
class DecisionWords:
    """How a decision is shown.

    Attributes:
        symbol: of a shape of its own.
        word: a heading.
        advice: one or two sentences.
        css: its class in the style sheet.
    """

    symbol: str
    word: str
    advice: str
    css: str


_SHAPES = {
    "refer": ("▲", "refer"),
    "review": ("◆", "review"),
    "retake": ("■", "retake"),
    "no finding": ("○", "no-finding"),
}
_UNREADABLE = (N_("Unreadable"), N_("The file could not be read, so it was not scored."))
_TURN = N_("Turn it upright and try again.")
_EXPOSE = N_("Set the window anew in the viewer it comes from, or take it again.")
_FRONTAL = N_("Send a frontal chest film.")
_NOT_TESTED = N_("Do not rely on this answer.")
_CURES = {
    "turned-left": _TURN,
    "turned-right": _TURN,
    "upside-down": _TURN,
    "inverted": N_("Invert it and try again."),
    "cropped": N_("Send the whole film."),
    "no-lungs": N_("Check that it is a frontal chest film, and send it whole."),
    "adult": _NOT_TESTED,
    "too-small": N_("Send the film in its full size, not a thumbnail."),
    "over-exposed": _EXPOSE,
    "under-exposed": _EXPOSE,
    "low-contrast": _EXPOSE,
    "lateral": _FRONTAL,
    "not-a-chest-film": _FRONTAL,
    "not-a-radiograph": _FRONTAL,
    "not-frontal": _FRONTAL,
    "not-chest": _FRONTAL,
    "age": _NOT_TESTED,
}
"""What to do, by reason code, where the reason's own sentence does not say so."""


def decision_words(name: str | None) -> DecisionWords:
    """Words of a decision; of an unreadable film for None."""
    if name is None:
        word, advice = _UNREADABLE
        return DecisionWords("✕", _(word), _(advice), "unreadable")
    symbol, css = _SHAPES[name]
    word, advice = DECISIONS[name]
    return DecisionWords(symbol, _(word), _(advice), css)


def reason(code: str) -> str:
    """A sentence; for a code that this version does not know, one that quotes it."""
    return _(REASONS[code]) if code in REASONS else _("The film is marked: {code}.").format(code=code)


def cure(code: str) -> str:
    """What to do about a reason; empty if its own sentence says so, or the code is not known."""
    return _(_CURES.get(code, ""))


def research_only() -> str:
    """That the demo is for research alone."""
    return _(RESEARCH_ONLY)


def made_for() -> str:
    """For whom the models were made."""
    first, last = f"{AGES[0]:.0f}", f"{AGES[1] - 1:.0f}"
    return _("Made for frontal films of children of {first} to {last} years.").format(first=first, last=last)


def age_note(unknown: int, films: int = 1) -> str:
    """For whom the models were made, where films do not state an age; one that they state is judged by itself.

    Args:
        unknown: films that do not state an age; nothing is said if there are none.
        films: all films that are shown.
    """
    if not unknown:
        return ""
    if films == 1:
        return f"{made_for()} {_('This film does not state an age.')}"
    if unknown == films:
        return f"{made_for()} {_('These films do not state an age.')}"
    some = _n("{n} of these films does not state an age.", "{n} of these films do not state an age.", unknown)
    return f"{made_for()} {some.format(n=unknown)}"


def unreadable(error: UnreadableFilm) -> str:
    """What is wrong with a file, to whoever sent it; it is named."""
    return f"{_('{film} could not be read.').format(film=error.film)} {why_unreadable(error)}"


def why_unreadable(error: UnreadableFilm) -> str:
    """What is wrong with a file, where its name is already said."""
    has = error.found[0].isdigit() or error.found.startswith(_IT_HAS)
    found = _("It has {found}.") if has else _("It is {found}.")
    needs = _("The demo needs {expected}.").format(expected=translated(error.expected))
    return f"{found.format(found=translated(error.found))} {needs}"


def is_calibrated(classifier: Classifier) -> bool:
    """Whether a model's probabilities may be called calibrated.

    They may if its card shows it on films that it was not calibrated on: the upper end of the 95 % interval of
    ``expected_calibration_error`` on ``test`` is at most `MAX_CALIBRATION_ERROR`. A probability is then off by less
    than a tenth on average, which is as fine as anybody reads it. A clinic's own operating points bring their own
    temperature, which the card's test says nothing of.
    """
    if classifier.operating_point_sha256:
        return False
    error = classifier.card.metrics.get("test", {}).get("expected_calibration_error", {})
    return float(error.get("high", 1.0)) <= MAX_CALIBRATION_ERROR
