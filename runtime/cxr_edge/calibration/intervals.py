"""A figure with its 95 % interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.959963984540054  # 97.5th percentile of the normal distribution
LEAST = 50
"""Films of either class below which no threshold is chosen: a sensitivity of 0.98 cannot be told from 1 with fewer."""
BORROWED = 20
"""Left-out films of each class that count beside a clinic's own.

Fixed on left-out films made into some fifty invented hospitals: cropped, blurred, in other tones; their logits moved,
squeezed and made noisy. With 25 own films of each class, a sensitivity meant to be 0.95 missed it by less in every kind
of hospital (root mean square 0.029 to 0.049, without borrowing 0.034 to 0.055). More borrowed films make a hospital
where the classes overlap look like one where they do not. In real hospitals they help less than twice as many own films
(``results/NAME/few_local_films.json``), so `LEAST` is the same with them and without.
"""


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    @classmethod
    def from_dict(cls, values: dict[str, float], most: float) -> Estimate:
        """The inverse of ``dataclasses.asdict``, for a figure from 0 to `most`.

        Raises:
            TypeError, ValueError: it is something else.
        """
        if sorted(values) != ["high", "low", "value"] or not all(type(v) in (int, float) for v in values.values()):
            raise TypeError("no figure with its interval")
        estimate = cls(*(float(values[name]) for name in ("value", "low", "high")))
        if not 0 <= estimate.low <= estimate.value <= estimate.high <= most:
            raise ValueError(f"a figure with the interval {estimate}")
        return estimate

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


def proportion(successes: float, trials: int) -> Estimate:
    """`successes` / `trials` with the score interval of Wilson (JASA 22 (1927) 209); all NaN without trials."""
    if trials == 0:
        return Estimate(*[math.nan] * 3)
    p, w = successes / trials, Z * Z / trials
    centre = (p + w / 2) / (1 + w)
    half = math.sqrt(p * (1 - p) * w + w * w / 4) / (1 + w)
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return Estimate(p, low, high)


def films_needed(half_width: float, share: float = 0.95) -> int:
    """Films of one class for which the 95 % interval of a `share` measured on them is ± `half_width` or less."""
    n = 1
    while True:
        interval = proportion(share * n, n)
        if interval.high - interval.low <= 2 * half_width:
            return n
        n += 1
