"""What a decision is worth where pneumonia is as frequent as it is here."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cxr_edge.calibration.intervals import Estimate


@dataclass(frozen=True)
class PredictiveValues:
    """At one prevalence, with 95 % intervals.

    Attributes:
        prevalence: share of films with pneumonia, 0…1.
        ppv: share of the films at or above the threshold that have pneumonia.
        npv: share of the films below it that have none.
    """

    prevalence: float
    ppv: Estimate
    npv: Estimate


def predictive_values(sensitivity: Estimate, specificity: Estimate, prevalence: float) -> PredictiveValues:
    """By Bayes' rule; intervals from those of the two, which come from different films and are independent.

    The odds of pneumonia after a positive answer are the odds before it times sensitivity / (1 − specificity); the
    interval of that ratio is recovered from those of its parts (Donner and Zou, Stat Methods Med Res 21 (2012) 347).

    Raises:
        ValueError: a prevalence that is not between 0 and 1.
    """
    if not 0 < prevalence < 1:
        raise ValueError(f"found a prevalence of {prevalence}; expected one between 0 and 1")
    odds = prevalence / (1 - prevalence)
    positive = _ratio(sensitivity, _complement(specificity))
    negative = _ratio(specificity, _complement(sensitivity))
    return PredictiveValues(prevalence, _share(positive, odds), _share(negative, 1 / odds))


def _complement(e: Estimate) -> Estimate:
    return Estimate(1 - e.value, 1 - e.high, 1 - e.low)


def _ratio(a: Estimate, b: Estimate) -> Estimate:
    """a / b with the interval recovered from theirs; infinite where b may be 0."""
    ab = a.value * b.value
    low_root = ab**2 - a.low * b.high * (2 * a.value - a.low) * (2 * b.value - b.high)
    high_root = ab**2 - a.high * b.low * (2 * a.value - a.high) * (2 * b.value - b.low)
    low_divisor, high_divisor = ab + math.sqrt(max(low_root, 0.0)), b.low * (2 * b.value - b.low)
    low = a.low * (2 * a.value - a.low) / low_divisor if low_divisor else 0.0
    high = (ab + math.sqrt(max(high_root, 0.0))) / high_divisor if high_divisor else math.inf
    return Estimate(a.value / b.value if b.value else math.inf, low, high)


def _share(ratio: Estimate, odds: float) -> Estimate:
    """Odds × ratio as a share."""
    return Estimate(*(1 / (1 + 1 / (odds * r)) if r > 0 else 0.0 for r in (ratio.value, ratio.low, ratio.high)))
