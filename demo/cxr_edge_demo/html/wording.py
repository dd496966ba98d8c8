"""Decisions, reason codes and errors in words. A symbol and a word carry each decision; colour only repeats it."""

from __future__ import annotations

from dataclasses import dataclass

from cxr_edge import Classifier, UnreadableFilm
from cxr_edge.wording import CHILDREN, DECISIONS, REASONS

LUNGS_FIRST = (
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
UNREADABLE = DecisionWords("✕", "Unreadable", "The file could not be read, so it was not scored.", "unreadable")


def decision_words(name: str | None) -> DecisionWords:
    """Words of a decision; of an unreadable film for None."""
    if name is None:
        return UNREADABLE
    symbol, css = _SHAPES[name]
    return DecisionWords(symbol, *DECISIONS[name], css)


def reason(code: str) -> str:
    """A sentence; for a code that this version does not know, one that quotes it."""
    return REASONS.get(code, f"The film is marked: {code}.")


def age_note(unknown: int, films: int = 1) -> str:
    """For whom the models were made, where films do not state an age; one that they state is judged by itself.

    Args:
        unknown: films that do not state an age; nothing is said if there are none.
        films: all films that are shown.
    """
    if not unknown:
        return ""
    which = f"{unknown} of these films do" if unknown < films else "These films do" if films > 1 else "This film does"
    return f"Made for frontal films of {CHILDREN}. {which} not state an age."


def unreadable(error: UnreadableFilm) -> str:
    """What is wrong with a file, to whoever sent it; it is named."""
    return f"{error.film} could not be read. {why_unreadable(error)}"


def why_unreadable(error: UnreadableFilm) -> str:
    """What is wrong with a file, where its name is already said."""
    verb = "has" if error.found[0].isdigit() or error.found.startswith(_IT_HAS) else "is"
    return f"It {verb} {error.found}. The demo needs {error.expected}."


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
