"""Temperature and operating points from a clinic's own labelled films."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cxr_edge.calibration.intervals import LEAST, Estimate, films_needed
from cxr_edge.calibration.operating_point_file import OperatingPointFile, WithFlagged
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
from cxr_edge.prediction import Prediction

OWN_FILMS = "the clinic's own films"
_RESAMPLES = 1000


def calibrate(
    classifier: Classifier, predictions: Iterable[Prediction], labels: Iterable[int], include_flagged: bool = False
) -> OperatingPointFile:
    """Choose temperature and operating points on scored films.

    Films that could not be read are left out, and so are, unless asked for, those that have a quality reason: the
    threshold does not decide on them. Since flagged films may be the sicker ones, the figures are given both ways, in
    ``with_flagged`` with them. Sensitivity and specificity are measured on the films that the threshold was chosen on,
    which flatters them a little.

    Args:
        classifier: that scored the films, with the model's own operating points.
        predictions, labels: one each per film; label 1 for pneumonia.
        include_flagged: choose on flagged films as well.

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
    readable = [(p.logit, label, bool(p.quality)) for p, label in pairs if p.logit is not None]
    all_z, all_y, flagged = np.array(readable, np.float64).reshape(-1, 3).T
    used = np.full(len(all_y), True) if include_flagged else flagged == 0
    y, z = all_y[used], all_z[used]
    counts = {
        "normal": int((y == 0).sum()),
        "pneumonia": int((y == 1).sum()),
        "unreadable": sum(p.error is not None for p, _ in pairs),
        "flagged": int(flagged.sum()),
        "flagged_normal": int(flagged[all_y == 0].sum()),
        "flagged_pneumonia": int(flagged[all_y == 1].sum()),
    }
    _refuse_too_few(counts)
    if z[y == 1].mean() <= z[y == 0].mean():
        raise CxrEdgeError("found pneumonia scored no higher than normal; expected labels that are not exchanged")
    samples = _resample(y, z)
    fitted = _interval(fit_temperature(y, z), [fit_temperature(a, b) for a, b in samples])
    if fitted.low < 2 * COLDEST or fitted.high > HOTTEST / 2:  # the films do not say: separated, or shifted to one side
        fitted = Estimate(*[classifier.card.temperature] * 3)
    temperature = fitted.value
    p, all_p = sigmoid(z / temperature), sigmoid(all_z / temperature)
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
        with_flagged={
            point.name: WithFlagged(
                *sensitivity_specificity(all_y, all_p, point.threshold), threshold_for(all_y, all_p, aim, value)
            )
            for point, (aim, value) in zip(points, AIMS, strict=True)
        },
    )


def _refuse_too_few(counts: dict[str, int]) -> None:
    if min(counts["normal"], counts["pneumonia"]) >= LEAST:
        return
    needed = ", ".join(f"{films_needed(width)} for ±{width:.2f}" for width in (0.10, 0.05, 0.03))
    raise CxrEdgeError(
        f"found {counts['normal']} usable normal films and {counts['pneumonia']} with pneumonia "
        f"({counts['unreadable']} unreadable and {counts['flagged']} flagged in all); expected at least {LEAST} "
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
