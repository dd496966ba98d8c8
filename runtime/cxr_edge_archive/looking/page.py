"""Tallies as one page of HTML that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

import cxr_edge
from cxr_edge.calibration.intervals import LEAST, Estimate, proportion
from cxr_edge.quality import Decision
from cxr_edge.wording import REASONS, RESEARCH_ONLY
from cxr_edge_archive.looking.tallies import BINS, Tallies, Tally

SITES = 100
"""Sites that are shown at most, those with most films first."""
_ORDER = ("refer", "review", "retake", "no finding")
_WIDTH, _HEIGHT = 480, 120


@dataclass(frozen=True)
class Bar:
    """A rectangle of a drawing, in its units, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True)
class Share:
    """A share of a site's films beside that of all other films.

    Attributes:
        name: of a decision, a reason code, or ``could not be read``.
        films: of the site, that have it.
        estimate: the site's share with its 95 % interval.
        others: that share among the films of all other sites; None if there are none.
        differs: whether the two intervals do not meet.
    """

    name: str
    films: int
    estimate: Estimate
    others: Estimate | None
    differs: bool


@dataclass(frozen=True)
class SiteRow:
    """A site on the page."""

    name: str
    films: int
    few: bool
    bars: tuple[Bar, ...]
    shares: tuple[Share, ...]
    reasons: tuple[Share, ...]

    @property
    def remarks(self) -> tuple[Share, ...]:
        """What differs, unless there are too few films to say so."""
        return () if self.few else tuple(one for one in (*self.shares, *self.reasons) if one.differs)


def page(tallies: Tallies, site: str) -> str:
    """The page.

    Args:
        tallies: of an archive.
        site: what a site is, such as ``folder``.
    """
    largest = sorted(tallies.by_site.items(), key=lambda pair: (-pair[1].films, pair[0]))
    rows = [_row(name, tally, tallies.whole) for name, tally in largest[:SITES]]
    environment = Environment(
        loader=PackageLoader("cxr_edge_archive.looking"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["percent"] = lambda share: f"{100 * share:.1f} %"
    return environment.get_template("archive_report.html").render(
        whole=_row("all films", tallies.whole, None), rows=rows, left_out=len(largest) - len(rows), site=site,
        models=sorted(tallies.models), least=LEAST, width=_WIDTH, height=_HEIGHT, bins=BINS, words=REASONS,
        research_only=RESEARCH_ONLY, version=cxr_edge.__version__,
    )  # fmt: skip


def _row(name: str, tally: Tally, whole: Tally | None) -> SiteRow:
    bars = tuple(_bars(tally.probabilities))
    shares = tuple(_shares(tally, whole))
    codes = (whole or tally).reasons
    reasons = tuple(
        _share(code, tally.reasons[code], tally.scored, codes[code] if whole else None, whole.scored if whole else 0)
        for code, _ in codes.most_common()
    )
    return SiteRow(name, tally.films, tally.films < LEAST, bars, shares, reasons)


def _shares(tally: Tally, whole: Tally | None) -> Iterator[Share]:
    assert set(_ORDER) == set(get_args(Decision))
    for word in _ORDER:
        of_all = whole.decisions[word] if whole else None
        yield _share(word, tally.decisions[word], tally.scored, of_all, whole.scored if whole else 0)
    of_all = whole.unreadable if whole else None
    yield _share("could not be read", tally.unreadable, tally.films, of_all, whole.films if whole else 0)


def _share(name: str, films: int, of: int, in_all: int | None, of_all: int) -> Share:
    estimate = proportion(films, of)
    if in_all is None or of_all == of:
        return Share(name, films, estimate, None, False)
    others = proportion(in_all - films, of_all - of)
    return Share(name, films, estimate, others, estimate.low > others.high or estimate.high < others.low)


def _bars(films: np.ndarray) -> Iterator[Bar]:  # type: ignore[type-arg]
    """Shares of films by probability; the highest bar reaches the top."""
    most, step = max(int(films.max()), 1), _WIDTH / BINS
    for at, number in enumerate(films.tolist()):
        height = _HEIGHT * number / most
        label = f"{at / BINS:.2f} to {(at + 1) / BINS:.2f}: {number} films"
        yield Bar(round(at * step, 1), round(_HEIGHT - height, 1), round(step - 2, 1), round(height, 1), label)
