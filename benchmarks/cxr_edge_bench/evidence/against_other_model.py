"""Two models on the same films, paired: AUC, and sensitivity and specificity at each model's own threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import proportion
from cxr_edge.film.preprocess import Film
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.data.lung_masks import NoMasks, masks_folder
from cxr_edge_train.evaluation.audit import score
from cxr_edge_train.evaluation.lung_audit import SWAPPED, in_other_bodies, read_masked, within_the_film
from cxr_edge_train.evaluation.statistics import Floats, auc, auc_difference, paired_difference


@dataclass(frozen=True)
class Labelled:
    """Films and their labels, 0 or 1 [N]."""

    films: list[Film]
    labels: Floats

    @classmethod
    def of(cls, films: list[LabelledFilm]) -> Labelled:
        """As they lie on disk."""
        return cls([film.path for film in films], np.array([film.label for film in films], float))


def swapped(films: list[LabelledFilm], masks: Path | None = None) -> dict[str, Labelled]:
    """The same films' lungs in bodies of the other class, as the audit puts them; empty without masks."""
    try:
        whole = within_the_film(read_masked(films, masks_folder(masks)))
    except NoMasks:
        return {}
    return {SWAPPED: Labelled(list(in_other_bodies(whole)), np.array([one.label for one in whole], float))}


def compare_models(new: Classifier, other: Classifier, sets: Mapping[str, Labelled]) -> dict[str, Any]:
    """`new` minus `other` on every one of `sets`, with paired intervals.

    Returns:
        ``model``, which the other one is, and by name of the set its films and, of each figure, the value of both and
        the difference: of AUC by DeLong, of shares by Agresti and Min.
    """
    card = other.card
    which = {"name": card.name, "version": card.version, "sha256": other.sha256, "threshold": card.threshold}
    thresholds = (new.card.threshold, card.threshold)
    return {"model": which} | {
        name: paired(films.labels, _scores(new, films), _scores(other, films), thresholds)
        for name, films in sets.items()
    }


def paired(labels: Floats, scores: Floats, reference: Floats, thresholds: tuple[float, float]) -> dict[str, Any]:
    """Probabilities `scores` against `reference` [N], each with its own threshold."""
    row: dict[str, Any] = {
        "films": len(labels),
        "auc": {
            "this": asdict(auc(labels, scores)),
            "other": asdict(auc(labels, reference)),
            "difference": asdict(auc_difference(labels, scores, reference)),
        },
    }
    for name, label in (("sensitivity", 1), ("specificity", 0)):
        members = labels == label
        right, other_right = (
            ((p >= threshold) == bool(label))[members]
            for p, threshold in zip((scores, reference), thresholds, strict=True)
        )
        row[name] = {
            "this": asdict(proportion(int(right.sum()), len(right))),
            "other": asdict(proportion(int(other_right.sum()), len(right))),
            "difference": asdict(paired_difference(right, other_right)),
        }
    return row


def _scores(classifier: Classifier, films: Labelled) -> Floats:
    return score(classifier, films.films, workers=1)[0]
