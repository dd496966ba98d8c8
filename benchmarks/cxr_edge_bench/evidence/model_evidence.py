"""What one model is worth: on the test films, by kind of film, at other prevalences, and in other hospitals.

``python -m cxr_edge_bench.evidence.model_evidence [MODEL] [--against FILE.onnx]`` writes ``results/NAME/evidence.json``
and ``curves.png`` for a bundled model or a file. Everything goes through the released file, as in the clinic. Needs
``$CXR_EDGE_DATA`` with ``chest_xray``; ``external_rsna`` and ``external_nih`` are measured if they are there, and
swapped lungs where ``lung_masks`` is.

Other hospitals: nothing was trained, tuned or chosen on their films. ``local threshold`` shows what `cxr-edge
calibrate` gives back: thresholds from every other film, measured on the rest.

``--against`` compares with another model on the same films, paired; its hash stands in ``FILE.onnx.sha256``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cxr_edge import Classifier
from cxr_edge_bench.checkout import RESULTS
from cxr_edge_bench.evidence.against_other_model import Labelled, compare_models, swapped
from cxr_edge_bench.evidence.evidence_plot import plot_evidence
from cxr_edge_bench.evidence.film_metadata import read_boxes, read_facts
from cxr_edge_bench.evidence.film_scores import ScoredFilms, score
from cxr_edge_bench.evidence.gate_by_class import by_view, gate_by_class
from cxr_edge_bench.evidence.on_test_films import on_test
from cxr_edge_bench.evidence.other_hospitals import HOSPITALS, in_other_hospitals
from cxr_edge_bench.evidence.pointing import pointing
from cxr_edge_train.data.films import data_folder, read_labelled
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.audit import full_size


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, write, and print what matters most."""
    parser = argparse.ArgumentParser(prog="python -m cxr_edge_bench.evidence.model_evidence")
    parser.add_argument("model", nargs="?", default="default", help="bundled model or ONNX file (default: default)")
    parser.add_argument("--against", metavar="MODEL", help="another one, to compare with on the same films")
    args = parser.parse_args(argv)
    data = data_folder().parent
    classifier = Classifier.load(args.model)
    folder = RESULTS / classifier.card.name
    test = score(classifier, data / "chest_xray/test")
    hospitals = {name: score(classifier, data / name) for name in HOSPITALS if (data / name).is_dir()}
    record = evidence(classifier, data, test, hospitals)
    if args.against:
        record["against"] = compare_models(classifier, Classifier.load(args.against), sets(test, hospitals))
    folder.mkdir(parents=True, exist_ok=True)
    plot_evidence(classifier.card.name, test, record["test"], folder / "curves.png")
    write_json(folder / "evidence.json", record)
    for name, row in {"test": record["test"]["metrics"], **record["other hospitals"]}.items():
        print(name, {key: value for key, value in row.items() if key in ("auc", "sensitivity", "specificity")})
    print(f"wrote {folder / 'evidence.json'} and curves.png")
    return 0


def evidence(
    classifier: Classifier, data: Path, test: ScoredFilms, hospitals: dict[str, ScoredFilms]
) -> dict[str, Any]:
    """The record of one model, without its comparison with another.

    Args:
        classifier: that scored the films.
        data: folder that holds ``chest_xray``, and what is known of the hospitals' films.
        test: the test films.
        hospitals: by name, of `HOSPITALS`.
    """
    facts = {name: read_facts(data / name) for name in hospitals}
    record: dict[str, Any] = {
        "schema": 1,
        "sha256": classifier.sha256,
        "test": on_test(classifier, test),
        "other hospitals": in_other_hospitals(classifier, hospitals, facts),
        "AP against PA, healthy films": {name: by_view(scored, facts[name]) for name, scored in hospitals.items()},
        "quality gate": gate_by_class(classifier, test, hospitals, facts),
    }
    if classifier.has_heatmap:
        boxes = {name: read_boxes(data / name) for name in hospitals}
        record["pointing"] = {
            name: pointing(classifier, scored, boxes[name]) for name, scored in hospitals.items() if boxes[name]
        }
    if (data / "full_resolution").is_dir():
        pairs, changed = full_size(classifier, read_labelled(data / "chest_xray/train"), data / "full_resolution")
        record["full size against copies"] = {"pairs": pairs, "decisions changed": changed}
    return record


def sets(test: ScoredFilms, hospitals: dict[str, ScoredFilms]) -> dict[str, Labelled]:
    """What two models are compared on: test films, the same with swapped lungs, other hospitals."""
    others = {name: Labelled.of(list(scored.films)) for name, scored in hospitals.items()}
    films = list(test.films)
    return {"test": Labelled.of(films), **swapped(films), **others}


if __name__ == "__main__":
    sys.exit(main())
