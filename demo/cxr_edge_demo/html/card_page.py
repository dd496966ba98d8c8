"""A model's card for people; nothing here is known otherwise."""

from __future__ import annotations

from typing import Any

from cxr_edge import Classifier
from cxr_edge.calibration.intervals import Estimate
from cxr_edge_demo.html.rendering import decimal, rendered, share_with_interval
from cxr_edge_demo.html.wording import LUNGS_FIRST, research_only
from cxr_edge_demo.words import N_, _

_FIGURES = ("sensitivity", "specificity", "accuracy", "auc", "expected_calibration_error")
_TITLES = {
    "sensitivity": N_("sensitivity"),
    "specificity": N_("specificity"),
    "accuracy": N_("accuracy"),
    "auc": N_("AUC"),
    "expected_calibration_error": N_("calibration error"),
}
_NOT_SHARES = ("auc", "expected_calibration_error")


def card_page(classifier: Classifier) -> str:
    """Everything that a card says and a reader can judge."""
    card = classifier.card
    file = {
        "sha256": classifier.sha256,
        _("input"): " × ".join(map(str, card.input_size)) + " " + _("grey pixels"),
        _("heatmap"): _("yes") if classifier.has_heatmap else _("no"),
        _("lung map"): _("yes") if classifier.has_lungs else _("no"),
        _("quality gate"): _("yes") if card.quality else _("no"),
        _("quantization"): card.quantization.get("method", _("none")),
    }
    return rendered(
        "card",
        card=card,
        research_only=research_only(),
        lungs=_(LUNGS_FIRST) if classifier.has_lungs else "",
        metrics={name: _figures(values) for name, values in card.metrics.items() if isinstance(values, dict)},
        counts={name: values for name, values in card.metrics.items() if isinstance(values, dict)},
        parity=_nested(card.parity),
        lists={
            N_("File"): _nested(file),
            N_("Trained on"): _nested({_("data"): card.training.get("data", _("the card does not say"))}),
            N_("Licences"): _nested(card.licences),
        },
    )


def _figures(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (_(_TITLES[key]), _estimate(values[key], is_share=key not in _NOT_SHARES))
        for key in _FIGURES
        if isinstance(values.get(key), dict)
    ]


def _estimate(values: dict[str, Any], is_share: bool) -> str:
    """A figure and its interval: a share in per cent, or plain, which may be negative."""
    value, low, high = (float(values[key]) for key in ("value", "low", "high"))
    if is_share:
        return share_with_interval(Estimate(value, low, high))
    value, low, high = (round(figure, 4) + 0.0 for figure in (value, low, high))  # no -0.0000
    return _("{value} ({low} to {high})").format(value=decimal(value, 4), low=decimal(low, 4), high=decimal(high, 4))


def _nested(values: dict[str, Any]) -> dict[str, Any]:
    """Names and values as text; groups of values stay groups."""
    return {_title(key): _text(value) for key, value in values.items()}


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        return _estimate(value, is_share=False) if sorted(value) == ["high", "low", "value"] else _nested(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _title(key: Any) -> str:
    return str(key).replace("_", " ").replace("auc", "AUC")
