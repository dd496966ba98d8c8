"""Decisions and reason codes in words, for people who look at one film."""

from __future__ import annotations

from typing import NamedTuple

from cxr_edge.film.dicom import AGES

RESEARCH_ONLY = "For research only. This is not a cleared medical device; no answer here is a diagnosis."
CHILDREN = f"children of {AGES[0]:.0f} to {AGES[1] - 1:.0f} years"


class DecisionWords(NamedTuple):
    """A decision in words.

    Attributes:
        word: a heading.
        advice: one or two sentences.
    """

    word: str
    advice: str


DECISIONS = {
    "refer": DecisionWords(
        "Refer", "To the model this looks like pneumonia. Have a clinician read this film before the others."
    ),
    "review": DecisionWords(
        "Review", "The model cannot tell, or should not be trusted on this film. A clinician decides."
    ),
    "retake": DecisionWords(
        "Retake", "This film cannot be used as it is. The model's probability means nothing for it."
    ),
    "no finding": DecisionWords("No finding", "The model found no sign of pneumonia. This does not rule it out."),
}

REASONS = {
    "turned-left": "The film is turned to the left.",
    "turned-right": "The film is turned to the right.",
    "upside-down": "The film is upside down.",
    "inverted": "The film is inverted: black where it should be white.",
    "cropped": "The border cuts through the lungs.",
    "no-lungs": "No lungs were found in the film.",
    "adult": "This looks like the film of an adult. The model was made for children.",
    "too-small": "The picture is too small for the model.",
    "over-exposed": "The film is too dark.",
    "under-exposed": "The film is too bright.",
    "low-contrast": "The film has hardly any contrast.",
    "colour-photograph": "This is a colour photograph. Export the film itself.",
    "false-colour": "The picture is in false colours, so its grey levels are not those of the film. Export the grey "
    "original.",
    "lateral": "This looks like a view from the side. The model knows frontal films only.",
    "not-a-chest-film": "This does not look like a chest film.",
    "not-a-radiograph": "The DICOM header says that this is not a radiograph.",
    "not-frontal": "The DICOM header says that this is not a frontal view.",
    "not-chest": "The DICOM header names another part of the body.",
    "age": f"The DICOM header states an age that the model was not made for. It knows {CHILDREN} only.",
}
"""Sentences by reason code of `cxr_edge.quality` and `cxr_edge.film`."""
