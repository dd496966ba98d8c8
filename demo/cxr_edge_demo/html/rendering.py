"""Templates of the folder beside this file, filled in. Whatever comes from a file, a card or a user is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from cxr_edge.calibration.intervals import Estimate
from cxr_edge_demo.words import _, _n


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
    return f"{100 * share:.1f} %"


def share_with_interval(estimate: Estimate) -> str:
    """A share in per cent with its interval; a dash where there is no film."""
    if estimate.value != estimate.value:
        return "–"
    return f"{percent(estimate.value)} ({100 * estimate.low:.1f}–{100 * estimate.high:.1f})"


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
    environment.globals |= {"_": _, "_n": _n}
    environment.filters |= {"percent": percent, "share": share_with_interval}
    return environment
