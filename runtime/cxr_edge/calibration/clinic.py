"""Temperature and operating points from a clinic's own labelled films."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge.calibration.operating_point_file import OperatingPointFile
from cxr_edge.calibration.thresholds import (
    AIMS,
    COLDEST,
    HOTTEST,
    Floats,
    fit_temperature,
    sensitivity_specificity,
    sigmoid,
    threshold_for,
)
from cxr_edge.card import OperatingPoint
from cxr_edge.classifier import Classifier
from cxr_edge.errors import CxrEdgeError
from cxr_edge.film.folder import films_in
from cxr_edge.prediction import Prediction

LEAST = 50
"""Films of either class below which nothing is chosen: a sensitivity of 0.98 cannot be told from 1 with fewer."""

OWN_FILMS = "the clinic's own films"
_RESAMPLES = 1000
_LABELS = {"NORMAL": 0, "PNEUMONIA": 1, "0": 0, "1": 1}


def labelled_films(source: Path) -> list[tuple[Path, int]]:
    """Films with labels, 1 for pneumonia.

    Args:
        source: a folder with the folders NORMAL and PNEUMONIA somewhere below it, or a CSV file with the columns
            ``path`` (relative to the CSV's folder) and ``label`` (NORMAL or PNEUMONIA, or 0 or 1).

    Raises:
        CxrEdgeError: neither, no film, a label that is none of these, or a film that is listed twice.
    """
    try:
        labelled = _from_folder(source) if source.is_dir() else _from_table(source)
    except OSError as error:
        raise CxrEdgeError(f"{source}: found {error.strerror}; expected a folder of films or a CSV file") from None
    if not labelled:
        raise CxrEdgeError(f"{source}: found no films; expected some with labels")
    seen: set[Path] = set()
    for path, _ in labelled:
        if path.resolve() in seen:
            raise CxrEdgeError(f"{source}: found {path} twice; expected every film once")
        seen.add(path.resolve())
    return labelled


def _from_folder(folder: Path) -> list[tuple[Path, int]]:
    labelled = []
    for film in films_in(folder):
        named = {part.upper() for part in film.relative_to(folder).parts[:-1]} & {"NORMAL", "PNEUMONIA"}
        if len(named) != 1:
            found = "both NORMAL and PNEUMONIA" if named else "neither NORMAL nor PNEUMONIA"
            raise CxrEdgeError(f"{film}: found {found} among its folders; expected one of them")
        labelled.append((film, _LABELS[named.pop()]))
    return labelled


def _from_table(table: Path) -> list[tuple[Path, int]]:
    labelled = []
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, skipinitialspace=True, strict=True)
            columns = [name.strip().lower() for name in rows.fieldnames or ()]
            if not {"path", "label"} <= set(columns):
                found = ", ".join(columns) or "no columns"
                raise CxrEdgeError(f"{table}: found {found}; expected the columns path and label, parted by commas")
            rows.fieldnames = columns
            for row in rows:
                path, label = (row["path"] or "").strip(), (row["label"] or "").strip().upper()
                if not path or label not in _LABELS:
                    found = f"the path {path!r} with the label {label!r} in line {rows.line_num}"
                    raise CxrEdgeError(f"{table}: found {found}; expected NORMAL, PNEUMONIA, 0 or 1 for a path")
                labelled.append((table.parent / path, _LABELS[label]))
    except (ValueError, csv.Error) as error:
        raise CxrEdgeError(f"{table}: found {error}; expected a table of comma-separated values in UTF-8") from None
    return labelled


def films_needed(half_width: float, share: float = 0.95) -> int:
    """Films of one class for which the 95 % interval of a `share` measured on them is ± `half_width` or less."""
    n = 1
    while True:
        interval = proportion(share * n, n)
        if interval.high - interval.low <= 2 * half_width:
            return n
        n += 1


def calibrate(classifier: Classifier, predictions: Iterable[Prediction], labels: Iterable[int]) -> OperatingPointFile:
    """Choose temperature and operating points on scored films.

    Films that could not be read, or that have a quality reason, are left out: the threshold does not decide on them.
    Sensitivity and specificity are measured on the films that it was chosen on, which flatters them a little.

    Args:
        classifier: that scored the films, with the model's own operating points.
        predictions, labels: one each per film; label 1 for pneumonia.

    Returns:
        For ``--operating-point``. Where the films do not determine a temperature, because the model separates them
        without error or puts nearly all on one side, it is the model's own, with no interval around it.

    Raises:
        CxrEdgeError: fewer than `LEAST` films of either class are left; pneumonia is scored no higher than normal; or
            the classifier was given as a session, so that nobody could say which model file this is for.
    """
    if not classifier.sha256:
        raise CxrEdgeError("found a classifier made from a session; expected one from Classifier.load")
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
    samples = _resample(y, z)
    fitted = _interval(fit_temperature(y, z), [fit_temperature(a, b) for a, b in samples])
    if fitted.low < 2 * COLDEST or fitted.high > HOTTEST / 2:  # the films do not say: separated, or shifted to one side
        fitted = Estimate(*[classifier.card.temperature] * 3)
    temperature = fitted.value
    p = sigmoid(z / temperature)
    points = tuple(_point(y, p, aim, value) for aim, value in AIMS)
    return OperatingPointFile(
        model={"name": classifier.card.name, "version": classifier.card.version, "sha256": classifier.sha256},
        temperature=fitted,
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


def _point(labels: Floats, probabilities: Floats, aim: str, value: float) -> OperatingPoint:
    # The open interval: perfectly separated films may put a threshold on its border.
    threshold = float(np.clip(threshold_for(labels, probabilities, aim, value), 1e-6, 1 - 1e-6))
    sensitivity, specificity = sensitivity_specificity(labels, probabilities, threshold)
    return OperatingPoint(
        name=f"{aim} {value:.2f}",
        threshold=threshold,
        chosen_on=OWN_FILMS,
        measured_on=OWN_FILMS,
        sensitivity=sensitivity,
        specificity=specificity,
    )


def _resample(labels: Floats, logits: Floats) -> list[tuple[Floats, Floats]]:
    """Bootstrap samples of films, within each class (seed 0)."""
    rng = np.random.default_rng(0)
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    drawn = (np.concatenate([rng.choice(films, len(films)) for films in classes]) for _ in range(_RESAMPLES))
    return [(labels[films], logits[films]) for films in drawn]


def _interval(value: float, samples: list[float]) -> Estimate:
    low, high = np.percentile(samples, (2.5, 97.5))
    return Estimate(value, min(float(low), value), max(float(high), value))
