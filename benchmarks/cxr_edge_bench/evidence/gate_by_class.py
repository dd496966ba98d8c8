"""Whom the quality gate stops: adults, which it should, and the sick more often than the healthy, which it should not.

Also whether the score tells a bedside film (AP) from a standing one (PA) among healthy patients, which it should not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import proportion
from cxr_edge_bench.evidence.film_metadata import ADULT, FilmFacts, key
from cxr_edge_bench.evidence.film_scores import ScoredFilms
from cxr_edge_train.data.films import CLASSES
from cxr_edge_train.evaluation.means_and_shares import independent_difference
from cxr_edge_train.evaluation.statistics import auc

CODE = "adult"
"""The reason code of a film that looks like an adult's."""


def by_view(scored: ScoredFilms, facts: Mapping[str, FilmFacts]) -> dict[str, Any]:
    """AUC of the score for AP against PA among the healthy films whose view is known.

    Raises:
        ValueError: fewer than two films of either view.
    """
    known = [(scored.p[i], facts[key(film.path)].view) for i, film in enumerate(scored.films)
             if film.label == 0 and key(film.path) in facts]  # fmt: skip
    bedside = np.array([view == "AP" for _, view in known], float)
    scores = np.array([p for p, _ in known])
    return {"AP": int(bedside.sum()), "PA": int((1 - bedside).sum()), "auc": asdict(auc(bedside, scores))}


def called_adult(scored: ScoredFilms, facts: Mapping[str, FilmFacts] | None = None) -> dict[str, Any]:
    """Share of films with the reason `CODE`: of all, or with `facts` of those known to be adults'."""
    chosen = [
        prediction.quality
        for film, prediction in zip(scored.films, scored.predictions, strict=True)
        if facts is None or (key(film.path) in facts and facts[key(film.path)].age >= ADULT)
    ]
    return {"films": len(chosen), "called adult": asdict(proportion(sum(CODE in q for q in chosen), len(chosen)))}


def flagged_by_class(scored: ScoredFilms) -> dict[str, Any]:
    """Share flagged by other codes than `CODE`, of each class, and sick minus healthy (Newcombe)."""
    others = np.array([bool(set(prediction.quality) - {CODE}) for prediction in scored.predictions])
    counts = [(int(others[scored.labels == label].sum()), int((scored.labels == label).sum())) for label in (0, 1)]
    shares = {name: asdict(proportion(*count)) for name, count in zip(CLASSES, counts, strict=True)}
    return shares | {"sick minus healthy": asdict(independent_difference(*counts[1], *counts[0]))}


def left_to_people(scored: ScoredFilms) -> dict[str, Any]:
    """Share of each class whose decision is review or retake."""
    left = np.array([prediction.decision in ("review", "retake") for prediction in scored.predictions])
    found = {}
    for label, name in enumerate(CLASSES):
        members = scored.labels == label
        found[name] = asdict(proportion(int(left[members].sum()), int(members.sum())))
    return found


def gate_by_class(
    classifier: Classifier,
    test: ScoredFilms,
    hospitals: Mapping[str, ScoredFilms],
    facts: Mapping[str, Mapping[str, FilmFacts]],
) -> dict[str, Any]:
    """All of the above, of the test films and of other hospitals' `hospitals`, whose `facts` have the same names."""
    record: dict[str, Any] = {
        "flagged by other codes than adult": {
            name: flagged_by_class(scored) for name, scored in {"test": test, **hospitals}.items()
        },
        "review or retake": {"test": left_to_people(test)},
    }
    if classifier.card.quality and CODE in classifier.card.quality.kinds:
        adults = {f"{name}, adults": called_adult(scored, facts[name]) for name, scored in hospitals.items()}
        record["called adult"] = {**adults, "test": called_adult(test)}
    return record
