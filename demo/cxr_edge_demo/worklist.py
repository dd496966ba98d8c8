"""Many films as a table, in the order that a user asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from html import escape

from cxr_edge import Prediction
from cxr_edge.quality import Decision
from cxr_edge.results.worklist import most_urgent_first
from cxr_edge_demo.render import css_of
from cxr_edge_demo.service import Listed
from cxr_edge_demo.words import decision, reason

ORDERS: dict[str, Callable[[Sequence[Prediction]], list[Prediction]]] = {
    "most urgent first": most_urgent_first,
    "most probable first": lambda films: sorted(films, key=lambda p: -1.0 if p.probability is None else -p.probability),
    "by name": lambda films: sorted(films, key=lambda p: p.path),
}
_HEAD = ("Film", "Decision", "Probability", "Name", "Why, or what is wrong")


def summary(listed: Sequence[Listed]) -> str:
    """How many films of each decision, and which could not be read."""
    counts = Counter(entry.prediction.decision for entry in listed)
    order: tuple[Decision | None, ...] = ("refer", "review", "retake", None, "no finding")
    parts = [f"{decision(d).symbol} {counts[d]} {decision(d).word.lower()}" for d in order if counts[d]]
    broken = "".join(f"<li>{escape(e.prediction.error)}</li>" for e in listed if e.prediction.error)
    named = f'<p class="cxr-reasons">Not scored:</p><ul class="cxr-reasons">{broken}</ul>' if broken else ""
    films = "1 film" if len(listed) == 1 else f"{len(listed)} films"
    return f'<p role="status"><b>{films}</b>: {" · ".join(parts)}</p>{named}'


def worklist_table(listed: Sequence[Listed], order: str) -> str:
    """The films as an HTML table; on a narrow page each becomes a card.

    Args:
        listed: films.
        order: one of `ORDERS`.
    """
    entries = {id(entry.prediction): entry for entry in listed}
    rows = "".join(_row(entries[id(p)]) for p in ORDERS[order]([entry.prediction for entry in listed]))
    head = "".join(f'<th scope="col">{title}</th>' for title in _HEAD)
    return (
        f'<div class="cxr-table cxr-list" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(entry: Listed) -> str:
    p = entry.prediction
    words = decision(p.decision)
    why = escape(p.error.removeprefix(f"{p.path}: ")) if p.error else escape(" ".join(map(reason, p.quality)))
    value = "" if p.probability is None else f"{100 * p.probability:.1f} %"
    said = f'<span class="cxr-said cxr-{css_of(p)}"><span aria-hidden="true">{words.symbol}</span> {words.word}</span>'
    cells = (entry.thumbnail, said, value, escape(p.path), why)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
