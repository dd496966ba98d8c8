"""Figures with their 95 % intervals as the report writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from cxr_edge.calibration.intervals import Estimate

INTERVAL = "In brackets: 95 % intervals."


def estimate(values: Mapping[str, float]) -> Estimate:
    """From a dictionary of a JSON file."""
    return Estimate(values["value"], values["low"], values["high"])


def shown(e: Estimate, digits: int = 3, signed: bool = False, unit: str = "") -> str:
    """Value, unit, and the interval, if there is one, in brackets that no line break parts; with a true minus sign."""
    sign = "+" if signed else ""
    value, low, high = (f"{round(v, digits) + 0.0:{sign}.{digits}f}" for v in (e.value, e.low, e.high))  # no −0
    text = f"{value}{unit}" if math.isnan(e.low) else f"{value}{unit} [{low},\u00a0{high}]"
    return text.replace("-", "−")


def times(e: Estimate) -> str:
    """A ratio, to three digits or so: ``1.73 × [1.52, 1.96]``."""
    return shown(e, 2 if e.value < 10 else 1 if e.value < 100 else 0, unit="\u00a0×")


def count(number: int, noun: str) -> str:
    """``1 film``, ``2 films``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
