"""DICOM objects with an invented patient, whose name must go nowhere."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from cxr_edge.store import SAMPLES

NAME, PATIENT_ID, BORN = "MUSTERMANN^ERIKA", "4711-0815", "19640812"
SECRETS = (*NAME.split("^"), PATIENT_ID, BORN)


def dicom(pixels, syntax=None, bits=None, data=None, **tags) -> bytes:
    """A radiograph of `pixels` (uint8, uint16 or int16) of `NAME`; explicit little endian unless `syntax` says else."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

    film = Dataset()
    film.PatientName, film.PatientID, film.PatientBirthDate = NAME, PATIENT_ID, BORN
    film.InstitutionName = film.StudyDescription = film.SeriesDescription = film.PatientComments = NAME
    film.SOPClassUID, film.SOPInstanceUID = ComputedRadiographyImageStorage, "1.2.3"
    film.Modality, film.ViewPosition, film.BodyPartExamined = "DX", "PA", "CHEST"
    film.Rows, film.Columns = pixels.shape
    film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
    film.BitsAllocated = pixels.itemsize * 8
    film.BitsStored = bits or film.BitsAllocated
    film.HighBit = film.BitsStored - 1
    film.PixelRepresentation = int(pixels.dtype.kind == "i")
    film.PixelData = data or pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    film["PixelData"].VR = "OB" if data or pixels.itemsize == 1 else "OW"
    for name, value in tags.items():
        setattr(film, name, value)
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = syntax or ExplicitVRLittleEndian
    film.file_meta.MediaStorageSOPClassUID = film.SOPClassUID
    film.file_meta.MediaStorageSOPInstanceUID = film.SOPInstanceUID
    buffer = io.BytesIO()
    film.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def dicom_film(**tags) -> bytes:
    """`dicom` of a bundled phantom."""
    return dicom(np.asarray(Image.open(SAMPLES / "drawn_opacity_both.png").convert("L")), **tags)
