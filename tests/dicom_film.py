"""A DICOM object with a drawn film, and with a name that must go nowhere."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from cxr_edge.cli.predict import SAMPLES

NAME = "Mustermann^Erika"


def dicom_film(**changes) -> bytes:
    """A phantom as an uncompressed digital radiograph of `NAME`."""
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

    pixels = np.asarray(Image.open(SAMPLES / "drawn_opacity_both.png").convert("L"))
    film = pydicom.Dataset()
    film.PatientName, film.PatientID, film.PatientBirthDate = NAME, "4711-0815", "19640812"
    film.SOPClassUID, film.SOPInstanceUID = DigitalXRayImageStorageForPresentation, generate_uid()
    film.Modality, film.ViewPosition, film.BodyPartExamined = "DX", "PA", "CHEST"
    film.SamplesPerPixel, film.PhotometricInterpretation, film.PixelRepresentation = 1, "MONOCHROME2", 0
    film.Rows, film.Columns = pixels.shape
    film.BitsAllocated, film.BitsStored, film.HighBit = 8, 8, 7
    film.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
    for name, value in changes.items():
        setattr(film, name, value)
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film.file_meta.MediaStorageSOPClassUID = film.SOPClassUID
    film.file_meta.MediaStorageSOPInstanceUID = film.SOPInstanceUID
    out = io.BytesIO()
    pydicom.dcmwrite(out, film, enforce_file_format=True)
    return out.getvalue()
