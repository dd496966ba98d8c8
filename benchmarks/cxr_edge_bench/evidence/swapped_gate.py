"""Does a model that sees lungs still answer from the lungs, as its record says? A gate for continuous integration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import Estimate
from cxr_edge_bench.evidence.against_other_model import Labelled
from cxr_edge_train.evaluation.audit import score
from cxr_edge_train.evaluation.lung_audit import SWAPPED
from cxr_edge_train.evaluation.statistics import auc

LEAST = 0.90
"""AUC on swapped films below which no model with an output ``lungs`` is shipped."""
TOLERANCE = 0.002
"""Of the AUC against the record: another processor may round a film across another."""


def sees_lungs(classifier: Classifier, film: Any) -> bool:
    """Whether the model says where it sees lungs; `film` is any."""
    return classifier.has_heatmap and classifier.predict(film, heatmap=True).lungs is not None


def swapped_auc(classifier: Classifier, films: Labelled) -> Estimate:
    """AUC on films as `against_other_model.swapped` makes them."""
    return auc(films.labels, score(classifier, films.films, workers=1)[0])


def failures(audit: Mapping[str, Any], sha256: str, found: Estimate) -> list[str]:
    """What is wrong, in words; empty if nothing is.

    Args:
        audit: the model's ``audit.json``.
        sha256: of the model file.
        found: its AUC on swapped films now.
    """
    wrong, recorded = [], audit["changes"].get(SWAPPED, {}).get("auc", {}).get("value")
    if audit["model"]["sha256"] != sha256:
        wrong.append(f"audit.json: found a record of the model {audit['model']['sha256']}; expected {sha256}")
    if recorded is None:
        wrong.append(f"audit.json: found nothing on {SWAPPED}; expected an audit with lung masks")
    elif not abs(found.value - recorded) <= TOLERANCE:
        wrong.append(f"{SWAPPED}: found AUC {found.value:.4f}; expected {recorded:.4f} as recorded, ± {TOLERANCE}")
    if not found.value >= LEAST:
        wrong.append(f"{SWAPPED}: found AUC {found}; expected at least {LEAST}")
    return wrong
