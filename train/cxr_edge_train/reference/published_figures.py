"""The figures that the two notebooks report, with intervals, and series A's acceptance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import brier_score_loss, classification_report, roc_curve

from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge.calibration.thresholds import sensitivity_specificity, sigmoid
from cxr_edge_train.data.films import CLASSES
from cxr_edge_train.evaluation.metrics import Metrics, expected_calibration_error, measure
from cxr_edge_train.evaluation.statistics import Floats, auc_difference, paired_difference, resampled

Statistic = Callable[[Floats, Floats], float]
"""Of labels and logits, each [N]. Logits, since the probabilities of a network without restraint round to 0 and 1."""
ACCEPTANCE = {"accuracy": 0.90, "sensitivity": 0.90, "specificity": 0.90, "false_negative_rate": 0.05}
"""What series A asks for: at least, and of the last one at most."""


def full_metrics(labels: Floats, logits: Floats) -> dict[str, Any]:
    """`measure` at a probability of 0.5, and what else the notebooks print; both [N]."""
    metrics = measure(labels, sigmoid(logits), 0.5, logits)
    counts = metrics.confusion
    more = {
        "precision": proportion(counts["tp"], counts["tp"] + counts["fp"]),
        **{name: resampled(f, labels, logits) for name, f in RESAMPLED.items()},
    }
    return {
        **metrics.to_dict(),
        **{name: asdict(e) for name, e in more.items()},
        "accepted": accepted(metrics),
        "classification_report": classification_report(
            labels, logits >= 0, target_names=CLASSES, output_dict=True, zero_division=0
        ),
    }


def changes(labels: Floats, logits: Floats, reference: Floats) -> dict[str, Estimate]:
    """Every figure of `full_metrics` for `logits` minus that for those of a `reference`, on the same films [N].

    Paired intervals: Agresti and Min for shares, DeLong for AUC, bootstrap over films for the rest.
    """
    sick, ours, theirs = labels == 1, logits >= 0, reference >= 0
    others: dict[str, Statistic] = {
        "precision": lambda y, z: float((y[z >= 0] == 1).sum() / max((z >= 0).sum(), 1)),
        **RESAMPLED,
        "brier": lambda y, z: float(brier_score_loss(y, sigmoid(z), pos_label=1)),
        "expected_calibration_error": lambda y, z: expected_calibration_error(y, sigmoid(z)),
    }
    return {
        "accuracy": paired_difference(ours == sick, theirs == sick),
        "sensitivity": paired_difference(ours[sick], theirs[sick]),
        "specificity": paired_difference(~ours[~sick], ~theirs[~sick]),
        "false_negative_rate": paired_difference(~ours[sick], ~theirs[sick]),
        "auc": auc_difference(labels, logits, reference),
        **{
            name: resampled(partial(_difference, f), labels, logits, reference, least=-1.0)
            for name, f in others.items()
        },
    }


def _difference(statistic: Statistic, labels: Floats, logits: Floats, reference: Floats) -> float:
    return statistic(labels, logits) - statistic(labels, reference)


def accepted(metrics: Metrics) -> dict[str, bool]:
    """Each criterion of series A, and all of them."""
    values = {name: getattr(metrics, name).value for name in ACCEPTANCE}
    passed = {
        name: values[name] <= bound if name == "false_negative_rate" else values[name] >= bound
        for name, bound in ACCEPTANCE.items()
    }
    return {**passed, "all": all(passed.values())}


def specificity_at_sensitivity(labels: Floats, scores: Floats, least: float = 0.9) -> float:
    """The best specificity of any threshold whose sensitivity is at least `least`."""
    specificity, sensitivity = _roc(labels, scores)
    return float(specificity[sensitivity >= least].max(initial=0.0))


def sensitivity_at_specificity(labels: Floats, scores: Floats, least: float = 0.9) -> float:
    """The best sensitivity of any threshold whose specificity is at least `least`."""
    specificity, sensitivity = _roc(labels, scores)
    return float(sensitivity[specificity >= least].max(initial=0.0))


def _roc(labels: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Specificity and sensitivity at every threshold; none of a sample that holds one class alone."""
    if labels.min() == labels.max():
        return np.empty(0), np.empty(0)
    false, true, _ = roc_curve(labels, scores)
    return 1 - false, true


RESAMPLED: dict[str, Statistic] = {
    "f1": lambda y, z: float(2 * ((y == 1) & (z >= 0)).sum() / max((y == 1).sum() + (z >= 0).sum(), 1)),
    "specificity_at_sensitivity_0.9": specificity_at_sensitivity,
    "sensitivity_at_specificity_0.9": sensitivity_at_specificity,
}


def reproduces(published: dict[str, float], metrics: dict[str, Any]) -> dict[str, str]:
    """Per published figure: ``within`` our 95 % interval, ``better`` or ``worse`` than published."""
    verdicts = {}
    for name, value in published.items():
        ours = Estimate(**metrics[name])
        lower_is_better = name == "false_negative_rate"
        if ours.low <= value <= ours.high:
            verdicts[name] = "within"
        else:
            verdicts[name] = "better" if (ours.value < value) == lower_is_better else "worse"
    return verdicts


def shuffled_accuracy(labels: Floats, probabilities: Floats, threshold: float, seed: int) -> dict[str, float]:
    """Series B's evaluation: labels read in another order than the predictions, because the set reshuffles itself."""
    other = np.random.default_rng(seed).permutation(labels)
    sensitivity, specificity = sensitivity_specificity(other, probabilities, threshold)
    right = (probabilities >= threshold) == (other == 1)
    return {"accuracy": float(right.mean()), "sensitivity": sensitivity.value, "specificity": specificity.value}
