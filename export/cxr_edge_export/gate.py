"""The parity gate: do the bundled models still answer as their Keras originals did?

``python -m cxr_edge_export.gate`` compares every bundled model with the logits that its original gave when it was
trained (``results/NAME/predictions.csv``, by sha256 of the film), on the validation and test films of
``$CXR_EDGE_DATA/chest_xray``. Without them there is nothing to compare, which it says. Needs no TensorFlow.

Exit status: 0 all pass, or no films; 1 a gate fails; 2 films of the record are missing.
"""

from __future__ import annotations

import csv
import hashlib
import os
import sys
from pathlib import Path

import numpy as np

from cxr_edge import Classifier, list_models
from cxr_edge.folder import films_in
from cxr_edge_export.parity import INT8, Parity, compare

PARTS = ("validation", "test")
RESULTS = Path(__file__).parents[2] / "results"


def bundled_parity(name: str, chest_xray: Path, record: Path) -> dict[str, Parity]:
    """Parity of the bundled model `name` with `record`, by part; parts of which a film is missing are left out."""
    classifier = Classifier.load(name)
    paths = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in films_in(chest_xray)}
    with record.open(newline="") as file:
        rows = list(csv.DictReader(file))
    parities = {}
    for part in sorted({row["part"] for row in rows}):
        members = [row for row in rows if row["part"] == part]
        if any(row["sha256"] not in paths for row in members):
            continue
        ours = [p.probability for p in classifier.predict_many(paths[row["sha256"]] for row in members)]
        parities[part] = compare(
            np.array([float(row["label"]) for row in members]),
            np.array(ours, float),
            np.array([float(row["probability"]) for row in members]),
            classifier.card.threshold,
        )
    return parities


def main() -> int:
    """Print the parity of every bundled model and part; the exit status."""
    chest_xray = Path(os.environ.get("CXR_EDGE_DATA", "")) / "chest_xray"
    if not chest_xray.is_dir():
        print("parity gate: no films; set CXR_EDGE_DATA to the folder that holds chest_xray/")
        return 0
    status = 0
    for model in list_models():
        parities = bundled_parity(model.name, chest_xray, RESULTS / model.name / "predictions.csv")
        if len(parities) < len(PARTS):
            print(f"parity gate: {model.name}: not all films of its record are in {chest_xray}")
            status = max(status, 2)
        for part, parity in parities.items():
            failures = INT8.failures(parity)
            print(f"parity gate: {model.name} on {part}: {'FAIL' if failures else 'pass'}: {parity}")
            status = max(status, 1 if failures else 0)
    return status


if __name__ == "__main__":
    sys.exit(main())
