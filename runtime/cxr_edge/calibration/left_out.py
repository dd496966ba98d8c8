"""How a model's own left-out films score: what a clinic with few films borrows from.

Another hospital moves and widens the logits of a class more than it changes their shape. A few local films tell where
the class lies and how wide it is, and too little about its tail, which decides the threshold; the left-out films tell
the shape.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cxr_edge.calibration.intervals import BORROWED
from cxr_edge.calibration.thresholds import Floats


@dataclass(frozen=True)
class LeftOut:
    """Logits of the training films that thresholds were chosen on, at evenly spaced quantiles from 0 to 1.

    Attributes:
        normal, pneumonia: of each class, in rising order; the first is the lowest logit, the last the highest.
    """

    normal: tuple[float, ...]
    pneumonia: tuple[float, ...]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LeftOut:
        """The inverse of `to_dict`.

        Raises:
            KeyError, TypeError: a class is missing, or no list of numbers.
            ValueError: fewer than two logits of a class, or some that are not finite or not in rising order.
        """
        return cls(_quantiles(values["normal"]), _quantiles(values["pneumonia"]))

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def placed(self, own: Floats, label: int, films: int, rng: np.random.Generator | None = None) -> Floats:
        """Left-out films of one class, moved to the mean of a clinic's own and scaled towards their spread.

        The scale is the ratio of the spreads from the 10th to the 90th percentile. A few films know it badly, so it
        counts (as a logarithm) by the share of the clinic's films among all.

        Args:
            own: logits of the clinic's films of this class [N], at least one.
            label: of the class; 1 for pneumonia.
            films: how many to give.
            rng: draws the films by chance, as for an interval; without one they stand evenly over the class.

        Returns:
            Logits [films].
        """
        quantiles = self.pneumonia if label else self.normal
        at = (np.arange(films) + 0.5) / films if rng is None else rng.random(films)
        drawn = np.interp(at, np.linspace(0, 1, len(quantiles)), quantiles)
        mean = (np.mean(quantiles[1:]) + np.mean(quantiles[:-1])) / 2  # of the class, whichever films were drawn
        spread, own_spread = (np.subtract(*np.quantile(z, (0.9, 0.1))) for z in (quantiles, own))
        scale = (own_spread / spread) ** (len(own) / (len(own) + films)) if spread else 1.0
        placed: Floats = (drawn - mean) * scale + np.mean(own)
        return placed


def beside_borrowed(
    labels: Floats, logits: Floats, left_out: LeftOut | None, rng: np.random.Generator | None = None
) -> tuple[Floats, Floats]:
    """A clinic's films, labels 0 or 1 and logits [N], with `BORROWED` left-out ones of each class behind them.

    Without left-out films they are returned as they are; `rng` as in `LeftOut.placed`. Both classes must be there.
    """
    if left_out is None:
        return labels, logits
    placed = [left_out.placed(logits[labels == label], label, BORROWED, rng) for label in (0, 1)]
    return np.concatenate([labels, np.repeat([0.0, 1.0], BORROWED)]), np.concatenate([logits, *placed])


def _quantiles(values: Any) -> tuple[float, ...]:
    if not isinstance(values, (list, tuple)) or not all(type(value) in (int, float) for value in values):
        raise TypeError("no list of logits of left-out films")
    try:
        found = tuple(float(value) for value in values)
    except OverflowError:
        raise ValueError("a logit of left-out films that is too large") from None
    if len(found) < 2 or not np.isfinite(found).all() or (np.diff(found) < 0).any():
        raise ValueError("logits of left-out films that are not two or more, finite and in rising order")
    return found
