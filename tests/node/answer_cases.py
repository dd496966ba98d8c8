"""Answers of every kind, of drawn films; films as machines send them; and the validator."""

from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.datadict import dictionary_VR, tag_for_keyword

from cxr_edge import Classifier
from cxr_edge.store import SAMPLES
from cxr_edge_node.answering.answer import Answer, Model
from dicom_film import dicom_film

STUDY, SERIES, FILM = "1.2.276.0.99.1", "1.2.276.0.99.1.2", "1.2.276.0.99.1.2.3"
MADE_AT = datetime(2026, 1, 31, 14, 5, 6, 123456, tzinfo=timezone(timedelta(hours=1)))
WELL_FORMED = {
    "StudyInstanceUID": STUDY, "SeriesInstanceUID": SERIES, "SOPInstanceUID": FILM, "StudyDate": "20260131",
    "StudyTime": "101112.5", "StudyID": "S1", "AccessionNumber": "A1", "PatientBirthDate": "20220203",
    "PatientSex": "F", "Manufacturer": "ACME", "ManufacturerModelName": "DR 1", "PatientOrientation": ["L", "F"],
}  # fmt: skip


def received(folder: Path, **tags) -> Path:
    """A film that arrived; `tags` are added to or replace those of `WELL_FORMED`."""
    path = folder / "film.dcm"
    path.write_bytes(dicom_film(**{**WELL_FORMED, **tags}))
    return path


def raw_film(values: dict[str, bytes]) -> bytes:
    """A file whose values are just these bytes, explicit little endian; pydicom would not write many of them."""
    values = {
        "SOPClassUID": b"1.2.840.10008.5.1.4.1.1.1",
        "StudyInstanceUID": b"1.2.3",
        "SOPInstanceUID": b"1.2.4",
    } | values
    stored = b"".join(
        struct.pack("<HH2sH", *divmod(tag, 65536), dictionary_VR(tag).encode(), len(value)) + value
        for tag, value in sorted((tag_for_keyword(keyword), value) for keyword, value in values.items())
    )
    syntax = b"1.2.840.10008.1.2.1\0"
    meta = struct.pack("<HH2sH", 2, 16, b"UI", len(syntax)) + syntax
    return b"\0" * 128 + b"DICM" + struct.pack("<HH2sHL", 2, 0, b"UL", 4, len(meta)) + meta + stored


@cache
def model() -> Model:
    classifier = _classifier()
    return Model(classifier.card, classifier.sha256, classifier.fingerprint)


@cache
def answers() -> dict[str, Answer]:
    """One of each kind, by name."""
    sick, clear, turned = (_predicted(name) for name in ("drawn_opacity_both", "drawn_clear", "turned"))
    healthy = replace(clear, probability=0.0123456789, decision="no finding")
    lateral = replace(sick, decision="review", quality=("lateral", "adult"))
    unscored = replace(sick, probability=None, logit=None, decision=None, heatmap=None, lungs=None)
    predictions = {"refer": sick, "review": clear, "retake": turned, "no finding": healthy, "lateral": lateral}
    found = {name: Answer("scored", p.quality, model(), MADE_AT, p) for name, p in predictions.items()}
    return found | {
        "not scored": Answer("not scored", ("not-frontal", "field-size", "age"), model(), MADE_AT, unscored),
        "not scored, long code": Answer("not scored", ("colour-photograph", "x" * 90), model(), MADE_AT, unscored),
        "failed": Answer("failed", ("unreadable",), model(), MADE_AT),
    }


def with_film() -> list[str]:
    """Names of those that have a picture."""
    return [name for name, answer in answers().items() if answer.prediction is not None]


@cache
def _classifier() -> Classifier:
    return Classifier.load()


@cache
def _predicted(name: str):
    if name == "turned":
        return _classifier().predict(Image.open(SAMPLES / "drawn_clear.png").convert("L").rotate(180), heatmap=True)
    return _classifier().predict(SAMPLES / f"{name}.png", heatmap=True)


def flaws(dataset, folder: Path, kind: str = "Error") -> list[str]:
    """What the validator of dicom3tools says against an object."""
    if not shutil.which("dciodvfy"):
        pytest.skip("needs dciodvfy: install dicom3tools")
    path = folder / "answer.dcm"
    dataset.save_as(path, enforce_file_format=True)
    done = subprocess.run(["dciodvfy", path], capture_output=True, timeout=60)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert "EnhancedSR" in said or "SCImage" in said, said
    return [line for line in said.splitlines() if line.startswith(kind)]


def pixels(dataset) -> np.ndarray:
    """uint8 [H, W, 3]."""
    flat = np.frombuffer(dataset.PixelData, np.uint8)[: dataset.Rows * dataset.Columns * 3]
    return flat.reshape(dataset.Rows, dataset.Columns, 3)
