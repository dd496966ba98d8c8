"""What one model is worth: on the test films, by kind of film, at other prevalences, and in other hospitals.

``python -m cxr_edge_bench.evidence.model_evidence [MODEL]`` writes ``results/NAME/evidence.json`` and ``curves.png``
for a bundled model or a file. Everything goes through the released file, as in the clinic. Needs ``$CXR_EDGE_DATA``
with ``chest_xray``; ``external_rsna`` and ``external_nih`` are measured if they are there.

Other hospitals: nothing was trained, tuned or chosen on their films. ``local threshold`` shows what `cxr-edge
calibrate` gives back: thresholds from every other film, measured on the rest.
"""

from __future__ import annotations

import sys
from typing import Any

from cxr_edge import Classifier
from cxr_edge_bench.checkout import RESULTS
from cxr_edge_bench.evidence.evidence_plot import plot_evidence
from cxr_edge_bench.evidence.film_scores import score
from cxr_edge_bench.evidence.on_test_films import on_test
from cxr_edge_bench.evidence.other_hospitals import in_other_hospitals
from cxr_edge_train.data.films import data_folder, read_labelled
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.audit import full_size


def main(model: str = "default") -> None:
    """Measure, write, and print what matters most."""
    data = data_folder().parent
    classifier = Classifier.load(model)
    folder = RESULTS / classifier.card.name
    test = score(classifier, data / "chest_xray/test")
    record: dict[str, Any] = {"schema": 1, "sha256": classifier.sha256, "test": on_test(classifier, test)}
    plot_evidence(classifier.card.name, test, record["test"], folder / "curves.png")
    hospitals = record["other hospitals"] = in_other_hospitals(classifier, data)
    if (data / "full_resolution").is_dir():
        pairs, changed = full_size(classifier, read_labelled(data / "chest_xray/train"), data / "full_resolution")
        record["full size against copies"] = {"pairs": pairs, "decisions changed": changed}
    write_json(folder / "evidence.json", record)
    for name, row in {"test": record["test"]["metrics"], **hospitals}.items():
        print(name, {key: value for key, value in row.items() if key in ("auc", "sensitivity", "specificity")})
    print(f"wrote {folder / 'evidence.json'} and curves.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
