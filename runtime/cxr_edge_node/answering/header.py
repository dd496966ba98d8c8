"""The header of a film that arrived, cleaned, so that answers can be made of whatever a machine wrote into it."""

from __future__ import annotations

import io
import math
import re
import struct
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.charset import convert_encodings, decode_bytes, python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.filereader import read_partial
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGExtended12Bit
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR

from cxr_edge import CxrEdgeError
from cxr_edge_node.answering.identity import derived_uid

NEEDED = ("StudyInstanceUID", "SOPInstanceUID", "SOPClassUID")
"""Without these an answer belongs to no study, or to no film."""
ALWAYS = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "AccessionNumber",
    "StudyID", "ReferringPhysicianName",
)  # fmt: skip
"""Type 2 in every object (PS3.3 C.7.1.1, C.7.2.1): there, and empty if the film does not say."""
KEYWORDS = (
    *NEEDED, *ALWAYS, "SeriesInstanceUID", "InstanceNumber", "IssuerOfPatientID", "PatientAge", "StudyDescription",
    "TimezoneOffsetFromUTC", "Modality", "Manufacturer", "ManufacturerModelName", "SoftwareVersions",
    "DeviceSerialNumber", "StationName", "InstitutionName", "ImageType", "PresentationIntentType", "BodyPartExamined",
    "ViewPosition", "Laterality", "ImageLaterality", "PatientOrientation", "ImagerPixelSpacing", "PixelSpacing",
    "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BurnedInAnnotation",
    "LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod",
)  # fmt: skip
"""All that is kept."""

_MOST = 2 * 2**20
"""Bytes that are looked at. All of `KEYWORDS` come before the tables, overlays and pixels that make a film large."""
_LONGEST = "64 KB"  # of one value; no value that is kept may be longer
_TAGS = {keyword: tag for keyword in KEYWORDS if (tag := tag_for_keyword(keyword)) is not None}
_LAST = max(_TAGS.values())
_ALLOWED = {
    "PatientSex": "[MFO]",
    "PatientOrientation": "[APRLHF]{1,3}",
    "BurnedInAnnotation": "YES|NO",
    "LossyImageCompression": "0[01]",
    "Laterality": "[RLUB]",
    "ImageLaterality": "[RLUB]",
    "TimezoneOffsetFromUTC": r"[+-](?:0\d|1[0-4])[0-5]\d",
}
"""Patterns of what else would be wrong, though its characters and its length are right."""
_PAIRS = ("PatientOrientation", "ImagerPixelSpacing", "PixelSpacing")
_LISTS = ("ImageType", "SoftwareVersions", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
_MOST_VALUES = 8
_DATE, _AGE = re.compile(r"\d{8}"), re.compile(r"(\d{1,3})([DWMY])")
_TIME = re.compile(r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d(?:\.\d{1,6})?)?)?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_UID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+")
_TERM = re.compile("ISO.(?:2022.)?IR")  # pydicom knows what was meant by some that are misspelt
_LATIN = "iso8859"  # pydicom's name of what a film is in that names no character set


class NoHeader(CxrEdgeError):
    """A file whose header does not say which film it is, so that no answer can be given to it."""


def read_header(film: Path) -> Dataset:
    """Read and clean the header of a received file.

    Text is decoded as the film's character set says and is all in ISO_IR 192 (UTF-8) from here on. What breaks the
    rules of its value representation (PS3.5 6.2) is left out, or made empty if it is one of `ALWAYS`: a patient's
    number cut to its length would be another patient's. Codes alone are bent until they fit, because
    `cxr_edge_node.answering.which_films` must see that a view is stated even if it is misspelt.

    Args:
        film: a DICOM file.

    Returns:
        Those of `KEYWORDS` that the film has, all of `ALWAYS`, and `SpecificCharacterSet`. A film without a series
        has a made-up `SeriesInstanceUID`, as an archive would give it one.

    Raises:
        NoHeader: no DICOM file, or one of `NEEDED` is missing or no UID. The message quotes nothing of the file.
        OSError: the file cannot be read.
    """
    with film.open("rb") as file:
        data = file.read(_MOST)
    if DeflatedExplicitVRLittleEndian.encode() in data:  # would be inflated before anything could bound it
        raise NoHeader("found a deflated DICOM object; expected one in an image compression, or in none")
    try:
        read = read_partial(io.BytesIO(data), lambda tag, *_: tag > _LAST, _LONGEST, specific_tags=[*_TAGS.values()])
        header = _cleaned(read)
        syntax = read.file_meta.get("TransferSyntaxUID")
    except Exception as error:  # pydicom raises nearly anything; its messages may quote tags, so none is shown
        raise NoHeader(f"found a damaged DICOM header ({type(error).__name__}); expected a DICOM file") from None
    for keyword in NEEDED:
        if keyword not in header:
            raise NoHeader(f"found a DICOM object without a valid {keyword}; expected one in each film")
    if "SeriesInstanceUID" not in header:
        header.SeriesInstanceUID = derived_uid("series", header.StudyInstanceUID)
    if syntax in (JPEGBaseline8Bit, JPEGExtended12Bit):  # lossy, whatever the header says
        header.LossyImageCompression = "01"
    return header


def _cleaned(read: Dataset) -> Dataset:
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    encodings = _encodings(read.get("SpecificCharacterSet"))
    for keyword, tag in _TAGS.items():
        value = _value(keyword, _bytes_of(read, tag), encodings, _byte_order(read, tag))
        if value is not None or keyword in ALWAYS:
            setattr(header, keyword, "" if value is None else value)
    return header


def _bytes_of(read: Dataset, tag: int) -> bytes:
    """A value as it is stored, before pydicom converts it: its warnings quote what they warn of."""
    element = read.get_item(tag)
    return element.value or b"" if isinstance(element, RawDataElement) else b""


def _byte_order(read: Dataset, tag: int) -> str:
    element = read.get_item(tag)
    return "<" if not isinstance(element, RawDataElement) or element.is_little_endian else ">"


def _encodings(terms: Any) -> list[str]:
    """Python's names of the film's character sets; unknown ones count as none."""
    listed = [str(term).strip() for term in ([terms] if terms is None or isinstance(terms, str) else terms)]
    return convert_encodings([term if term in python_encoding or _TERM.match(term) else "" for term in listed])


def _text(stored: bytes, encodings: list[str]) -> str:
    """Decode a whole value before it is split: in Japanese and Chinese a byte of a character may be ``=`` or ``^``."""
    if encodings == [_LATIN] and not stored.isascii():
        try:
            return stored.decode()  # UTF-8 that the film does not own up to; Latin text hardly ever looks like it
        except UnicodeDecodeError:
            pass
    return decode_bytes(stored, encodings, {ord("^"), ord("=")})


def _value(keyword: str, stored: bytes, encodings: list[str], order: str) -> Any:
    """A value as pydicom takes it; None if there is none, or none that may be kept."""
    vr = dictionary_VR(keyword)
    if vr == "US":
        return struct.unpack(f"{order}H", stored)[0] if len(stored) == 2 else None
    text = _text(stored, encodings if vr in CUSTOMIZABLE_CHARSET_VR else [_LATIN]).strip(" \0")
    if keyword in _PAIRS or keyword in _LISTS:
        values = [_one(keyword, vr, part.strip()) for part in text.split("\\")[:_MOST_VALUES]]
        fits = None not in values and (len(values) == 2 or keyword not in _PAIRS)
        return values if fits else None
    return _one(keyword, vr, text)


def _one(keyword: str, vr: str, text: str) -> str | None:
    cleaned = _RULES[vr](text) if text else None
    if cleaned is None or not re.fullmatch(_ALLOWED.get(keyword, ".*"), cleaned):
        return None
    return cleaned


def _line(longest: int) -> Callable[[str], str | None]:
    """Text of one line. U+FFFD stands where bytes could not be decoded, and a backslash would part values."""

    def line(text: str) -> str | None:
        bad = "\\" in text or "\ufffd" in text or any(unicodedata.category(c) in ("Cc", "Cs") for c in text)
        return None if bad or len(text) > longest else text

    return line


def _name(text: str) -> str | None:
    """A Person Name: up to three groups of up to five components (PS3.5 6.2.1)."""
    groups = text.split("=")
    fits = len(groups) <= 3 and all(_line(64)(group) is not None and group.count("^") < 5 for group in groups)
    return text if fits else None


def _uid(text: str) -> str | None:
    return text if len(text) <= 64 and _UID.fullmatch(text) and text.strip("0.") else None


def _code(text: str) -> str:
    return re.sub("[^A-Z0-9 _]", "_", text.upper())[:16].strip()


def _date(text: str) -> str | None:
    try:
        return text if _DATE.fullmatch(text) and datetime.strptime(text, "%Y%m%d") else None
    except ValueError:
        return None


def _time(text: str) -> str | None:
    return text if _TIME.fullmatch(text) else None


def _age(text: str) -> str | None:
    match = _AGE.fullmatch(text)
    return f"{int(match[1]):03}{match[2]}" if match else None


def _decimal(text: str) -> str | None:
    return text if len(text) <= 16 and _NUMBER.fullmatch(text) and math.isfinite(float(text)) else None


def _count(text: str) -> str | None:
    return str(int(text)) if re.fullmatch(r"\+?\d{1,10}", text) and 0 < int(text) < 2**31 else None


_RULES: dict[str, Callable[[str], str | None]] = {
    dictionary_VR("PatientName"): _name, "LO": _line(64), "SH": _line(16), "UI": _uid, "CS": _code, "DA": _date,
    "TM": _time, "AS": _age, "DS": _decimal, "IS": _count,
}  # fmt: skip
