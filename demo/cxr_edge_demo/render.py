"""Answers as HTML. Whatever comes from a file or a card is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cxr_edge import Prediction
from cxr_edge.calibration.intervals import Estimate
from cxr_edge.card import OperatingPoint
from cxr_edge_demo.pictures import film_img, overlay_img
from cxr_edge_demo.scoring import Scored
from cxr_edge_demo.words import Words, decision, reason

EMPTY = '<p class="cxr-quiet">{}</p>'


def heading(words: Words, css: str) -> str:
    """Symbol, word and advice."""
    return (
        f'<div class="cxr-decision cxr-{css}"><p class="cxr-word"><span aria-hidden="true">{words.symbol}</span> '
        f"{words.word}</p><p>{words.advice}</p></div>"
    )


def answer(scored: Scored) -> str:
    """Decision, probability, operating points, quality and times of one film."""
    p, card = scored.prediction, scored.classifier.card
    milliseconds = (
        f"{scored.decode_ms:.1f} ms to decode and preprocess, {scored.inference_ms:.1f} ms in the network"
        f" · {escape(card.name)} {escape(card.version)} · {escape(p.path)}"
    )
    return (
        heading(decision(p.decision), css_of(p))
        + probability(p, [point.threshold for point in card.operating_points])
        + bands(*card.review_band)
        + reasons(p)
        + operating_points(p, card.operating_points)
        + f'<p class="cxr-quiet">{milliseconds}</p>'
    )


def refused(sentence: str) -> str:
    """What is said of a film that was not scored."""
    words = decision(None)
    return heading(Words(words.symbol, words.word, escape(sentence)), "unreadable")


def probability(p: Prediction, thresholds: Sequence[float] = ()) -> str:
    """The number, and a bar with the thresholds on it."""
    value = p.probability or 0.0
    marks = "".join(f'<i style="left:{100 * t:.2f}%"></i>' for t in thresholds)
    return (
        f'<p class="cxr-probability">Probability of pneumonia <b>{100 * value:.1f} %</b> '
        f'<span class="cxr-quiet">calibrated</span></p>'
        f'<div class="cxr-bar" aria-hidden="true"><b style="width:{100 * value:.2f}%"></b>{marks}</div>'
    )


def bands(low: float, high: float) -> str:
    """What the probability leads to, below, between and above the thresholds."""
    between = f", review between, no finding below {100 * low:.1f} %" if low < high else ", no finding below"
    return f'<p class="cxr-quiet">Refer at or above {100 * high:.1f} %{between}.</p>'


def reasons(p: Prediction) -> str:
    """Why the answer is not to be trusted, in sentences."""
    if not p.quality:
        return '<p class="cxr-reasons">Film quality: nothing speaks against the film.</p>'
    items = "".join(f"<li>{escape(reason(code))} <code>{escape(code)}</code></li>" for code in p.quality)
    return f'<p class="cxr-reasons">Film quality:</p><ul class="cxr-reasons">{items}</ul>'


def operating_points(p: Prediction, points: Sequence[OperatingPoint]) -> str:
    """Where the film stands against each threshold, and what that threshold is worth."""
    value = p.probability or 0.0
    rows = [
        (
            escape(point.name),
            f"{point.threshold:.3f}",
            "at or above" if value >= point.threshold else "below",
            interval(point.sensitivity),
            interval(point.specificity),
        )
        for point in points
    ]
    measured = "; ".join(dict.fromkeys(escape(point.measured_on) for point in points))
    head = ("Chosen for", "Threshold", "This film", "Sensitivity", "Specificity")
    note = f'<p class="cxr-quiet">Sensitivity and specificity with 95 % intervals, measured on {measured}.</p>'
    return f"<details><summary>Operating points</summary>{table(head, rows)}{note}</details>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of HTML cells; on a narrow page each row becomes a list of names and values.

    Args:
        head: names of the columns, plain text.
        rows: HTML, as many cells each.
    """
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    cells = [
        "".join(
            f'<td data-name="{escape(name)}"><span>{cell}</span></td>' for name, cell in zip(head, row, strict=True)
        )
        for row in rows
    ]
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    narrow = "cxr-table cxr-rows" if len(head) > 2 else "cxr-table"
    return f'<div class="{narrow}" tabindex="0"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def interval(estimate: Estimate) -> str:
    """A share in per cent with its interval; a dash where there is no film."""
    if estimate.value != estimate.value:
        return "–"
    return f"{100 * estimate.value:.1f} % ({100 * estimate.low:.1f}–{100 * estimate.high:.1f})"


def film(p: Prediction) -> str:
    """The film itself."""
    return f'<figure class="cxr-film">{film_img(p)}<figcaption>The film</figcaption></figure>'


def looked(p: Prediction, opacity: float) -> str:
    """The film with the heatmap, or a word that there is none."""
    drawn = overlay_img(p, opacity)
    if not drawn:
        return EMPTY.format("This model does not say where it looked.")
    caption = "Orange: what spoke for pneumonia"
    return f'<figure class="cxr-film">{drawn}<figcaption>{caption}</figcaption></figure>'


def blind(letter: str, p: Prediction, name: str = "") -> str:
    """One of two answers to compare; `name` is told after the vote."""
    shown = looked(p, 0.6) if p.heatmap is not None else film(p)
    title = f"{letter}: {escape(name)}" if name else letter
    return f'<h3 class="cxr-letter">{title}</h3>' + heading(decision(p.decision), css_of(p)) + probability(p) + shown


def css_of(p: Prediction) -> str:
    """The class of a decision in the style sheet."""
    return (p.decision or "unreadable").replace(" ", "-")
