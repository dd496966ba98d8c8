"""Which films are scored, by their header alone, and the reasons of those that are not."""

from __future__ import annotations

from pydicom import Dataset

from cxr_edge import wording
from cxr_edge.film.dicom import doubts_of_header
from cxr_edge_node.answering.identity import MANUFACTURER

REASONS = {
    "for-processing": "The film is raw, for processing. Send the one for presentation.",
    "colour": "The picture is in colour. The model knows grey radiographs only.",
    "field-size": "By its pixel size the film is too small or too large to be a child's chest.",
    "several-frames": "The object holds several pictures. The model takes one film at a time.",
    "unreadable": "The film could not be read: it is damaged, or in a compression that this program does not know.",
    "no-header": "The object does not say which film of which study it is.",
    "uid-differs": "The object was sent under another SOP Instance UID than the one within it.",
    "uid-reused": "Another film of the same SOP Instance UID came before.",
    "stops-the-scorer": "The film stopped the scoring process twice, so its pixels were not read again.",
}
"""Sentences by reason code of this package; those of the core are `cxr_edge.wording.REASONS`."""

NOT_A_CHEST_FILM, NOT_SUPPORTED, FAILED = "not a valid chest film", "age or object not supported", "failed"
_NOT_SUPPORTED = ("age", "adult", "for-processing", "colour", "several-frames", "not-a-radiograph")
_FAILED = ("unreadable", "no-header", "uid-differs", "uid-reused", "stops-the-scorer")
GROUPS = {
    **dict.fromkeys(wording.REASONS, NOT_A_CHEST_FILM),
    **dict.fromkeys(REASONS, NOT_A_CHEST_FILM),
    **dict.fromkeys(_NOT_SUPPORTED, NOT_SUPPORTED),
    **dict.fromkeys(_FAILED, FAILED),
}
"""The error class of each reason code, as products of this kind show them."""

_GREY = ("MONOCHROME1", "MONOCHROME2")
_FIELD = (80.0, 600.0)
"""Sides of a field that may be a child's chest, mm. The smallest cassette is 130 mm wide, which collimation may halve;
the largest detectors are 430 mm, and films stitched of several are longer."""
_PITCH = (0.05, 0.5)
"""Pixel sizes that are believed, mm. Plates and detectors have 0.05 to 0.2, twice that when binned. Others are not
measured: 0 and 1 stand where a program had to write something."""
_SCREENS = (25.4 / 72, 25.4 / 96)
"""Nor are these believed, mm: the resolutions of screens, which converters write into scans and photographs."""


def why_not(header: Dataset) -> tuple[str, ...]:
    """Why a film is not scored, as reason codes; empty if it is to be scored.

    Args:
        header: of `cxr_edge_node.answering.header.read_header`.

    Returns:
        Those of `cxr_edge.film.dicom.doubts_of_header`, and of `REASONS` ``for-processing``, ``colour``,
        ``field-size`` and ``several-frames``.
    """
    photometric = str(header.get("PhotometricInterpretation") or "")
    codes = {
        "for-processing": header.get("PresentationIntentType") == "FOR PROCESSING",
        "colour": bool(photometric) and photometric not in _GREY,
        "field-size": _is_of_another_size(header),
        "several-frames": int(header.get("NumberOfFrames") or 1) > 1,
    }
    return (*doubts_of_header(header), *(code for code, applies in codes.items() if applies))


def _is_of_another_size(header: Dataset) -> bool:
    """Whether a believable pixel size says that a side of the field is outside `_FIELD`.

    The size at the detector comes first, as it is measured. One that is corrected for magnification differs by less
    than a tenth.
    """
    spacing = header.get("ImagerPixelSpacing") or header.get("PixelSpacing")
    sides = header.get("Rows"), header.get("Columns")
    if not spacing or not all(sides):
        return False
    pitches = [float(value) for value in spacing]
    if not all(_PITCH[0] <= p <= _PITCH[1] and all(abs(p - s) > 1e-3 for s in _SCREENS) for p in pitches):
        return False
    return not all(_FIELD[0] <= p * side <= _FIELD[1] for p, side in zip(pitches, sides, strict=True))


def sentence(code: str) -> str:
    """A reason code of the core or of this package in words; one that neither knows is quoted."""
    return REASONS.get(code) or wording.REASONS.get(code) or f"The film is marked: {code}."


def is_own_answer(header: Dataset) -> bool:
    """Whether this program made the object, which an archive then routed back: its pictures must not be scored."""
    return str(header.get("Manufacturer") or "").strip().lower() == MANUFACTURER
