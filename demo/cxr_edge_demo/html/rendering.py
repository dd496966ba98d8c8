"""Templates of the folder beside this file, filled in. Whatever comes from a file, a card or a user is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from cxr_edge.calibration.intervals import Estimate
from cxr_edge_demo.words import _, _n
from cxr_edge_demo.words.patterns import translated


def rendered(template: str, **values: Any) -> str:
    """The template called `template`.html with these values."""
    return _environment().get_template(f"{template}.html").render(values)


def quiet(sentence: str) -> str:
    """A sentence in the place of something that is not there."""
    return rendered("quiet", sentence=sentence)


def title(text: str) -> str:
    """A heading within a page."""
    return rendered("title", text=text)


def problem(sentence: str) -> str:
    """A sentence about what a user can mend; a screen reader says it at once."""
    return rendered("problem", sentence=sentence)


def done(sentence: str) -> str:
    """A sentence about what was done."""
    return rendered("done", sentence=sentence)


def percent(share: float) -> str:
    """A share in per cent, one decimal."""
    return f"{decimal(100 * share)} %"


def decimal(value: float, digits: int = 1) -> str:
    """A number with the decimal sign of the language."""
    return f"{value:.{digits}f}".replace(".", _("."))


def share_with_interval(estimate: Estimate) -> str:
    """A share in per cent with its interval; a dash where there is no film."""
    if estimate.value != estimate.value:
        return "–"
    return f"{percent(estimate.value)} ({decimal(100 * estimate.low)}–{decimal(100 * estimate.high)})"


def of_hundred(estimate: Estimate) -> str:
    """A share as so many of a hundred, with its interval."""
    value, low, high = (round(100 * share) for share in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low}–{high})"


def complement(estimate: Estimate) -> Estimate:
    """The share of all the others."""
    return Estimate(1 - estimate.value, 1 - estimate.high, 1 - estimate.low)


def point_name(name: str) -> str:
    """What an operating point was chosen for; one that a clinic named is called by its name."""
    kind, _space, share = name.partition(" ")
    try:
        films = round(100 * float(share))
    except ValueError:
        return name
    if kind == "sensitivity":
        return _("Chosen to find {n} of 100 with pneumonia").format(n=films)
    if kind == "specificity":
        return _("Chosen to pass {n} of 100 without pneumonia").format(n=films)
    return name


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("cxr_edge_demo.html"),
        autoescape=True,
        extensions=["jinja2.ext.do"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"_": _, "_n": _n, "point_name": point_name}
    environment.filters |= {
        "percent": percent,
        "decimal": decimal,
        "of_hundred": of_hundred,
        "complement": complement,
        "translated": translated,
        "share": share_with_interval,
    }
    return environment
