"""The figures that the two notebooks print, and what a changed file changes of them."""

import numpy as np
import pytest

from cxr_edge_train.evaluation.metrics import measure
from cxr_edge_train.reference.published_figures import (
    accepted,
    changes,
    full_metrics,
    reproduces,
    sensitivity_at_specificity,
    specificity_at_sensitivity,
)

LABELS = np.tile([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 20)
SCORES = np.tile([0.1, 0.2, 0.3, 0.4, 0.9, 0.35, 0.6, 0.7, 0.8, 0.95], 20)
LOGITS = np.log(SCORES / (1 - SCORES))


def test_figures_of_the_notebooks():
    figures = full_metrics(LABELS, LOGITS)
    assert figures["precision"]["value"] == pytest.approx(4 / 5)
    assert figures["f1"]["value"] == pytest.approx(0.8)
    assert figures["accepted"] == dict.fromkeys(
        ("accuracy", "sensitivity", "specificity", "false_negative_rate", "all"), False
    )
    assert specificity_at_sensitivity(LABELS, SCORES) == pytest.approx(3 / 5)
    assert sensitivity_at_specificity(LABELS, SCORES) == pytest.approx(1 / 5)
    assert accepted(measure(LABELS, np.where(LABELS == 1, 0.9, 0.1), 0.5))["all"]
    assert reproduces({"accuracy": 0.75, "false_negative_rate": 0.99}, figures) == {
        "accuracy": "within",
        "false_negative_rate": "better",
    }


def test_changes_are_those_of_every_figure_and_paired():
    full, same = full_metrics(LABELS, LOGITS), changes(LABELS, LOGITS, LOGITS)
    assert set(same) == {name for name, figure in full.items() if isinstance(figure, dict) and "value" in figure}
    assert {change.value for change in same.values()} == {0.0}
    worse = np.where(SCORES == 0.95, -0.2, LOGITS)  # 20 of 100 ill films are missed by one of the two
    changed, other = changes(LABELS, worse, LOGITS), full_metrics(LABELS, worse)
    for name, change in changed.items():
        assert change.value == pytest.approx(other[name]["value"] - full[name]["value"]), name
        assert change.low <= change.value <= change.high
    assert changed["sensitivity"].value == pytest.approx(-0.2)
    assert changed["sensitivity"].high < 0 < changed["false_negative_rate"].low
    assert changed["specificity"].low < 0 < changed["specificity"].high


def test_probabilities_that_round_to_one_do_not_change_the_area():
    figures, loud = full_metrics(LABELS, LOGITS), full_metrics(LABELS, 300 * LOGITS)
    for name in ("auc", "specificity_at_sensitivity_0.9", "sensitivity_at_specificity_0.9", "accuracy"):
        assert loud[name] == figures[name], name
    assert loud["brier"]["value"] == pytest.approx(1 - loud["accuracy"]["value"], abs=1e-6)
