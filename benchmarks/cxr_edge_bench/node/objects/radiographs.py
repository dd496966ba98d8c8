"""A film's pixels and an invented patient as a complete radiograph, before any transfer syntax."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    generate_uid,
)

CR, DX = ComputedRadiographyImageStorage, DigitalXRayImageStorageForPresentation
STUDY_DATE = "20240311"
FIELD_MM = 280.0
"""Longer side of every film: a cassette for children."""
PATIENTS = (
    ("ISO_IR 100", "Müller^Zoë"), ("ISO_IR 100", "Núñez^Íñigo"), ("ISO_IR 100", "Sørensen^Åse"),
    ("ISO_IR 192", "Łoś^Żaneta"), ("ISO_IR 192", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("ISO_IR 192", "Çelik^Işık"), (None, "Example^Ada"), (None, "Sample^Ben"), (None, "Invented^Cleo"),
)  # fmt: skip
"""Specific Character Set and name; None is the default repertoire."""


@dataclass(frozen=True)
class Patient:
    """An invented child.

    Attributes:
        number: of the study; everything about it follows from it.
        years: completed years at `STUDY_DATE`, from 1 to 5.
        by_birth_date: whether the object states a date of birth, else an age.
    """

    number: int
    years: int
    by_birth_date: bool


@dataclass(frozen=True)
class Storage:
    """How a film is stored, besides its transfer syntax.

    Attributes:
        sop_class: `CR` or `DX`.
        bits: 8 or 12.
        photometric: ``MONOCHROME1`` or ``MONOCHROME2``.
        grey: ``window``, ``lut`` (a VOI LUT) or ``none``. DX objects must have one of the two.
        view: ``PA``, ``AP`` or an empty text.
    """

    sop_class: UID
    bits: int
    photometric: str
    grey: str
    view: str


def uid_of(*what: object) -> UID:
    """The same UID for the same things."""
    return generate_uid(entropy_srcs=["cxr-edge node evidence", *map(str, what)])


def stored_values(grey: npt.NDArray[np.uint8], storage: Storage, seed: int) -> npt.NDArray[Any]:
    """Film pixels as the machine would have stored them.

    Args:
        grey: uint8 [H, W], bone white.
        storage: 12 bits are 16 times the value and noise of less than 16; MONOCHROME1 is inverted.
        seed: of the noise.

    Returns:
        uint8 or uint16 [H, W].
    """
    values: npt.NDArray[Any] = grey
    if storage.bits == 12:
        noise = np.random.default_rng(seed).integers(0, 16, grey.shape, dtype=np.uint16)
        values = grey.astype(np.uint16) * 16 + noise
    return (1 << storage.bits) - 1 - values if storage.photometric == "MONOCHROME1" else values


def radiograph(values: npt.NDArray[Any], storage: Storage, patient: Patient, uid: UID, number: int) -> Dataset:
    """A complete object, explicit VR little endian and uncompressed.

    Args:
        values: see `stored_values`.
        storage: how they are stored.
        patient: whose study it is.
        uid: of the object.
        number: of the film in its study, from 1.
    """
    film = Dataset()
    _patient_and_study(film, patient)
    film.SOPClassUID, film.SOPInstanceUID = storage.sop_class, uid
    film.SeriesInstanceUID = uid_of("series", uid)
    film.SeriesNumber, film.InstanceNumber = number, 1
    film.SeriesDate = film.ContentDate = film.AcquisitionDate = STUDY_DATE
    film.SeriesTime = film.ContentTime = film.AcquisitionTime = film.StudyTime
    film.Manufacturer, film.ManufacturerModelName, film.DeviceSerialNumber = "Invented X-rays", "Drawn 1", "0001"
    film.SoftwareVersions, film.StationName, film.InstitutionName = "1.0", "ROOM1", "Invented Clinic"
    film.Modality = "CR" if storage.sop_class == CR else "DX"
    film.BodyPartExamined, film.ViewPosition = "CHEST", storage.view
    film.PatientOrientation = ["R", "F"] if storage.view == "AP" else ["L", "F"]
    film.BurnedInAnnotation = "NO"
    film.KVP = "70"
    film.ImageType = ["ORIGINAL", "PRIMARY"] if storage.sop_class == CR else ["ORIGINAL", "PRIMARY", ""]
    _pixels(film, values, storage)
    if storage.sop_class == DX:
        _digital_x_ray(film, storage)
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film.file_meta.MediaStorageSOPClassUID, film.file_meta.MediaStorageSOPInstanceUID = storage.sop_class, uid
    return film


def _patient_and_study(film: Dataset, patient: Patient) -> None:
    pick = random.Random(patient.number)
    charset, film.PatientName = pick.choice(PATIENTS)
    if charset:
        film.SpecificCharacterSet = charset
    film.PatientID = f"INVENTED-{patient.number:05d}"
    film.PatientSex = pick.choice(("F", "M", "O", ""))
    film.PatientBirthDate = ""
    if patient.by_birth_date:  # in January: the birthday of the year of the study has been
        film.PatientBirthDate = f"{int(STUDY_DATE[:4]) - patient.years}01{pick.randint(1, 28):02d}"
    else:
        film.PatientAge = f"{patient.years:03d}Y" if pick.random() < 0.7 else f"{12 * patient.years:03d}M"
    film.StudyInstanceUID = uid_of("study", patient.number)
    film.StudyDate, film.StudyTime = STUDY_DATE, f"{pick.randint(7, 18):02d}{pick.randint(0, 59):02d}00"
    film.StudyID, film.AccessionNumber = f"S{patient.number}", f"A{patient.number:07d}"
    film.ReferringPhysicianName = ""


def _pixels(film: Dataset, values: npt.NDArray[Any], storage: Storage) -> None:
    top = (1 << storage.bits) - 1
    film.Rows, film.Columns = values.shape
    film.SamplesPerPixel, film.PhotometricInterpretation, film.PixelRepresentation = 1, storage.photometric, 0
    film.BitsAllocated, film.BitsStored, film.HighBit = 8 * values.itemsize, storage.bits, storage.bits - 1
    film.ImagerPixelSpacing = [f"{FIELD_MM / max(values.shape):.4f}"] * 2
    film.LossyImageCompression = "00"
    if storage.grey == "window":
        film.WindowCenter, film.WindowWidth = str((top + 1) // 2), str(top + 1)
    elif storage.grey == "lut":
        table = Dataset()
        table.LUTDescriptor = [top + 1, 0, 16]
        table.LUTData = np.linspace(0, 65535, top + 1).round().astype(int).tolist()
        table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
        film.VOILUTSequence = [table]
    film.PixelData = values.tobytes() + b"\0" * (values.nbytes % 2)
    film["PixelData"].VR = "OB" if values.itemsize == 1 else "OW"


def _digital_x_ray(film: Dataset, storage: Storage) -> None:
    film.PresentationIntentType = "FOR PRESENTATION"
    inverse = storage.photometric == "MONOCHROME1"
    film.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"
    film.PixelIntensityRelationship, film.PixelIntensityRelationshipSign = "LOG", 1 if inverse else -1
    film.RescaleIntercept, film.RescaleSlope, film.RescaleType = "0", "1", "US"
    film.DetectorType, film.PositionerType, film.ImageLaterality = "DIRECT", "", "U"
    film.AnatomicRegionSequence = [_code(codes.SCT.Chest)]
    film.AcquisitionContextSequence = []
    view = codes.SCT.AnteroPosterior if storage.view == "AP" else codes.SCT.PosteroAnterior
    film.ViewCodeSequence = [_code(view)]


def _code(code: Any) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme_designator, code.meaning
    return item
