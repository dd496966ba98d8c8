"""Temperature and operating points from a clinic's own labelled films."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cxr_edge.calibration.intervals import BORROWED, LEAST, Estimate, films_needed
from cxr_edge.calibration.left_out import LeftOut, beside_borrowed
from cxr_edge.calibration.next_films import next_films
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

    Where the model's card tells how its left-out films score, `BORROWED` of each class are moved to where the clinic's
    own lie and count beside them in every choice, never in a measurement: few films know their middle better than
    their tail. Hundreds of own films outvote them.

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
    left_out = classifier.card.left_out
    counts["borrowed"] = BORROWED if left_out else 0
    _refuse_too_few(counts)
    if z[y == 1].mean() <= z[y == 0].mean():
        raise CxrEdgeError("found pneumonia scored no higher than normal; expected labels that are not exchanged")
    chosen_y, chosen_z = beside_borrowed(y, z, left_out)
    samples = _resample(y, z, left_out)
    fitted = _interval(fit_temperature(chosen_y, chosen_z), [fit_temperature(a, b) for a, b in samples])
    if fitted.low < 2 * COLDEST or fitted.high > HOTTEST / 2:  # the films do not say: separated, or shifted to one side
        fitted = Estimate(*[classifier.card.temperature] * 3)
    temperature = fitted.value
    chosen_on = f"{OWN_FILMS} and {BORROWED} left-out ones of each class" if left_out else OWN_FILMS
    points, thresholds, with_flagged, to_come = [], {}, {}, {}
    for aim, value in AIMS:
        name, side = f"{aim} {value:.2f}", "pneumonia" if aim == "sensitivity" else "normal"
        # The open interval: perfectly separated films may put a threshold on its border.
        threshold = float(np.clip(threshold_for(chosen_y, sigmoid(chosen_z / temperature), aim, value), 1e-6, 1 - 1e-6))
        reached = sensitivity_specificity(y, sigmoid(z / temperature), threshold)
        points.append(OperatingPoint(name, threshold, chosen_on, OWN_FILMS, *reached))
        spread = [threshold_for(a, sigmoid(b / temperature), aim, value) for a, b in samples]
        thresholds[name] = _interval(threshold, spread)
        all_chosen_y, all_chosen_z = beside_borrowed(all_y, all_z, left_out)
        with_flagged[name] = WithFlagged(
            *sensitivity_specificity(all_y, sigmoid(all_z / temperature), threshold),
            threshold_for(all_chosen_y, sigmoid(all_chosen_z / temperature), aim, value),
        )
        to_come[name] = next_films(counts[side], value, counts["borrowed"])
    return OperatingPointFile(
        model={"name": classifier.card.name, "version": classifier.card.version, "sha256": classifier.sha256},
        temperature=fitted,
        operating_points=tuple(points),
        thresholds=thresholds,
        films=counts,
        with_flagged=with_flagged,
        next_films=to_come,
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


def _resample(labels: Floats, logits: Floats, left_out: LeftOut | None) -> list[tuple[Floats, Floats]]:
    """Bootstrap samples of films, within each class, with other borrowed ones beside each sample (seed 0)."""
    rng = np.random.default_rng(0)
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    drawn = (np.concatenate([rng.choice(films, len(films)) for films in classes]) for _ in range(_RESAMPLES))
    return [beside_borrowed(labels[films], logits[films], left_out, rng) for films in drawn]


def _interval(value: float, samples: list[float]) -> Estimate:
    low, high = np.percentile(samples, (2.5, 97.5))
    return Estimate(value, min(float(low), value), max(float(high), value))
