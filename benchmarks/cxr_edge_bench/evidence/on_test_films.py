"""What a model reaches on the test films: at each operating point, by kind of film, and how far to trust its number."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import proportion
from cxr_edge.calibration.prevalence import predictive_values
from cxr_edge.calibration.thresholds import sensitivity_specificity
from cxr_edge_bench.evidence.film_scores import ScoredFilms, decisions
from cxr_edge_train.evaluation.metrics import measure
from cxr_edge_train.evaluation.statistics import auc

PREVALENCES = (0.05, 0.10, 0.20)
BINS = np.linspace(0, 1, 11)


def on_test(classifier: Classifier, test: ScoredFilms) -> dict[str, Any]:
    """Metrics at each operating point, by kind of film, predictive values, reliability and decision curve."""
    points, threshold = {}, classifier.card.threshold
    for point in classifier.card.operating_points:
        sensitivity, specificity = sensitivity_specificity(test.labels, test.p, point.threshold)
        values = [predictive_values(sensitivity, specificity, prevalence) for prevalence in PREVALENCES]
        points[point.name] = {
            "threshold": point.threshold,
            "sensitivity": asdict(sensitivity),
            "specificity": asdict(specificity),
            "predictive values": [asdict(value) for value in values],
        }
    series = np.array([film.series for film in test.films])
    subgroups = {}
    for kind in sorted(set(series)):
        members = series == kind
        sick = bool(test.labels[members][0])
        right = int(((test.p >= threshold) == sick)[members].sum())
        against = members | (test.labels != sick)
        subgroups[kind] = {
            "films": int(members.sum()),
            "sensitivity" if sick else "specificity": asdict(proportion(right, int(members.sum()))),
            "auc against the other class": asdict(auc(test.labels[against], test.p[against])),
        }
    return {
        "metrics": measure(test.labels, test.p, threshold).to_dict(),
        "operating points": points,
        "subgroups": subgroups,
        "decisions": decisions(test),
        "reliability": reliability(test),
        "decision curve": decision_curve(test),
    }


def reliability(scored: ScoredFilms) -> list[dict[str, Any]]:
    """Observed share of pneumonia in ten bins of the probability."""
    bins = np.minimum((scored.p * 10).astype(int), 9)
    return [
        {
            "from": float(BINS[b]),
            "to": float(BINS[b + 1]),
            "mean probability": float(scored.p[bins == b].mean()),
            "films": int((bins == b).sum()),
            "pneumonia": asdict(proportion(int(scored.labels[bins == b].sum()), int((bins == b).sum()))),
        }
        for b in range(10)
        if (bins == b).any()
    ]


def decision_curve(scored: ScoredFilms) -> list[dict[str, float]]:
    """Net benefit per film of referring at a probability, against referring all (Vickers and Elkin 2006)."""
    rows, n, prevalence = [], len(scored.films), float(scored.labels.mean())
    for t in np.arange(0.05, 0.96, 0.05):
        referred = scored.p >= t
        true, false = (float((referred & (scored.labels == label)).sum()) / n for label in (1, 0))
        harm = t / (1 - t)
        everybody = prevalence - (1 - prevalence) * harm
        rows.append({"threshold": float(t), "model": float(true - false * harm), "refer all": float(everybody)})
    return rows
