"""What a threshold that was chosen on a clinic's films will reach on its next ones."""

from __future__ import annotations

from functools import cache

import numpy as np

from cxr_edge.calibration.intervals import Estimate

_DRAWS = 100_000


@cache
def next_films(own: int, value: float, borrowed: int = 0) -> Estimate:
    """Sensitivity (or specificity) on films to come, where `thresholds.threshold_for` was to reach `value`.

    The share of all films to come above the k-th lowest of n drawn by chance follows a beta distribution, whatever the
    scores look like (Wilks, Ann Math Stat 12 (1941) 91). A threshold half-way between two films counts as half a film.
    Borrowed films move the middle and, since nobody knows whether they resemble the clinic's, do not narrow the spread.

    Args:
        own: the clinic's films of the class in question, at least one.
        value: that was aimed for, 0…1.
        borrowed: left-out films that counted as well.

    Returns:
        Mean and 95 % interval; the middle is a little under `value` or over it, as films come in whole numbers.
    """
    films = own + borrowed
    missed = np.floor(films * (1 - value) + 1e-9)
    share = 1 - (missed + 0.5) / (films + 1)
    drawn = np.random.default_rng(0).beta(share * (own + 1), (1 - share) * (own + 1), _DRAWS)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Estimate(float(share), float(low), float(high))
