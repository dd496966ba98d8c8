"""Who answers, and what report and picture of one answer share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid5

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

import cxr_edge
from cxr_edge import ModelCard
from cxr_edge.wording import CHILDREN, DECISIONS, DecisionWords
from cxr_edge_node.answering import codes
from cxr_edge_node.answering.answer import Answer, Model

MANUFACTURER = "cxr-edge"
MODEL_NAME = "cxr-edge node"
NOTE = "For research use. Not a diagnosis."
AGE_NOTE = f"Made for frontal films of {CHILDREN}. This film does not state an age."
"""For films that were scored though nothing says that they are a child's."""
REPORT_SERIES, PICTURE_SERIES = 9001, 9002
"""Series numbers beyond those of machines, so that viewers list answers last."""

WORDS = {
    **DECISIONS,
    "not scored": DecisionWords("Not scored", "This film is not one that the model was made for."),
    "failed": DecisionWords("Failed", "This film could not be scored."),
}
"""Words by what `decision` returns."""

_SPACE = UUID("6f2f3fd0-7f7d-4f0a-8b27-3d2c1a6f9e51")  # drawn once
_COPIED = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientAge",
    "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "StudyDescription",
    "ReferringPhysicianName", "TimezoneOffsetFromUTC",
)  # fmt: skip
_EQUIPMENT = (
    "Manufacturer", "ManufacturerModelName", "SoftwareVersions", "DeviceSerialNumber", "StationName", "InstitutionName",
)  # fmt: skip


@dataclass(frozen=True)
class AnswerUids:
    """UIDs of an answer's objects: SOP instances ``report`` and ``picture``, and their series."""

    report: str
    picture: str
    report_series: str
    picture_series: str


def derived_uid(*parts: str) -> str:
    """A UID that is the same for the same parts: a UUID of version 5 as PS3.5 B.2 writes it."""
    return f"2.25.{uuid5(_SPACE, '/'.join(parts)).int}"


IMPLEMENTATION = derived_uid("implementation")
"""Implementation Class UID of the files (PS3.10 7.1)."""


def answer_uids(header: Dataset, fingerprint: str) -> AnswerUids:
    """UIDs of an answer, from the film and the model alone: a film that comes twice has one answer, not two.

    Args:
        header: of `cxr_edge_node.answering.header.read_header`.
        fingerprint: of the model, `cxr_edge_node.answering.answer.Model`.
    """
    film, study = str(header.SOPInstanceUID), str(header.StudyInstanceUID)
    return AnswerUids(
        report=derived_uid("report", film, fingerprint),
        picture=derived_uid("picture", film, fingerprint),
        report_series=derived_uid("report series", study, fingerprint),
        picture_series=derived_uid("picture series", study, fingerprint),
    )


def decision(answer: Answer) -> str:
    """A key of `WORDS`: the decision of a film that was scored, and the outcome of any other."""
    if answer.outcome != "scored":
        return answer.outcome
    return answer.prediction.decision or "failed" if answer.prediction else "failed"


def zones(card: ModelCard) -> str:
    """What the decision of a film without any doubt follows from, in words."""
    low, high = (f"{100 * threshold:.1f} %" for threshold in card.review_band)
    return f"Refer at or above {high}, " + (
        f"review between, no finding below {low}." if low != high else "else no finding."
    )


def algorithm(model: Model) -> str:
    """What the model is called in objects; at most 64 characters, as Long Strings have."""
    return line(f"cxr-edge {model.card.name}")


def line(text: str, longest: int = 64) -> str:
    """`text` as one line of a DICOM attribute; a backslash would part it into two values."""
    return "".join(c if c.isprintable() and c != "\\" else " " for c in text)[:longest].strip()


def new_object(header: Dataset, answer: Answer, sop_class: UID, uids: tuple[str, str], number: int) -> Dataset:
    """An object of the film's study with what report and picture share, ready for `Dataset.save_as`.

    All times are `Answer.made_at`, and never the present. They are in the film's time zone if it states one, else in
    that of `Answer.made_at`, because one offset holds for every time in an object (PS3.3 C.12.1).

    Args:
        header: of `cxr_edge_node.answering.header.read_header`.
        answer: what is said of the film.
        sop_class: of the object.
        uids: of the instance and of its series.
        number: of the series.
    """
    dataset = Dataset()
    dataset.SpecificCharacterSet = header.SpecificCharacterSet
    for keyword in _COPIED:
        if keyword in header:
            setattr(dataset, keyword, header[keyword].value)
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.SeriesInstanceUID = sop_class, *uids
    dataset.SeriesNumber, dataset.InstanceNumber = number, header.get("InstanceNumber", 1)
    dataset.SeriesDescription = line(f"{algorithm(answer.model)}: research only")
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = _date_and_time(header, answer)
    dataset.ContentDate, dataset.ContentTime = _date_and_time(header, answer)
    dataset.Manufacturer, dataset.ManufacturerModelName = MANUFACTURER, MODEL_NAME
    dataset.SoftwareVersions = cxr_edge.__version__
    dataset.ContributingEquipmentSequence = _contributing_equipment(header, answer)
    dataset.CodingSchemeIdentificationSequence = [codes.scheme()]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(uids[0])
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.ImplementationClassUID = UID(IMPLEMENTATION)
    dataset.file_meta.ImplementationVersionName = line(f"CXR-EDGE {cxr_edge.__version__}", 16)
    return dataset


def reference(header: Dataset) -> Dataset:
    """The film, as items of sequences refer to it."""
    dataset = Dataset()
    dataset.ReferencedSOPClassUID = header.SOPClassUID
    dataset.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return dataset


def device_uid(model: Model) -> str:
    """Of this program with this model: the device that observed."""
    return derived_uid("device", model.fingerprint)


def _contributing_equipment(header: Dataset, answer: Answer) -> list[Dataset]:
    """The machine that took the film, and the model (PS3.3 C.12.1), as IHE's AI Results profile wants it."""
    machine, model = Dataset(), Dataset()
    for keyword in _EQUIPMENT:
        if keyword in header:
            setattr(machine, keyword, header[keyword].value)
    machine.PurposeOfReferenceCodeSequence = [codes.item(codes.ACQUISITION)]
    model.Manufacturer, model.ManufacturerModelName = MANUFACTURER, algorithm(answer.model)
    model.SoftwareVersions = line(answer.model.card.version)
    model.ContributionDateTime = answer.made_at.strftime("%Y%m%d%H%M%S.%f%z")
    model.ContributionDescription = f"Model file of SHA-256 {answer.model.sha256}"
    model.PurposeOfReferenceCodeSequence = [codes.item(codes.PROCESSING)]
    return [machine, model] if header.get("Manufacturer") else [model]


def _date_and_time(header: Dataset, answer: Answer) -> tuple[str, str]:
    moment, offset = answer.made_at, str(header.get("TimezoneOffsetFromUTC") or "")
    if offset:
        minutes = int(offset[1:3]) * 60 + int(offset[3:])
        moment = moment.astimezone(timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes)))
    return moment.strftime("%Y%m%d"), moment.strftime("%H%M%S.%f")


def utc(moment: datetime) -> str:
    """A moment for people, such as ``2026-01-31 14:05 UTC``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
