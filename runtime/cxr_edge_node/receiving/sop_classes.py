"""What is accepted: kinds of objects that may be a chest film, and the encodings that this package reads."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.uid import (
    JPEG2000,
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

HARDCOPY_GRAYSCALE = UID("1.2.840.10008.5.1.1.29")

FILMS: dict[UID, str] = {
    ComputedRadiographyImageStorage: "storage phosphor plates, and most digitisers of films",
    DigitalXRayImageStorageForPresentation: "flat panels; what a radiologist would look at",
    SecondaryCaptureImageStorage: "digitised films, and machines from before the two above",
    HARDCOPY_GRAYSCALE: "retired in 2004: the page that went to the laser printer, often all that an old machine sends",
}
"""SOP classes, each with its reason.

Not here, and so refused: Digital X-Ray For Processing, raw detector values that no model has seen; Hardcopy Color and
Stored Print, which hold no greyscale film; the retired ultrasound, nuclear medicine and biplane classes; multi-frame
secondary capture, of which `cxr_edge.film.dicom` reads no second frame.
"""

LOSSLESS: tuple[UID, ...] = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEGLosslessSV1,
    JPEGLossless,
    JPEGLSLossless,
    JPEG2000Lossless,
    RLELossless,
)
LOSSY: tuple[UID, ...] = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless, JPEG2000)
"""Transfer syntaxes. High-throughput JPEG 2000 is missing because gdcm does not read it, deflate because
`cxr_edge.film.dicom` refuses it."""


def support_films(entity: AE) -> None:
    """Have `entity` accept C-ECHO, and `FILMS` in every encoding above."""
    entity.add_supported_context(Verification)
    for sop_class in FILMS:
        entity.add_supported_context(sop_class, [*LOSSLESS, *LOSSY])


def best_encoding(proposed: Sequence[UID]) -> UID | None:
    """The encoding to accept of those that a sender proposes for one context, or None.

    The first one that loses nothing, else the first lossy one. Whoever proposes both for a context has to be able to
    send either (PS3.5 10.1), so a lossy one first would cost pixels for nothing; among those that lose nothing, a
    sender names first what it need not convert.
    """
    for good in (LOSSLESS, LOSSY):
        for syntax in proposed:
            if syntax in good:
                return syntax
    return None
