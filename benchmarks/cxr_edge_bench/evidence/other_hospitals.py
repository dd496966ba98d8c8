"""What a model does with films of other hospitals, which it was never trained, tuned or chosen on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from cxr_edge import Classifier
from cxr_edge.calibration.clinic import calibrate
from cxr_edge.calibration.thresholds import sensitivity_specificity, sigmoid
from cxr_edge_bench.evidence.film_metadata import FilmFacts, key
from cxr_edge_bench.evidence.film_scores import COPIES, ScoredFilms, decisions
from cxr_edge_train.evaluation.statistics import auc

HOSPITALS = ("external_rsna", "external_nih")


def in_other_hospitals(
    classifier: Classifier, hospitals: Mapping[str, ScoredFilms], facts: Mapping[str, Mapping[str, FilmFacts]]
) -> dict[str, Any]:
    """`elsewhere` of every hospital; local thresholds for RSNA, views for NIH.

    Args:
        classifier: that scored the films.
        hospitals: by name, of `HOSPITALS`.
        facts: by the same names.
    """
    found: dict[str, Any] = {}
    for name, scored in hospitals.items():
        copies = {"copies": COPIES[name]} if name in COPIES else {}
        found[name] = elsewhere(classifier, scored) | copies
        if name == "external_rsna":
            found[f"{name}, local threshold"] = local_threshold(classifier, scored) | copies
            continue
        for view in ("AP", "PA"):
            members = [facts[name][key(film.path)].view == view for film in scored.films]
            found[f"{name}, {view} only"] = elsewhere(classifier, scored.where(members))
    return found


def elsewhere(classifier: Classifier, scored: ScoredFilms) -> dict[str, Any]:
    """AUC and what the model's own threshold does to films of another hospital."""
    sensitivity, specificity = sensitivity_specificity(scored.labels, scored.p, classifier.card.threshold)
    return {
        "films": len(scored.films),
        "pneumonia": int(scored.labels.sum()),
        "auc": asdict(auc(scored.labels, scored.p)),
        "sensitivity": asdict(sensitivity),
        "specificity": asdict(specificity),
        "decisions": decisions(scored),
    }


def local_threshold(classifier: Classifier, scored: ScoredFilms) -> dict[str, Any]:
    """Operating points from every other film, measured on the other half, beside the model's own threshold there."""
    half = np.arange(len(scored.films)) % 2 == 0
    chosen, left = scored.where(half), scored.where(~half)
    points = calibrate(classifier, chosen.predictions, chosen.labels.astype(int), include_flagged=True)  # adults all
    logits = np.array([prediction.logit for prediction in left.predictions], float)
    own = sigmoid(logits / points.temperature.value)
    thresholds = {"the model's own": (left.p, classifier.card.threshold)}
    thresholds |= {f"local, {point.name}": (own, point.threshold) for point in points.operating_points}
    rows = {}
    for name, (p, threshold) in thresholds.items():
        sensitivity, specificity = sensitivity_specificity(left.labels, p, threshold)
        rows[name] = {"sensitivity": asdict(sensitivity), "specificity": asdict(specificity)}
    return {"chosen on": len(chosen.films), "measured on": len(left.films), **rows}
