"""Does this computer answer as the one that released the models? Held against the golden vectors in ``golden/``."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cxr_edge.classifier import Classifier
from cxr_edge.store import BundledModel

SCHEMA = 1
FOLDER = Path(__file__).parents[1] / "golden"


@cache
def golden() -> dict[str, Any]:
    """``golden.json``: ``films`` with their files, ``models`` with their answers, ``tolerance``."""
    record: dict[str, Any] = json.loads((FOLDER / "golden.json").read_text(encoding="utf-8"))
    return record


def read_pgm(file: Path) -> npt.NDArray[np.uint8]:
    """The grey levels of a binary PGM file without comments, uint8 [H, W, 1]."""
    magic, size, _, pixels = file.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    if magic != b"P5":
        raise ValueError(f"{file}: found no binary PGM; expected one")
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 1)


def compare(model: BundledModel) -> dict[str, Any]:
    """Answers of a bundled model on the golden films beside the recorded ones.

    Returns:
        ``name``, ``sha256``; ``films`` compared and ``skipped`` (DICOM without the extra ``dicom``); the largest
        differences of ``pixels`` (grey levels), ``logit``, ``probability`` and ``heatmap``; ``decisions_changed``,
        which counts decisions and reason codes; and ``failures``, in words, empty if all is within the tolerance.
    """
    classifier = Classifier.load(model.name)
    (recorded,) = (entry for entry in golden()["models"] if entry["name"] == model.name)
    height, width = classifier.card.input_size
    largest = dict.fromkeys(("pixels", "logit", "probability", "heatmap"), 0.0)
    changed, skipped, films = [], [], 0
    for film in golden()["films"]:
        if film["file"].endswith(".dcm") and find_spec("pydicom") is None:
            skipped.append(film["file"])
            continue
        films += 1
        expected = recorded["answers"][film["file"]]
        prepared = classifier.prepare(FOLDER.parent / film["file"])
        found = classifier.answer(prepared, heatmap=classifier.has_heatmap)
        pixels = read_pgm(FOLDER.parent / film["pixels"][f"{height}x{width}"])
        differences = {
            "pixels": np.abs(prepared.pixels.astype(int) - pixels).max(),
            "logit": abs(_number(found.logit) - expected["logit"]),
            "probability": abs(_number(found.probability) - expected["probability"]),
            "heatmap": 0.0 if found.heatmap is None else np.abs(found.heatmap - np.array(expected["heatmap"])).max(),
        }
        largest = {name: max(value, float(differences[name])) for name, value in largest.items()}
        if (found.decision, list(found.quality)) != (expected["decision"], expected["quality"]):
            changed.append(film["file"])
    tolerance = golden()["tolerance"]
    failures = [f"{name} differs by {value:.3g}, more than {tolerance[name]}" for name, value in largest.items()
                if not value <= tolerance[name]]  # fmt: skip
    failures += [f"another decision or reason for {file}" for file in changed]
    return {
        "name": model.name,
        "sha256": classifier.sha256,
        "films": films,
        "skipped": skipped,
        "largest_differences": largest,
        "decisions_changed": len(changed),
        "failures": failures,
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
