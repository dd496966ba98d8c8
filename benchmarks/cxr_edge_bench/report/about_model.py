"""What a report tells of the default model without measuring it: what it is for, and what was found at its release."""

from __future__ import annotations

import json
from typing import Any

from cxr_edge.store import BundledModel
from cxr_edge_bench.checkout import RESULTS, load

HOSPITALS = {"external_rsna": "RSNA", "external_nih": "NIH"}
"""Films of other hospitals, mostly of adults: names in ``evidence.json``, and for readers."""
TOLD = ("films", "auc", "sensitivity", "specificity")


def about(model: BundledModel) -> dict[str, Any]:
    """Name, intended use, figures of its card on the test films, and figures on films of other hospitals.

    What the card or ``results/NAME/evidence.json`` does not have, or has of another file, is left out.
    """
    card = load(model).card
    test = card.metrics.get("test")
    return {
        "name": card.name,
        "version": card.version,
        "intended_use": card.intended_use,
        "metrics": {key: test[key] for key in TOLD} if test else None,
        "parity": card.parity.get("test"),
        "other_hospitals": _other_hospitals(model),
    }


def _other_hospitals(model: BundledModel) -> dict[str, Any]:
    file = RESULTS / model.name / "evidence.json"
    evidence = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if evidence.get("sha256") != model.sha256:
        return {}
    sets = evidence["other hospitals"]
    return {name: {key: sets[part][key] for key in TOLD} for part, name in HOSPITALS.items() if part in sets}


def recorded_instructions() -> dict[str, Any] | None:
    """``results/instructions.json``, the last count of instructions per film; None without it."""
    file = RESULTS / "instructions.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None
