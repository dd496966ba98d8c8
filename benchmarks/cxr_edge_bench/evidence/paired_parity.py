"""Is every shipped file the same classifier as its Keras original?

``python -m cxr_edge_bench.evidence.paired_parity [OUT.json]``. The originals' answers are kept in ``results/NAME``
(``predictions.csv`` for the validation and test films, by sha256; ``phantoms.csv`` for the bundled phantoms). Films
come from ``$CXR_EDGE_DATA/chest_xray``; without them the phantoms are compared, and the report says so. The gates are
those of `cxr_edge_export.parity`. Exit status 1 if one fails.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from cxr_edge_bench.checkout import RESULTS, films_folder, load, shipped_models
from cxr_edge_bench.evidence.parity_gate import PARTS, answered, by_hash, phantom_failures, phantoms
from cxr_edge_export.parity import INT8, compare
from cxr_edge_export.quantize import overflowing
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.metrics import expected_calibration_error
from cxr_edge_train.evaluation.statistics import Floats, mcnemar, paired_difference


def paired(labels: Floats, p: Floats, reference: Floats, threshold: float) -> dict[str, Any]:
    """Everything that two classifiers on the same films differ in; probabilities [N], labels 0 or 1 [N]."""
    referred, reference_referred, sick = p >= threshold, reference >= threshold, labels == 1
    found = compare(labels, p, reference, threshold)
    return {
        **found.to_dict(),
        "mcnemar_p": mcnemar(referred == sick, reference_referred == sick),
        "sensitivity_difference": asdict(paired_difference(referred[sick], reference_referred[sick])),
        "specificity_difference": asdict(paired_difference(~referred[~sick], ~reference_referred[~sick])),
        "calibration_error": expected_calibration_error(labels, p),
        "reference_calibration_error": expected_calibration_error(labels, reference),
        "failures": INT8.failures(found),
    }


def on_phantoms(labels: Floats, p: Floats, reference: Floats, threshold: float) -> dict[str, Any]:
    """What can be said of a handful of drawn films."""
    return {
        "films": len(labels),
        "max_difference": float(np.abs(p - reference).max()),
        "mean_difference": float(np.abs(p - reference).mean()),
        "decisions_changed": int(((p >= threshold) != (reference >= threshold)).sum()),
        "failures": phantom_failures(p, reference),
    }


def measure() -> dict[str, Any]:
    """Per shipped model and part: `paired`, and the two probabilities of every film for the scatter plot."""
    films = films_folder()
    paths = by_hash(films) if films else {}
    models: dict[str, Any] = {}
    for model in shipped_models():
        classifier = load(model)
        rows = answered(classifier, paths, RESULTS / model.name / "predictions.csv", PARTS)
        parts = {part: paired(*values, classifier.card.threshold) for part, values in rows.items()}
        if "test" not in rows:
            rows = {"phantoms": phantoms(classifier, RESULTS / model.name / "phantoms.csv")}
            parts = {"phantoms": on_phantoms(*rows["phantoms"], classifier.card.threshold)}
        unsafe = overflowing(onnx.load(model.path))
        if unsafe:
            verdict = f"{len(unsafe)} convolutions overflow on CPUs without VNNI instructions"
            next(iter(parts.values()))["failures"].append(verdict)
        models[model.name] = {
            "sha256": model.sha256,
            "threshold": classifier.card.threshold,
            "parts": parts,
            "scatter": {part: np.round([p, r], 5).tolist() for part, (_, p, r) in rows.items() if part != "validation"},
            "labels": {part: y.astype(int).tolist() for part, (y, _, _) in rows.items() if part != "validation"},
        }
    return {"gate": asdict(INT8), "models": models}


def main(out: Path | None = None) -> int:
    """Print, write; 1 if a gate fails."""
    result, status = measure(), 0
    for name, model in result["models"].items():
        for part, row in model["parts"].items():
            status |= bool(row["failures"])
            verdict = f"FAIL: {'; '.join(row['failures'])}" if row["failures"] else "pass"
            print(f"{name}, {row['films']} {part}: decisions changed {row['decisions_changed']}, {verdict}")
    if out:
        write_json(out, result)
    return status


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
