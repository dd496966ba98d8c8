"""Means, and shares of two groups of films, with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import sem
from scipy.stats import t as student

from cxr_edge.calibration.intervals import Estimate, proportion


def mean(values: Sequence[float]) -> Estimate:
    """Their mean with Student's t interval; all NaN for fewer than two."""
    if len(values) < 2:
        return Estimate(*[math.nan] * 3)
    found = float(np.mean(values))
    half = float(student.ppf(0.975, len(values) - 1) * sem(values))
    return Estimate(found, found - half, found + half)


def independent_difference(yes: int, trials: int, reference_yes: int, reference_trials: int) -> Estimate:
    """`yes` / `trials` − `reference_yes` / `reference_trials` of two groups that share no film; NaN if one is empty.

    Newcombe's hybrid score interval without continuity correction, from the two Wilson intervals (Newcombe, Stat Med
    17 (1998) 873, method 10).
    """
    a, b = proportion(yes, trials), proportion(reference_yes, reference_trials)
    difference = a.value - b.value
    return Estimate(
        difference,
        difference - math.hypot(a.value - a.low, b.high - b.value),
        difference + math.hypot(a.high - a.value, b.value - b.low),
    )
