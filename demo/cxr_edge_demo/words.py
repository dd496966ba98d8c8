"""Decisions and reason codes in words. A symbol and a word carry each decision; colour only repeats it."""

from __future__ import annotations

from dataclasses import dataclass

RESEARCH_ONLY = "For research only. This is not a cleared medical device; no answer here is a diagnosis."


@dataclass(frozen=True)
class Words:
    """How a decision is shown.

    Attributes:
        symbol: of a shape of its own.
        word: a heading.
        advice: one sentence.
    """

    symbol: str
    word: str
    advice: str


_DECISIONS = {
    "refer": Words("▲", "Refer", "It looks like pneumonia: somebody who can tell should look at it first."),
    "review": Words("◆", "Review", "The network cannot tell, or is not to be trusted on this film: a person decides."),
    "retake": Words("■", "Retake", "The film is unusable as it is; its probability means nothing."),
    "no finding": Words("○", "No finding", "No sign of pneumonia was found, which does not rule it out."),
}
UNREADABLE = Words("✕", "Unreadable", "The file could not be read whole, so it was not scored.")

REASONS = {
    "turned-left": "The film is turned to the left.",
    "turned-right": "The film is turned to the right.",
    "upside-down": "The film is upside down.",
    "inverted": "The film is inverted: black where it should be white.",
    "cropped": "Only a part of a chest film is in the picture.",
    "too-small": "The picture is smaller than what the network looks at.",
    "over-exposed": "The film is too black.",
    "under-exposed": "The film is too white.",
    "low-contrast": "The film is too flat: hardly any contrast.",
    "colour-photograph": "This is a colour photograph.",
    "lateral": "This looks like a view from the side; the network knows frontal films only.",
    "not-a-chest-film": "This does not look like a chest film.",
    "not-a-radiograph": "The DICOM header says that this is no radiograph.",
    "not-frontal": "The DICOM header says that this is no frontal view.",
    "not-chest": "The DICOM header names another part of the body.",
}
"""Sentences by reason code of `cxr_edge.quality` and `cxr_edge.film.dicom`."""


def decision(name: str | None) -> Words:
    """Words of a decision; of an unreadable film for None."""
    return UNREADABLE if name is None else _DECISIONS[name]


def reason(code: str) -> str:
    """A sentence; for a code that this version does not know, the code."""
    return REASONS.get(code, f"The film is marked: {code}.")
