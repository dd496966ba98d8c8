"""The three answers of a model as zones on one bar, and where a film's probability lies on it."""

from __future__ import annotations

from dataclasses import dataclass

from cxr_edge.card import ModelCard
from cxr_edge_demo.html.wording import DecisionWords, decision_words

_WIDTHS = {2: (50.0, 50.0), 3: (32.0, 32.0, 36.0)}
"""Of zones on the bar, per cent. True to scale, *no finding* would be too narrow for its name: it ends at a few per
cent. The bar is true to scale within a zone, and the bounds are written under it."""


@dataclass(frozen=True)
class Zone:
    """One answer's part of the bar.

    Attributes:
        words: of the answer.
        low: probability at its left end, 0…1.
        high: at its right end.
        left: place of its left end on the bar, per cent.
        width: per cent of the bar.
    """

    words: DecisionWords
    low: float
    high: float
    left: float
    width: float


def zones(card: ModelCard) -> list[Zone]:
    """No finding, review and refer from left to right; a model without a review band has two."""
    low, high = card.review_band
    bounds = [0.0, low, high, 1.0] if low < high else [0.0, high, 1.0]
    names = ["no finding", "review", "refer"] if low < high else ["no finding", "refer"]
    found, left = [], 0.0
    for name, start, end, width in zip(names, bounds, bounds[1:], _WIDTHS[len(names)], strict=False):
        found.append(Zone(decision_words(name), start, end, left, width))
        left += width
    return found


def place(probability: float, shown: list[Zone]) -> float:
    """Where a probability lies on the bar, per cent from its left end."""
    zone = next((zone for zone in shown if probability < zone.high), shown[-1])
    share = (probability - zone.low) / (zone.high - zone.low) if zone.high > zone.low else 0.0
    return zone.left + zone.width * min(1.0, max(0.0, share))
