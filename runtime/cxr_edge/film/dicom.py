"""From the bytes of a DICOM object to an image and what its header says against it. Needs the extra ``dicom``.

Only the tags in `TAGS` are read: names, dates and numbers of patients are never parsed, so none can reach a result, a
log or an error.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from cxr_edge.errors import UnreadableFilm
from cxr_edge.film.completeness import jpeg_flaw
from cxr_edge.film.grey import array_to_image
from cxr_edge.film.source import Limits

if TYPE_CHECKING:
    from pydicom import Dataset

TAGS = (
    "Modality", "ViewPosition", "BodyPartExamined", "SamplesPerPixel", "PhotometricInterpretation",
    "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "WindowCenter", "WindowWidth",
    "VOILUTFunction", "VOILUTSequence", "PixelData",
)  # fmt: skip
RADIOGRAPHS = ("CR", "DX", "RG")  # computed, digital and film radiography
FRONTAL = ("PA", "AP")
_JPEG_SYNTAXES = tuple(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70))
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_EXPECTED = "one complete greyscale radiograph"


def open_dicom(data: bytes, name: str, limits: Limits) -> tuple[Image.Image, tuple[str, ...]]:
    """Decode a DICOM object completely.

    Rescale slope and intercept (or the modality LUT), then the VOI LUT or window, are applied as PS3.3 C.11 has them;
    MONOCHROME1 is inverted, so that bone is white.

    Args:
        data: the whole object, with its 128-byte preamble.
        name: for error messages.
        limits: checked before any pixel is decoded.

    Returns:
        An image, mode L or RGB for 8 bits that need no windowing, else F; and reasons to distrust it:
        ``not-a-radiograph`` (modality other than CR, DX, RG), ``not-frontal`` (a view other than AP or PA is stated),
        ``not-chest`` (another body part is stated).

    Raises:
        UnreadableFilm: pydicom is missing; several frames; no pixels; beyond the limits; damaged.
    """
    try:
        import pydicom
    except ModuleNotFoundError:
        needed = "pydicom to read it: pip install 'cxr-edge[dicom]'"
        raise UnreadableFilm(name, "a DICOM object", needed) from None
    if _DEFLATED in data:  # would be inflated before anything could bound it, and radiographs never are
        raise UnreadableFilm(name, "a deflated DICOM object", "one in an image compression, or in none")
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), specific_tags=list(TAGS))
        _check(dataset, name, limits)
        return _to_image(dataset, name), _doubts(dataset)
    except UnreadableFilm:
        raise
    except NotImplementedError:
        found = "a DICOM object in a compression that no installed decoder reads"
        raise UnreadableFilm(name, found, "JPEG, JPEG 2000, RLE or none") from None
    except Exception as error:  # decoders raise nearly anything; their messages may quote tags, so none is shown
        raise UnreadableFilm(name, f"a damaged DICOM object ({type(error).__name__})", _EXPECTED) from None


def _check(dataset: Dataset, name: str, limits: Limits) -> None:
    if "PixelData" not in dataset:
        raise UnreadableFilm(name, "a DICOM object without a picture", _EXPECTED)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise UnreadableFilm(name, f"a DICOM object of {frames} frames", _EXPECTED)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        raise UnreadableFilm(name, "a DICOM object with a colour palette", _EXPECTED)
    limits.check(name, int(dataset.Columns), int(dataset.Rows))
    if dataset.file_meta.TransferSyntaxUID in _JPEG_SYNTAXES:
        from pydicom.encaps import get_frame

        found = jpeg_flaw(get_frame(dataset.PixelData, 0, number_of_frames=1))
        if found:
            raise UnreadableFilm(name, f"a DICOM object with {found}", _EXPECTED)


def _to_image(dataset: Dataset, name: str) -> Image.Image:
    from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
    from pydicom.pixels.utils import pixel_array

    stored: npt.NDArray[Any] = pixel_array(dataset)
    if int(dataset.SamplesPerPixel) == 3:
        return array_to_image(stored, name)
    values = apply_voi_lut(apply_modality_lut(stored, dataset), dataset)
    inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
    if stored.dtype == np.uint8 and int(dataset.BitsStored) == 8 and np.array_equal(values, stored):
        return Image.fromarray(255 - stored if inverted else stored)
    values = values.astype(np.float32)
    return array_to_image(values.max() - values if inverted else values, name)


def _doubts(dataset: Dataset) -> tuple[str, ...]:
    """Reason codes only: header text itself could hold anything."""
    view = str(dataset.get("ViewPosition") or "").strip().upper()
    part = str(dataset.get("BodyPartExamined") or "").strip().upper()
    doubts = {
        "not-a-radiograph": str(dataset.get("Modality") or "").strip().upper() not in RADIOGRAPHS,
        "not-frontal": bool(view) and not view.startswith(FRONTAL),
        "not-chest": bool(part) and part not in ("CHEST", "THORAX", "LUNG", "RIB", "PORT CHEST"),
    }
    return tuple(code for code, applies in doubts.items() if applies)
