"""Reliability in bins of equal mass: as many films in each, so that no point rests on one or two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge_train.evaluation.statistics import Floats

MOST = 10
"""Bins."""
LEAST = 25
"""Films in a bin: Wilson's interval of a half is then ± 0.18. With fewer than two such bins nothing is drawn."""


@dataclass(frozen=True)
class Bin:
    """Films of neighbouring probability.

    Attributes:
        films: how many.
        low, mean, high: least, mean and largest probability, 0…1.
        sick: share with pneumonia, with its 95 % interval.
    """

    films: int
    low: float
    mean: float
    high: float
    sick: Estimate


def equal_mass_bins(labels: Floats, p: Floats) -> list[Bin]:
    """Films in the order of their probability, cut into at most `MOST` bins whose sizes differ by one film at most.

    Args:
        labels: 0 or 1 [N].
        p: probabilities [N].

    Returns:
        Empty with fewer than 2 × `LEAST` films.
    """
    number = min(MOST, len(p) // LEAST)
    if number < 2:
        return []
    bins = np.array_split(np.argsort(p, kind="stable"), number)
    return [
        Bin(
            len(b), float(p[b].min()), float(p[b].mean()), float(p[b].max()), proportion(float(labels[b].sum()), len(b))
        )
        for b in bins
    ]
