"""From the bytes of a DICOM object to an image and what its header says against it. Needs the extra ``dicom``.

Only the tags in `TAGS` are read. The patient's age is the only one about the patient, and all that leaves this file is
whether it is known and whether it is outside `AGES`: no name, date or number can reach a result, a log or an error.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge.errors import UnreadableFilm
from cxr_edge.film.completeness import jpeg_flaw
from cxr_edge.film.grey import array_to_image

if TYPE_CHECKING:
    from pydicom import Dataset

TAGS = (
    "Modality", "ViewPosition", "BodyPartExamined", "PatientAge", "SamplesPerPixel", "PhotometricInterpretation",
    "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "WindowCenter", "WindowWidth",
    "VOILUTFunction", "VOILUTSequence", "PixelData",
)  # fmt: skip
RADIOGRAPHS = ("CR", "DX", "RG")  # computed, digital and film radiography
FRONTAL = ("PA", "AP")
CHEST = ("CHEST", "THORAX", "LUNG", "RIB", "PORT CHEST")
AGES = (1.0, 6.0)
"""Completed years of the children that the models learned from: from 1 to below 6."""
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}  # by unit of an Age String, PS3.5 6.2
_JPEG_SYNTAXES = tuple(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70))
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_EXPECTED = "one complete greyscale radiograph"


class DicomObject:
    """A DICOM object whose header was read, and whose pixels were not yet decoded.

    Attributes:
        size: (width, height) in pixels.
        age_known: whether the header states the patient's age.
        doubts: reasons to distrust the film: ``not-a-radiograph`` (a modality other than `RADIOGRAPHS`),
            ``not-frontal`` (a view other than `FRONTAL` is stated), ``not-chest`` (another body part is stated),
            ``age`` (an age outside `AGES` is stated).
    """

    def __init__(self, data: bytes) -> None:
        """Read the header of a whole object, with its 128-byte preamble.

        Raises:
            UnreadableFilm: pydicom is missing; several frames; no pixels; a palette; deflated; a damaged header.
        """
        try:
            import pydicom
        except ModuleNotFoundError:
            raise UnreadableFilm("a DICOM object", "pydicom to read it: pip install 'cxr-edge[dicom]'") from None
        if _DEFLATED in data:  # would be inflated before anything could bound it, and radiographs never are
            raise UnreadableFilm("a deflated DICOM object", "one in an image compression, or in none")
        with _keeping_tags_in():
            self._dataset = pydicom.dcmread(io.BytesIO(data), specific_tags=list(TAGS))
            _refuse_other_objects(self._dataset)
            self.size = (int(self._dataset.Columns), int(self._dataset.Rows))
            years = age_in_years(str(self._dataset.get("PatientAge") or ""))
            self.age_known = years is not None
            self.doubts = _doubts(self._dataset, years)

    def decode(self, at_least: tuple[int, int]) -> Image.Image:
        """Decode it completely, at its full size, whatever `at_least` asks for.

        Rescale slope and intercept (or the modality LUT), then the VOI LUT or window, are applied as PS3.3 C.11 has
        them; MONOCHROME1 is inverted, so that bone is white.

        Returns:
            An image, mode L or RGB for 8 bits that need no windowing, else F.

        Raises:
            UnreadableFilm: truncated, damaged, or in a compression that no installed decoder reads.
        """
        from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
        from pydicom.pixels.utils import pixel_array

        dataset = self._dataset
        with _keeping_tags_in():
            _refuse_half_a_jpeg(dataset)
            stored: npt.NDArray[Any] = pixel_array(dataset)
            if int(dataset.SamplesPerPixel) == 3:
                return array_to_image(stored)
            values = apply_voi_lut(apply_modality_lut(stored, dataset), dataset)
            inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
            if stored.dtype == np.uint8 and int(dataset.BitsStored) == 8 and np.array_equal(values, stored):
                return Image.fromarray(255 - stored if inverted else stored)
            values = values.astype(np.float32)
            return array_to_image(values.max() - values if inverted else values)


def age_in_years(text: str) -> float | None:
    """Years of a DICOM Age String such as ``018M`` or ``004Y``; None if it is none."""
    match = re.fullmatch(r"\s*(\d{1,3})([DWMY])\s*", text)
    return int(match[1]) * _YEARS[match[2]] if match else None


@contextmanager
def _keeping_tags_in() -> Iterator[None]:
    """Refuse whatever makes a decoder raise. Its messages may quote tags, so none is shown."""
    try:
        yield
    except UnreadableFilm:
        raise
    except NotImplementedError:
        found = "a DICOM object in a compression that no installed decoder reads"
        raise UnreadableFilm(found, "JPEG, JPEG 2000, RLE or none") from None
    except Exception as error:  # decoders raise nearly anything
        raise UnreadableFilm(f"a damaged DICOM object ({type(error).__name__})", _EXPECTED) from None


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


def _doubts(dataset: Dataset, years: float | None) -> tuple[str, ...]:
    """Reason codes only: header text itself could hold anything."""
    view = str(dataset.get("ViewPosition") or "").strip().upper()
    part = str(dataset.get("BodyPartExamined") or "").strip().upper()
    doubts = {
        "not-a-radiograph": str(dataset.get("Modality") or "").strip().upper() not in RADIOGRAPHS,
        "not-frontal": bool(view) and not view.startswith(FRONTAL),
        "not-chest": bool(part) and part not in CHEST,
        "age": years is not None and not AGES[0] <= years < AGES[1],
    }
    return tuple(code for code, applies in doubts.items() if applies)
