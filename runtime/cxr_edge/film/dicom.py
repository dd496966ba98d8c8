"""From the bytes of a DICOM object to an image and what its header says against it. Needs the extra ``dicom``.

Only the tags in `TAGS` are read. Age, or date of birth and of the study, are the only ones about the patient, and all
that leaves this file is whether the age is known and whether it is outside `AGES`: no name, date or number can reach a
result, a log or an error.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge.errors import UnreadableFilm
from cxr_edge.film.completeness import jpeg_flaw
from cxr_edge.film.decode import Decoded
from cxr_edge.film.grey import array_to_image
from cxr_edge.film.source import Limits

if TYPE_CHECKING:
    from pydicom import Dataset

TAGS = (
    "Modality", "ViewPosition", "BodyPartExamined", "PatientAge", "PatientBirthDate", "StudyDate", "SamplesPerPixel",
    "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence",
    "WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence", "PixelData",
)  # fmt: skip
RADIOGRAPHS = ("CR", "DX", "RG")  # computed, digital and film radiography
FRONTAL = ("PA", "AP")
CHEST = ("CHEST", "THORAX", "LUNG", "RIB", "PORT CHEST")
AGES = (1.0, 6.0)
"""Completed years of the children that the models learned from: from 1 to below 6."""
_OLDEST = 110.0
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}  # by unit of an Age String, PS3.5 6.2
_JPEG_SYNTAXES = tuple(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70))
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_EXPECTED = "one complete greyscale radiograph"


def decode_dicom(data: bytes, limits: Limits) -> Decoded:
    """Decode a DICOM object completely.

    Rescale slope and intercept (or the modality LUT), then the VOI LUT or window, are applied as PS3.3 C.11 has
    them; MONOCHROME1 is inverted, so that bone is white.

    Args:
        data: the whole object, with its 128-byte preamble.
        limits: checked before any pixel is decoded.

    Returns:
        An image, mode L or RGB for 8 bits that need no windowing, else F; and reasons to distrust it:
        ``not-a-radiograph`` (a modality other than `RADIOGRAPHS`), ``not-frontal`` (a view other than `FRONTAL` is
        stated), ``not-chest`` (another body part is stated), ``age`` (an age outside `AGES` is stated).

    Raises:
        UnreadableFilm: pydicom is missing; several frames; no pixels; a palette; deflated; beyond the limits; damaged;
            or in a compression that no installed decoder reads.
    """
    dataset = read_dicom(data, limits)
    with _in_our_words():
        size = (int(dataset.Columns), int(dataset.Rows))
        age_known = stated_age(dataset) is not None
        return Decoded(_to_image(dataset), size, doubts_of_header(dataset), age_known)


def read_dicom(data: bytes, limits: Limits) -> Dataset:
    """The tags in `TAGS` of a DICOM object that holds one picture within the limits; no pixel is decoded yet.

    Raises:
        UnreadableFilm: as `decode_dicom`.
    """
    try:
        import pydicom
    except ModuleNotFoundError:
        raise UnreadableFilm("a DICOM object", "pydicom to read it: pip install 'cxr-edge[dicom]'") from None
    if _DEFLATED in data:  # would be inflated before anything could bound it, and radiographs never are
        raise UnreadableFilm("a deflated DICOM object", "one in an image compression, or in none")
    with _in_our_words():
        dataset = pydicom.dcmread(io.BytesIO(data), specific_tags=list(TAGS))
        _refuse_other_objects(dataset)
        limits.check(int(dataset.Columns), int(dataset.Rows))
    return dataset


def stored_pixels(dataset: Dataset) -> npt.NDArray[Any]:
    """The pixels of a dataset that `read_dicom` gave, decoded and otherwise as they are stored.

    Returns:
        [H, W], or [H, W, 3] for colour, of the object's own integers: before modality LUT and window, and with bone
        dark if the object is MONOCHROME1.

    Raises:
        UnreadableFilm: as `decode_dicom`.
    """
    with _in_our_words():
        from pydicom.pixels.utils import pixel_array

        _refuse_half_a_jpeg(dataset)
        return pixel_array(dataset)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except UnreadableFilm:
        raise
    except NotImplementedError:
        found = "a DICOM object in a compression that no installed decoder reads"
        raise UnreadableFilm(found, "JPEG, JPEG 2000, RLE or none") from None
    except Exception as error:  # decoders raise nearly anything; their messages may quote tags, so none is shown
        raise UnreadableFilm(f"a damaged DICOM object ({type(error).__name__})", _EXPECTED) from None


def _to_image(dataset: Dataset) -> Image.Image:
    from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

    stored = stored_pixels(dataset)
    if int(dataset.SamplesPerPixel) == 3:
        return array_to_image(stored)
    values = apply_voi_lut(apply_modality_lut(stored, dataset), dataset)
    inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
    if stored.dtype == np.uint8 and int(dataset.BitsStored) == 8 and np.array_equal(values, stored):
        return Image.fromarray(255 - stored if inverted else stored)
    values = values.astype(np.float32)
    return array_to_image(values.max() - values if inverted else values)


def stated_age(dataset: Dataset) -> float | None:
    """Years of the patient at the time of the study: the stated age, or else that by the date of birth.

    None if neither is stated, or it is not believable: more than 110 years, as placeholders for a date of birth give.
    """
    years = age_in_years(str(dataset.get("PatientAge") or ""))
    if years is None:
        years = years_between(str(dataset.get("PatientBirthDate") or ""), str(dataset.get("StudyDate") or ""))
    return years if years is not None and years <= _OLDEST else None


def age_in_years(text: str) -> float | None:
    """Years of a DICOM Age String such as ``018M`` or ``004Y``; None if it is none."""
    match = re.fullmatch(r"\s*(\d{1,3})([DWMY])\s*", text)
    return int(match[1]) * _YEARS[match[2]] if match else None


def years_between(born: str, studied: str) -> float | None:
    """Completed years from one DICOM Date such as ``20190228`` to another.

    None if either is none, or they are the wrong way round.
    """
    try:
        start, end = (datetime.strptime(text.strip(), "%Y%m%d") for text in (born, studied))
    except ValueError:
        return None
    if end < start:
        return None
    return float(end.year - start.year - ((end.month, end.day) < (start.month, start.day)))


def _refuse_other_objects(dataset: Dataset) -> None:
    if "PixelData" not in dataset:
        raise UnreadableFilm("a DICOM object without a picture", _EXPECTED)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise UnreadableFilm(f"a DICOM object of {frames} frames", _EXPECTED)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        raise UnreadableFilm("a DICOM object with a colour palette", _EXPECTED)


def _refuse_half_a_jpeg(dataset: Dataset) -> None:
    if dataset.file_meta.TransferSyntaxUID not in _JPEG_SYNTAXES:
        return
    from pydicom.encaps import get_frame

    found = jpeg_flaw(get_frame(dataset.PixelData, 0, number_of_frames=1))
    if found:
        raise UnreadableFilm(f"a DICOM object with {found}", _EXPECTED)


def doubts_of_header(dataset: Dataset) -> tuple[str, ...]:
    """What the header says against a film, as reason codes only: header text itself could hold anything.

    Args:
        dataset: with those of `TAGS` that the object has.

    Returns:
        Of ``not-a-radiograph``, ``not-frontal``, ``not-chest`` and ``age`` those that apply; see `decode_dicom`.
    """
    view = str(dataset.get("ViewPosition") or "").strip().upper()
    part = str(dataset.get("BodyPartExamined") or "").strip().upper()
    years = stated_age(dataset)
    doubts = {
        "not-a-radiograph": str(dataset.get("Modality") or "").strip().upper() not in RADIOGRAPHS,
        "not-frontal": bool(view) and not view.startswith(FRONTAL),
        "not-chest": bool(part) and part not in CHEST,
        "age": years is not None and not AGES[0] <= years < AGES[1],
    }
    return tuple(code for code, applies in doubts.items() if applies)
