"""Places that a reader draws on a film: rectangles in fractions of its sides, as text in the file of feedback."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from cxr_edge import CxrEdgeError
from cxr_edge_demo.words import _

MAX_PLACES = 20
"""On one film."""
_DIGITS = 4  # of a fraction: a tenth of a pixel on a film of 1,000


@dataclass(frozen=True)
class Place:
    """A rectangle on a film as it is shown, upright by its EXIF tag.

    Attributes:
        x, y: of its upper left corner, in fractions of the film's width and height, 0…1.
        width, height: likewise, above 0; the rectangle ends within the film.
    """

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        values = (self.x, self.y, self.width, self.height)
        if not all(math.isfinite(value) and 0 <= value <= 1 for value in values):
            raise _wrong()
        slack = 10**-_DIGITS
        if min(self.width, self.height) <= 0 or max(self.x + self.width, self.y + self.height) > 1 + slack:
            raise _wrong()


def read_places(values: Any) -> tuple[Place, ...]:
    """Places out of what a browser or a program sent.

    Args:
        values: a list of mappings with ``x``, ``y``, ``width`` and ``height``; None for no place.

    Raises:
        CxrEdgeError: it is something else, a rectangle leaves the film, or there are more than `MAX_PLACES`.
    """
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise _wrong()
    if len(values) > MAX_PLACES:
        raise CxrEdgeError(_("Draw fewer places: {most} at most on one film.").format(most=MAX_PLACES))
    return tuple(_place(value) for value in values)


def as_text(places: Iterable[Place]) -> str:
    """Places as JSON, for the column ``place``; empty if there are none."""
    found = as_plain(places)
    return json.dumps(found, separators=(",", ":")) if found else ""


def as_plain(places: Iterable[Place]) -> list[dict[str, float]]:
    """Places as `read_places` reads them."""
    return [asdict(place) for place in places]


def from_text(text: str) -> tuple[Place, ...]:
    """The inverse of `as_text`.

    Raises:
        CxrEdgeError: somebody changed the file, and this is no list of places.
    """
    try:
        return read_places(json.loads(text) if text else None)
    except ValueError:
        raise _wrong() from None


def _place(value: dict[str, Any]) -> Place:
    try:
        sides = {name: round(float(value[name]), _DIGITS) for name in ("x", "y", "width", "height")}
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _wrong() from None
    return Place(**sides)


def _wrong() -> CxrEdgeError:
    return CxrEdgeError(_("Draw the place again: a place is a rectangle within the film."))
