"""Temperature and operating points from a clinic's own labelled films."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cxr_edge.card import OperatingPoint
from cxr_edge.classifier import Classifier
from cxr_edge.errors import CxrEdgeError
from cxr_edge.estimate import Estimate, proportion
from cxr_edge.folder import films_in
from cxr_edge.operating import AIMS, Floats, fit_temperature, sigmoid, threshold_for
from cxr_edge.overlay import Overlay
from cxr_edge.prediction import Prediction

LEAST = 50
"""Films of either class below which nothing is chosen: a sensitivity of 0.98 cannot be told from 1 with fewer."""

_RESAMPLES = 1000
_LABELS = {"NORMAL": 0, "PNEUMONIA": 1, "0": 0, "1": 1}


def labelled_films(source: Path) -> list[tuple[Path, int]]:
    """Films with labels, 1 for pneumonia.

    Args:
        source: a folder with the folders NORMAL and PNEUMONIA somewhere below it, or a CSV file with the columns
            ``path`` (relative to the CSV's folder) and ``label`` (NORMAL or PNEUMONIA, or 0 or 1).

    Raises:
        CxrEdgeError: neither, or a label that is none of these.
    """
    try:
        return _from_folder(source) if source.is_dir() else _from_csv(source)
    except OSError as error:
        raise CxrEdgeError(f"{source}: found {error.strerror}; expected a folder of films or a CSV file") from None


def _from_folder(folder: Path) -> list[tuple[Path, int]]:
    labelled = []
    for film in films_in(folder):
        named = {part.upper() for part in film.relative_to(folder).parts[:-1]} & {"NORMAL", "PNEUMONIA"}
        if len(named) != 1:
            found = "both NORMAL and PNEUMONIA" if named else "neither NORMAL nor PNEUMONIA"
            raise CxrEdgeError(f"{film}: found {found} among its folders; expected one of them")
        labelled.append((film, _LABELS[named.pop()]))
    return labelled


def _from_csv(table: Path) -> list[tuple[Path, int]]:
    labelled = []
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file, strict=True):
                label = (row["label"] or "").strip().upper()
                if label not in _LABELS:
                    raise CxrEdgeError(f"{table}: found the label {label!r}; expected NORMAL, PNEUMONIA, 0 or 1")
                labelled.append((table.parent / row["path"], _LABELS[label]))
    except (KeyError, TypeError, ValueError, csv.Error):
        raise CxrEdgeError(f"{table}: found no usable table; expected the columns path and label, UTF-8") from None
    return labelled


def films_needed(half_width: float, share: float = 0.95) -> int:
    """Films of one class for which the 95 % interval of a `share` measured on them is ± `half_width` or less."""
    n = 1
    while True:
        interval = proportion(share * n, n)
        if interval.high - interval.low <= 2 * half_width:
            return n
        n += 1


def calibrate(
    classifier: Classifier, predictions: Iterable[Prediction], labels: Iterable[int], chosen_on: str
) -> Overlay:
    """Choose temperature and operating points on scored films.

    Films that could not be read, or that have a quality reason, are left out: the threshold does not decide on them.
    Sensitivity and specificity are measured on the films that it was chosen on, which flatters them a little.

    Args:
        classifier: that scored the films, with the model's own operating points.
        predictions, labels: one each per film; label 1 for pneumonia.
        chosen_on: what the films are, for the file.

    Raises:
        CxrEdgeError: fewer than `LEAST` films of either class are left, or no temperature explains the labels.
    """
    pairs = list(zip(predictions, labels, strict=True))
    used = [(p.logit, label) for p, label in pairs if p.logit is not None and not p.quality]
    y = np.array([label for _, label in used], np.float64)
    z = np.array([logit for logit, _ in used], np.float64)
    counts = {
        "normal": int((y == 0).sum()),
        "pneumonia": int((y == 1).sum()),
        "unreadable": sum(p.error is not None for p, _ in pairs),
        "flagged": sum(bool(p.quality) for p, _ in pairs),
    }
    _refuse_too_few(counts)
    if z[y == 1].mean() <= z[y == 0].mean():
        raise CxrEdgeError("found pneumonia scored no higher than normal; expected labels that are not exchanged")
    temperature = fit_temperature(y, z)
    p = sigmoid(z / temperature)
    points = tuple(_point(y, p, aim, value, chosen_on) for aim, value in AIMS)
    samples = _resample(y, z)
    return Overlay(
        model={"name": classifier.card.name, "version": classifier.card.version, "sha256": classifier.sha256},
        temperature=_interval(temperature, [fit_temperature(a, b) for a, b in samples]),
        operating_points=points,
        thresholds={
            point.name: _interval(
                point.threshold, [threshold_for(a, sigmoid(b / temperature), aim, value) for a, b in samples]
            )
            for point, (aim, value) in zip(points, AIMS, strict=True)
        },
        films=counts,
    )


def _refuse_too_few(counts: dict[str, int]) -> None:
    if min(counts["normal"], counts["pneumonia"]) >= LEAST:
        return
    needed = ", ".join(f"{films_needed(width)} for ±{width:.2f}" for width in (0.10, 0.05, 0.03))
    raise CxrEdgeError(
        f"found {counts['normal']} usable normal films and {counts['pneumonia']} with pneumonia "
        f"({counts['unreadable']} unreadable and {counts['flagged']} flagged ones left out); expected at least {LEAST} "
        f"of each. A sensitivity or specificity of 0.95 is known from its class of films as follows: {needed}"
    )


def _point(labels: Floats, probabilities: Floats, aim: str, value: float, chosen_on: str) -> OperatingPoint:
    # The open interval: perfectly separated films may put a threshold on its border.
    threshold = float(np.clip(threshold_for(labels, probabilities, aim, value), 1e-6, 1 - 1e-6))
    referred, sick = probabilities >= threshold, labels == 1
    return OperatingPoint(
        name=f"{aim} {value:.2f}",
        threshold=threshold,
        chosen_on=chosen_on,
        measured_on=chosen_on,
        sensitivity=proportion(int((referred & sick).sum()), int(sick.sum())),
        specificity=proportion(int((~referred & ~sick).sum()), int((~sick).sum())),
    )


def _resample(labels: Floats, logits: Floats) -> list[tuple[Floats, Floats]]:
    """Bootstrap samples of films, within each class (seed 0)."""
    rng = np.random.default_rng(0)
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    drawn = (np.concatenate([rng.choice(films, len(films)) for films in classes]) for _ in range(_RESAMPLES))
    return [(labels[films], logits[films]) for films in drawn]


def _interval(value: float, samples: list[float]) -> Estimate:
    low, high = np.percentile(samples, (2.5, 97.5))
    return Estimate(value, float(low), float(high))
