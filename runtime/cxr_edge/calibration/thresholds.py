"""Thresholds and temperature from labelled films."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxr_edge.calibration.intervals import Estimate, proportion

Floats = npt.NDArray[np.floating]
AIMS = (("sensitivity", 0.95), ("sensitivity", 0.98), ("specificity", 0.95))
"""What a model's operating points are chosen for; the first one is the default."""

COLDEST, HOTTEST = 0.05, 20.0
"""The temperatures that are looked for."""


def threshold_for(labels: Floats, probabilities: Floats, aim: str, value: float) -> float:
    """The threshold that reaches `value` of `aim` on these films and is best at the other of the two.

    It is put half-way between films, so that none stands on the line itself, where rounding in another arithmetic
    would decide.

    Args:
        labels: 0 or 1 [N], 1 for pneumonia.
        probabilities: [N].
        aim: ``sensitivity`` (at least `value` of the films with pneumonia at or above the threshold) or
            ``specificity`` (at least `value` of the others below it).
        value: 0…1.

    Raises:
        ValueError: no film of the class in question.
    """
    members = np.sort(probabilities[labels == (aim == "sensitivity")])
    if len(members) == 0:
        raise ValueError(f"found no film to measure {aim} on")
    missed = int(np.floor(len(members) * (1 - value) + 1e-9))
    if aim == "sensitivity":
        above = members[missed]
        below = probabilities[probabilities < above].max(initial=0.0)
    else:
        below = members[len(members) - 1 - missed]
        above = probabilities[probabilities > below].min(initial=1.0)
    return float((above + below) / 2)


def choose_thresholds(labels: Floats, probabilities: Floats) -> dict[str, float]:
    """`threshold_for` each of `AIMS`, by name such as ``sensitivity 0.95``."""
    return {f"{aim} {value:.2f}": threshold_for(labels, probabilities, aim, value) for aim, value in AIMS}


def sensitivity_specificity(labels: Floats, probabilities: Floats, threshold: float) -> tuple[Estimate, Estimate]:
    """Share of the sick films at or above `threshold`, and of the others below it, with Wilson's intervals."""
    sick, referred = labels == 1, probabilities >= threshold
    return (
        proportion(int((sick & referred).sum()), int(sick.sum())),
        proportion(int((~sick & ~referred).sum()), int((~sick).sum())),
    )


def fit_temperature(labels: Floats, logits: Floats) -> float:
    """T from `COLDEST` to `HOTTEST` that minimises the log loss of sigmoid(logit / T) (Guo et al. 2017).

    The loss is convex in 1 / T, so the root of its slope is found by bisection.
    """
    signed = np.where(labels == 1, logits, -logits).astype(np.float64)

    def slope(sharpness: float) -> float:
        return -float(np.mean(signed * sigmoid(-signed * sharpness)))

    low, high = 1 / HOTTEST, 1 / COLDEST
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if slope(middle) <= 0 else (low, middle)  # 0: the loss has underflowed
    return 1 / float(np.sqrt(low * high))


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + exp(−z)) without overflow."""
    return np.exp(-np.logaddexp(0.0, -z))
