"""Answers as the node makes them, but small: a secondary capture, a structured report, and a ledger with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ComprehensiveSRStorage,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from cxr_edge_node.records.node_ledger import MadeAnswer, NodeLedger

PATIENT = "MUSTERMANN^ERIKA"


def picture(side: int = 16, jpeg: bytes | None = None) -> Dataset:
    """A secondary capture of `side` × `side` pixels, or of that size in `jpeg`."""
    made = _object(SecondaryCaptureImageStorage, "OT")
    made.ConversionType = "WSD"
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows = made.Columns = side
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    made.PixelData = np.arange(side * side, dtype=np.uint32).astype(np.uint8).tobytes()
    made["PixelData"].VR = "OW"
    if jpeg is not None:
        made.PixelData = pydicom.encaps.encapsulate([jpeg])
        made.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        made["PixelData"].VR = "OB"
    return made


def report() -> Dataset:
    """A Comprehensive SR that says one sentence."""
    made = _object(ComprehensiveSRStorage, "SR")
    made.CompletionFlag, made.VerificationFlag, made.ValueType = "COMPLETE", "UNVERIFIED", "CONTAINER"
    made.ContentDate, made.ContentTime, made.ContinuityOfContent = "20240101", "120000", "SEPARATE"
    made.ConceptNameCodeSequence = [_code("126000", "DCM", "Imaging Measurement Report")]
    sentence = Dataset()
    sentence.RelationshipType, sentence.ValueType, sentence.TextValue = "CONTAINS", "TEXT", "refer"
    sentence.ConceptNameCodeSequence = [_code("121071", "DCM", "Finding")]
    made.ContentSequence = [sentence]
    made.PerformedProcedureCodeSequence = made.ReferencedPerformedProcedureStepSequence = []
    return made


def _object(sop_class: str, modality: str) -> Dataset:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = sop_class, generate_uid()
    made.StudyInstanceUID, made.SeriesInstanceUID = generate_uid(), generate_uid()
    made.PatientName, made.PatientID, made.PatientBirthDate, made.PatientSex = PATIENT, "4711", "20190812", "F"
    made.StudyDate, made.StudyTime, made.AccessionNumber, made.ReferringPhysicianName = "20240101", "120000", "1", ""
    made.StudyID, made.SeriesNumber, made.InstanceNumber, made.Modality = "1", "1", "1", modality
    made.Manufacturer, made.PatientOrientation = "cxr-edge", ""
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def written(folder: Path, *objects: Dataset) -> list[Path]:
    """Files of `objects`."""
    files = [folder / f"{made.SOPInstanceUID}.dcm" for made in objects]
    for file, made in zip(files, objects, strict=True):
        made.save_as(file, enforce_file_format=True)
    return files


def put(ledger: NodeLedger, spool: Path, objects: list[Dataset], *destinations: str) -> list[str]:
    """Write `objects` to the spool, as the answers to one film, and say that they are due. Returns their UIDs."""
    film = generate_uid()
    ledger.receive(
        sop_instance_uid=film, sha256=film, sop_class_uid="1.2", transfer_syntax_uid="1.2", file=f"{film}.dcm", bytes=1,
        calling_aet="CR1",
    )  # fmt: skip
    answers = [
        MadeAnswer(made.SOPInstanceUID, "report" if made.Modality == "SR" else "picture", made.SOPClassUID, file.name)
        for made, file in zip(objects, written(spool, *objects), strict=True)
    ]
    waiting = ledger.next_waiting()
    assert waiting is not None
    ledger.close_film(waiting, "answered", "scored", (), answers, destinations)
    return [str(made.SOPInstanceUID) for made in objects]
