"""What the runtime and the models' cards say in English, and the demo shows: part of every catalogue."""

from __future__ import annotations

from cxr_edge.wording import DECISIONS, REASONS, RESEARCH_ONLY

FILES = (
    "text",
    "a GIF picture",
    "a PDF document",
    "DICOM",
    "a folder",
    "an empty file",
    "a DICOM object",
    "a DICOM object without a picture",
    "a DICOM object of {0} frames",
    "a DICOM object with a colour palette",
    "a DICOM object in a compression that no installed decoder reads",
    "a deflated DICOM object",
    "a picture of far too many pixels",
    "a picture with a broken header",
    "a truncated or damaged picture",
    "several frames",
    "values that are not finite (NaN or infinite)",
    "a damaged zip file",
    "a truncated zip file",
    "a zip file of {0} files",
    "a zip file of far too many entries",
    "an encrypted file",
    "an unusual compression in the zip file",
    "a damaged file in the zip file",
    "a zip file inside the zip file",
    "{0} × {1} pixels",
    "more than {0} bytes",
    "more than {0} bytes unpacked",
    "JPEG, PNG, TIFF, BMP, WebP or DICOM",
    "JPEG, JPEG 2000, RLE or none",
    "one complete greyscale radiograph",
    "one in an image compression, or in none",
    "a readable picture file",
    "a complete film, grey or with 8 bits a channel",
    "a complete file",
    "a complete one",
    "a smaller file",
    "a single picture",
    "a grey or colour picture",
    "finite values",
    "one without a password",
    "deflate, or none",
    "films",
    "less, or fewer films in one zip file",
    "at least {0} on each side",
    "at most {0} pixels in all",
    "at most {0} films",
    "{0} to {1}",
)
"""Ways that a film's file can be wrong, and what is needed, as `UnreadableFilm` says them; numbers are placeholders."""

CARDS = (
    "{0} test films",
    "lung_short at {0} × {1}, int8: pneumonia in children",
    "a1_baseline at {0} × {1}, int8: pneumonia in children",
    "Research on triage of frontal chest radiographs of children aged 1 to 5 for pneumonia. Not a cleared medical "
    "device; not for adults, lateral films or anything that is no chest X-ray; never the only reason for a decision "
    "about a patient.",
    "Comparison with other models: a published network, trained as published. Not for any film of a patient.",
)
"""Sentences of the bundled models' cards; those of a clinic's own models stay as they are."""


def runtime_sentences() -> list[str]:
    """All of them, in the order of a catalogue."""
    decisions = [sentence for words in DECISIONS.values() for sentence in words]
    return [RESEARCH_ONLY, *decisions, *REASONS.values(), *FILES, *CARDS]
