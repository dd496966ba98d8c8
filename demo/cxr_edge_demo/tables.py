"""Figures from feedback and votes, and model cards, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import Estimate
from cxr_edge_demo.figures import Accuracy, Tally
from cxr_edge_demo.render import EMPTY, interval, table
from cxr_edge_demo.words import RESEARCH_ONLY

_SHARES = ("sensitivity", "specificity", "accuracy", "auc", "expected_calibration_error")
_TITLES = {"auc": "AUC", "expected_calibration_error": "calibration error"}


def accuracy_table(rows: Sequence[Accuracy]) -> str:
    """Running sensitivity and specificity per model."""
    if not rows:
        return EMPTY.format("Nobody has said yet what a film shows.")
    head = ("Model", "Pneumonia", "Normal", "Sensitivity", "Specificity", "Review or retake", "Other, unsure")
    cells = [
        (
            model(row.model, row.version, row.sha256),
            str(row.pneumonia),
            str(row.normal),
            interval(row.sensitivity),
            interval(row.specificity),
            str(row.set_aside),
            str(row.other),
        )
        for row in rows
    ]
    return table(head, cells)


def tally_table(rows: Sequence[Tally]) -> str:
    """Votes per model."""
    if not rows:
        return EMPTY.format("Nobody has voted yet.")
    head = ("Model", "Preferred", "Equal", "Other preferred", "Preferred, of votes with a preference")
    cells = [
        (model(row.model, "", row.sha256), str(row.preferred), str(row.equal), str(row.other), interval(row.share))
        for row in rows
    ]
    return table(head, cells)


def model(name: str, version: str, sha256: str) -> str:
    """A model's name, version and the beginning of its hash."""
    return f"{escape(name)} {escape(version)} <code>{escape(sha256[:8])}</code>"


def about(classifier: Classifier) -> str:
    """A model's card, for people; nothing here is known otherwise."""
    card = classifier.card
    points = [
        (escape(p.name), f"{p.threshold:.3f}", interval(p.sensitivity), interval(p.specificity), escape(p.measured_on))
        for p in card.operating_points
    ]
    parts = [
        f"<h3>{escape(card.name)} {escape(card.version)}</h3><p>{escape(card.summary)}</p>",
        f"<h4>Intended use and limits</h4><p>{escape(card.intended_use)}</p><p><b>{RESEARCH_ONLY}</b></p>",
        "<h4>Operating points</h4>"
        + table(("Chosen for", "Threshold", "Sensitivity", "Specificity", "Measured on"), points),
        *(_metrics(name, values) for name, values in card.metrics.items()),
        "<h4>Against the Keras original</h4>" + (facts(card.parity) or EMPTY.format("The card says nothing of it.")),
        "<h4>File</h4>"
        + facts(
            {
                "sha256": classifier.sha256,
                "input": " × ".join(map(str, card.input_size)) + " grey pixels",
                "heatmap": "yes" if classifier.has_heatmap else "no",
                "quality gate": "yes" if card.quality else "no",
                "quantization": card.quantization.get("method", "none"),
            }
        ),
        "<h4>Trained on</h4>" + facts({"data": card.training.get("data", "the card does not say")}),
        "<h4>Licences</h4>" + facts(card.licences),
    ]
    return f'<div class="cxr-about">{"".join(parts)}</div>'


def _metrics(name: str, values: Any) -> str:
    if not isinstance(values, dict):
        return ""
    rows = [
        (_TITLES.get(key, key), _estimate(values[key], key in ("auc", "expected_calibration_error")))
        for key in _SHARES
        if isinstance(values.get(key), dict)
    ]
    counted = f" ({values['films']} films, {values['pneumonia']} with pneumonia)" if "pneumonia" in values else ""
    return f"<h4>Films of {escape(name)}{counted}</h4>" + table(("Figure", "Value and 95 % interval"), rows)


def _estimate(values: dict[str, Any], plain: bool) -> str:
    """A figure and its interval: a share in per cent, or plain, which may be negative."""
    value, low, high = (float(values[key]) for key in ("value", "low", "high"))
    if not plain:
        return interval(Estimate(value, low, high))
    value, low, high = (round(figure, 4) + 0.0 for figure in (value, low, high))  # no -0.0000
    return f"{value:.4f} ({low:.4f} to {high:.4f})"


def facts(values: dict[str, Any]) -> str:
    """Plain values as a list of names and values; groups of the same names as a table."""
    if not values:
        return ""
    groups = list(values.values())
    if all(isinstance(group, dict) and list(group) == list(groups[0]) for group in groups) and not _figure(groups[0]):
        rows = [[escape(_words(name)), *map(_fact, group.values())] for name, group in values.items()]
        return table(["Measured on", *map(_words, groups[0])], rows)
    items = "".join(f"<dt>{escape(_words(key))}</dt><dd>{_fact(value)}</dd>" for key, value in values.items())
    return f"<dl>{items}</dl>"


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return _estimate(value, plain=True) if _figure(value) else facts(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return escape(", ".join(map(str, value)))
    return escape(str(value))


def _figure(value: dict[str, Any]) -> bool:
    return sorted(value) == ["high", "low", "value"]


def _words(key: Any) -> str:
    return str(key).replace("_", " ").replace("auc", "AUC")
