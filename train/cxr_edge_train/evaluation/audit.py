"""Does a model look at lungs, or at what happens to go with the label? The same films, changed in one way at a time.

Changes that leave the lungs alone should change no answer; covering the lungs should leave nothing to go by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from cxr_edge import Classifier, CxrEdgeError, Prediction
from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge.calibration.thresholds import sensitivity_specificity
from cxr_edge.film.preprocess import WHOLE, Film, open_film
from cxr_edge.film.source import Limits
from cxr_edge_train.data.films import LabelledFilm
from cxr_edge_train.evaluation.film_changes import CHANGES
from cxr_edge_train.evaluation.statistics import Floats, auc, auc_difference

AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Audited:
    """What one change does, on the same films.

    Attributes:
        auc: after it.
        auc_change: AUC after it minus before, paired.
        decisions_changed: share of films on the other side of the threshold.
        sensitivity, specificity: after it.
        flagged: share of films with a quality reason after it.
    """

    auc: Estimate
    auc_change: Estimate
    decisions_changed: Estimate
    sensitivity: Estimate
    specificity: Estimate
    flagged: Estimate


def audit(
    classifier: Classifier,
    films: Sequence[LabelledFilm],
    changes: Mapping[str, Callable[[Image.Image], Film]] = CHANGES,
    workers: int = 1,
) -> dict[str, Audited]:
    """Every one of `changes`, first of all none.

    Args:
        classifier: under audit.
        films: at least two of each class; seen in 8-bit grey.
        changes: by name.
        workers: films at the same time.
    """
    grey = [read_grey(film.path) for film in films]
    labels = np.array([film.label for film in films], np.float64)
    before, flags = score(classifier, grey, workers)
    audited = {AS_IT_IS: compare(labels, before, before, flags, classifier.card.threshold)}
    for name, change in tqdm(changes.items(), desc="audit", unit="change", disable=None):
        after, flags = score(classifier, (change(film) for film in grey), workers)
        audited[name] = compare(labels, after, before, flags, classifier.card.threshold)
    return audited


def full_size(classifier: Classifier, films: Sequence[LabelledFilm], folder: Path, workers: int = 1) -> tuple[int, int]:
    """How many films have a namesake in `folder`, and how many of those get another decision there."""
    namesakes = {path.name: path for path in folder.rglob("*") if path.is_file()}
    pairs = [(film.path, namesakes[film.path.name]) for film in films if film.path.name in namesakes]
    paths = [path for pair in pairs for path in pair]
    referred = [referred_by(classifier, prediction) for prediction in answers(classifier, paths, workers)]
    return len(pairs), sum(a != b for a, b in zip(referred[::2], referred[1::2], strict=True))


def answers(classifier: Classifier, films: Iterable[Film], workers: int, heatmap: bool = False) -> Iterator[Prediction]:
    """As `predict_many`; a film that cannot be read is an error here."""
    for prediction in classifier.predict_many(films, heatmap=heatmap, workers=workers):
        if prediction.error is not None:
            raise CxrEdgeError(prediction.error)
        yield prediction


def referred_by(classifier: Classifier, prediction: Prediction) -> bool:
    """Whether the probability is at or above the threshold, whatever else speaks against the film."""
    assert prediction.probability is not None
    return prediction.probability >= classifier.card.threshold


def read_grey(path: Path) -> Image.Image:
    """A film as the changes see it: 8-bit grey, of the size that the file holds."""
    return open_film(path, WHOLE, Limits()).grey.convert("L")


def score(classifier: Classifier, films: Iterable[Film], workers: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Probabilities, float64 [N], and whether the film is flagged, bool [N]."""
    predictions = list(answers(classifier, films, workers))
    return np.array([p.probability for p in predictions], np.float64), np.array([bool(p.quality) for p in predictions])


def compare(labels: Floats, after: Floats, before: Floats, flags: npt.NDArray[np.bool_], threshold: float) -> Audited:
    """Probabilities `after` a change and `before` it on the same films [N], `flags` after it."""
    changed = int(((after >= threshold) != (before >= threshold)).sum())
    sensitivity, specificity = sensitivity_specificity(labels, after, threshold)
    return Audited(
        auc=auc(labels, after),
        auc_change=auc_difference(labels, after, before),
        decisions_changed=proportion(changed, len(labels)),
        sensitivity=sensitivity,
        specificity=specificity,
        flagged=proportion(int(flags.sum()), len(labels)),
    )
