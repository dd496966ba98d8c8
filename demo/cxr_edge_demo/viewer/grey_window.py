"""How grey values become what is seen: windows as PS3.3 C.11.2 has them, or a table of a film's own."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


@dataclass(frozen=True)
class Window:
    """A part of the grey values that is spread over black to white.

    Attributes:
        label: what it is called, in English.
        centre, width: in the film's own values; a width of at least 1, or above 0 for the functions but LINEAR.
        function: one of `FUNCTIONS`.
        table: uint8, the level of `first` and every whole value after it, which centre and width only describe; None
            if they say all.
        first: value of the table's first entry.
    """

    label: str
    centre: float
    width: float
    function: str = "LINEAR"
    table: npt.NDArray[np.uint8] | None = None
    first: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values; the table, if there is one, in base64."""
        values: dict[str, Any] = {
            "label": self.label,
            "centre": self.centre,
            "width": self.width,
            "function": self.function,
        }
        if self.table is not None:
            values |= {"first": self.first, "table": base64.b64encode(self.table.tobytes()).decode()}
        return values


def between(label: str, low: float, high: float) -> Window:
    """The window whose first black value is `low` and whose first white one is `high`."""
    return Window(label, (low + high + 1) / 2, max(high - low, 1) + 1)
