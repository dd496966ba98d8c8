"""The parity gate: do the shipped models still answer as their Keras originals did?

``python -m cxr_edge_bench.evidence.parity_gate`` compares every bundled model, and those that the demo brings, with the
probabilities that its original gave when it was trained (``results/NAME/predictions.csv``, by sha256 of the film), on
the validation and test films of ``$CXR_EDGE_DATA/chest_xray``; without them, on the bundled phantoms, which it says.
Needs no TensorFlow.

Exit status: 0 all pass; 1 a gate fails; 2 films of the record are missing.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from cxr_edge import Classifier
from cxr_edge.film.folder import films_in
from cxr_edge.store import SAMPLES, BundledModel
from cxr_edge_bench.checkout import RESULTS, films_folder, load, shipped_models
from cxr_edge_export.parity import INT8, Parity, compare
from cxr_edge_train.evaluation.statistics import Floats

PARTS = ("validation", "test")
PHANTOMS = 0.05
"""The largest |Δp| on a phantom: int8 moves them by half of that, a wrong mean or filter by several times as much."""
Answers = tuple[Floats, Floats, Floats]
"""Label, probability, and the original's probability, each [N]."""


def by_hash(films: Path) -> dict[str, Path]:
    """Every film below `films` by the sha256 of its file."""
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in films_in(films)}


def answered(
    classifier: Classifier, paths: Mapping[str, Path], record: Path, parts: Sequence[str]
) -> dict[str, Answers]:
    """`Answers` of the films of `record`, found in `paths` of `by_hash`; a part that lacks a film is left out."""
    with record.open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for part in parts:
        members = [row for row in rows if row["part"] == part]
        if members and all(row["sha256"] in paths for row in members):
            p = [answer.probability for answer in classifier.predict_many(paths[row["sha256"]] for row in members)]
            told = ([float(row[name]) for row in members] for name in ("label", "probability"))
            labels, reference = map(np.array, told)
            found[part] = (labels, np.array(p, float), reference)
    return found


def phantoms(classifier: Classifier, record: Path) -> Answers:
    """`Answers` of the bundled phantoms; the drawn opacities count as pneumonia."""
    with record.open(newline="") as file:
        rows = list(csv.DictReader(file))
    p = [classifier.predict(SAMPLES / row["film"]).probability for row in rows]
    labels = np.array(["opacity" in row["film"] for row in rows], float)
    return labels, np.array(p, float), np.array([float(row["probability"]) for row in rows])


def shipped_parity(model: BundledModel, paths: Mapping[str, Path], record: Path) -> dict[str, Parity]:
    """Parity of `model` with `record`, by part; parts of which a film is missing are left out."""
    classifier = load(model)
    found = answered(classifier, paths, record, PARTS)
    return {part: compare(*values, classifier.card.threshold) for part, values in found.items()}


def phantom_failures(p: Floats, reference: Floats) -> list[str]:
    """What two answers to the phantoms [N] violate, in words; empty if nothing."""
    largest = float(np.abs(p - reference).max())
    return [f"max |Δp| {largest:.2g} > {PHANTOMS}"] if largest > PHANTOMS else []


def main() -> int:
    """Print the parity of every shipped model and part; the exit status."""
    films = films_folder()
    if films is None:
        return max(_gate_of_phantoms(model) for model in shipped_models())
    paths = by_hash(films)
    return max(_gate(model, paths) for model in shipped_models())


def _gate(model: BundledModel, paths: Mapping[str, Path]) -> int:
    name, status = model.name, 0
    parities = shipped_parity(model, paths, RESULTS / name / "predictions.csv")
    for part, parity in parities.items():
        failures = INT8.failures(parity)
        print(f"parity gate: {name} on {part}: {'FAIL: ' + '; '.join(failures) if failures else 'pass'}: {parity}")
        status = max(status, int(bool(failures)))
    for part in PARTS:
        if part not in parities:
            print(f"parity gate: {name} on {part}: not all films of its record are in $CXR_EDGE_DATA/chest_xray")
            status = status or 2
    return status


def _gate_of_phantoms(model: BundledModel) -> int:
    _, p, reference = phantoms(load(model), RESULTS / model.name / "phantoms.csv")
    failures = phantom_failures(p, reference)
    verdict = f"FAIL: {failures[0]}" if failures else f"pass: max |Δp| {np.abs(p - reference).max():.2g}"
    hint = "no films; set CXR_EDGE_DATA to the folder that holds chest_xray/"
    print(f"parity gate: {model.name} on {len(p)} drawn phantoms ({hint}): {verdict}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
