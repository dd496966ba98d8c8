"""Does a model look at lungs, or at what happens to go with the label? The same films, changed in one way at a time.

Changes that leave the lungs alone should change no answer; covering the lungs should leave nothing to go by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from cxr_edge_train.evaluation.film_changes import CHANGES, FRAME
from cxr_edge_train.evaluation.statistics import Floats, auc, auc_difference


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


def audit(classifier: Classifier, films: Sequence[LabelledFilm], workers: int = 1) -> dict[str, Audited]:
    """Every one of `CHANGES`, first of all none.

    Args:
        classifier: under audit.
        films: at least two of each class; seen in 8-bit grey.
        workers: films at the same time.
    """
    grey = [read_grey(film.path) for film in films]
    labels = np.array([film.label for film in films], np.float64)
    before, flags = score(classifier, grey, workers)
    audited = {"as it is": compare(labels, before, before, flags, classifier.card.threshold)}
    for name, change in tqdm(CHANGES.items(), desc="audit", unit="change", disable=None):
        after, flags = score(classifier, (change(film) for film in grey), workers)
        audited[name] = compare(labels, after, before, flags, classifier.card.threshold)
    return audited


def heatmap_inside(classifier: Classifier, films: Sequence[LabelledFilm], workers: int = 1) -> Estimate:
    """Share of what speaks for pneumonia that lies within the `FRAME`: mean over referred films, and its interval.

    A model that looks everywhere alike would have `film_changes.AREA_INSIDE` there.
    """
    shares = []
    for prediction in _answers(classifier, [film.path for film in films], workers, heatmap=True):
        assert prediction.heatmap is not None
        positive = np.maximum(prediction.heatmap, 0)
        if _referred(classifier, prediction) and positive.any():
            shares.append(float((positive * _inside(positive.shape)).sum() / positive.sum()))
    if len(shares) < 2:
        return Estimate(*[float("nan")] * 3)
    mean, half = float(np.mean(shares)), 1.96 * float(np.std(shares, ddof=1)) / len(shares) ** 0.5
    return Estimate(mean, mean - half, mean + half)


def full_size(classifier: Classifier, films: Sequence[LabelledFilm], folder: Path, workers: int = 1) -> tuple[int, int]:
    """How many films have a namesake in `folder`, and how many of those get another decision there."""
    namesakes = {path.name: path for path in folder.rglob("*") if path.is_file()}
    pairs = [(film.path, namesakes[film.path.name]) for film in films if film.path.name in namesakes]
    paths = [path for pair in pairs for path in pair]
    referred = [_referred(classifier, prediction) for prediction in _answers(classifier, paths, workers)]
    return len(pairs), sum(a != b for a, b in zip(referred[::2], referred[1::2], strict=True))


def _answers(
    classifier: Classifier, films: Iterable[Film], workers: int, heatmap: bool = False
) -> Iterator[Prediction]:
    """As `predict_many`; a film that cannot be read is an error here."""
    for prediction in classifier.predict_many(films, heatmap=heatmap, workers=workers):
        if prediction.error is not None:
            raise CxrEdgeError(prediction.error)
        yield prediction


def _referred(classifier: Classifier, prediction: Prediction) -> bool:
    assert prediction.probability is not None
    return prediction.probability >= classifier.card.threshold


def _inside(shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """How much of each place of a heatmap [h, w] lies within the frame, 0…1."""
    weights = []
    for count in shape:
        edges = np.arange(count + 1) / count
        overlap = np.minimum(edges[1:], 1 - FRAME) - np.maximum(edges[:-1], FRAME)
        weights.append(np.clip(overlap, 0, None) * count)
    return np.outer(*weights)


def read_grey(path: Path) -> Image.Image:
    """A film as the changes see it: 8-bit grey, of the size that the file holds."""
    return open_film(path, WHOLE, Limits()).grey.convert("L")


def score(classifier: Classifier, films: Iterable[Image.Image], workers: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Probabilities, float64 [N], and whether the film is flagged, bool [N]."""
    predictions = list(_answers(classifier, films, workers))
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
