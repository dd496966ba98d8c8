"""Films with labels and a model's answers, which every measurement here starts from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from cxr_edge import Classifier, Prediction
from cxr_edge.calibration.intervals import proportion
from cxr_edge_train.data.films import LabelledFilm, read_labelled
from cxr_edge_train.evaluation.statistics import Floats

COPIES = {"external_rsna": "grey copies of 2026-11-24; before: false-colour copies, see CHANGELOG"}
"""By folder, which copies of films a record was measured on, where that matters."""


@dataclass(frozen=True)
class ScoredFilms:
    """Films with their predictions, labels [N] and probabilities [N]."""

    films: Sequence[LabelledFilm]
    predictions: Sequence[Prediction]
    labels: Floats
    p: Floats

    def where(self, chosen: Sequence[bool]) -> ScoredFilms:
        """Some of them."""
        k = np.flatnonzero(chosen).tolist()
        return ScoredFilms([self.films[i] for i in k], [self.predictions[i] for i in k], self.labels[k], self.p[k])


def score(classifier: Classifier, folder: Path) -> ScoredFilms:
    """Every film of a folder in Kaggle's layout; a film that cannot be read is an error here.

    Predictions have their heatmap if the model has one, but no copy of the film for people: thousands are held at once.
    """
    films, heatmap = read_labelled(folder), classifier.has_heatmap
    predictions = [
        classifier.answer(classifier.prepare(film.path), heatmap=heatmap)
        for film in tqdm(films, desc=folder.name, disable=None, leave=False)
    ]
    p = np.array([prediction.probability for prediction in predictions], float)
    return ScoredFilms(films, predictions, np.array([film.label for film in films], float), p)


def decisions(scored: ScoredFilms) -> dict[str, Any]:
    """How many films get which decision, and the share that a person has to look at again."""
    count = Counter(prediction.decision for prediction in scored.predictions)
    again = sum(bool(prediction.quality) for prediction in scored.predictions)
    between = count["review"] + count["retake"] - again
    n = len(scored.films)
    return {
        "counts": dict(sorted(count.items())),
        "marked for quality": asdict(proportion(again, n)),
        "too close to call": asdict(proportion(between, n)),
    }
