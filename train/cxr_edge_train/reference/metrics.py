"""The figures that the two notebooks report, with intervals, and series A's acceptance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import brier_score_loss, classification_report, roc_curve

from cxr_edge.estimate import Estimate, proportion
from cxr_edge.operating import sensitivity_specificity
from cxr_edge_train.films import CLASSES
from cxr_edge_train.metrics import Metrics, expected_calibration_error, measure
from cxr_edge_train.statistics import Floats, auc_difference, paired_difference, resampled

Statistic = Callable[[Floats, Floats], float]
"""Of labels and probabilities, each [N]."""
ACCEPTANCE = {"accuracy": 0.90, "sensitivity": 0.90, "specificity": 0.90, "false_negative_rate": 0.05}
"""What series A asks for: at least, and of the last one at most."""


def full_metrics(labels: Floats, probabilities: Floats, threshold: float) -> dict[str, Any]:
    """`cxr_edge_train.metrics.measure` and what else the notebooks print; labels and probabilities [N]."""
    metrics = measure(labels, probabilities, threshold)
    counts = metrics.confusion
    referred = probabilities >= threshold
    more = {
        "precision": proportion(counts["tp"], counts["tp"] + counts["fp"]),
        **{name: resampled(f, labels, probabilities) for name, f in _notebooks(threshold).items()},
    }
    return {
        **metrics.to_dict(),
        **{name: asdict(e) for name, e in more.items()},
        "accepted": accepted(metrics),
        "classification_report": classification_report(
            labels, referred, target_names=CLASSES, output_dict=True, zero_division=0
        ),
    }


def changes(labels: Floats, probabilities: Floats, reference: Floats, threshold: float) -> dict[str, Estimate]:
    """Every figure of `full_metrics` for `probabilities` minus that for `reference`, on the same films [N].

    Paired intervals: Agresti and Min for shares, DeLong for AUC, bootstrap over films for the rest.
    """
    sick, ours, theirs = labels == 1, probabilities >= threshold, reference >= threshold
    others: dict[str, Statistic] = {
        "precision": lambda y, p: float((y[p >= threshold] == 1).sum() / max((p >= threshold).sum(), 1)),
        **_notebooks(threshold),
        "brier": lambda y, p: float(brier_score_loss(y, p, pos_label=1)),
        "expected_calibration_error": expected_calibration_error,
    }
    return {
        "accuracy": paired_difference(ours == sick, theirs == sick),
        "sensitivity": paired_difference(ours[sick], theirs[sick]),
        "specificity": paired_difference(~ours[~sick], ~theirs[~sick]),
        "false_negative_rate": paired_difference(~ours[sick], ~theirs[sick]),
        "auc": auc_difference(labels, probabilities, reference),
        **{
            name: resampled(partial(_difference, f), labels, probabilities, reference, least=-1.0)
            for name, f in others.items()
        },
    }


def _difference(statistic: Statistic, labels: Floats, probabilities: Floats, reference: Floats) -> float:
    return statistic(labels, probabilities) - statistic(labels, reference)


def _notebooks(threshold: float) -> dict[str, Statistic]:
    return {
        "f1": lambda y, p: float(2 * ((y == 1) & (p >= threshold)).sum() / ((y == 1).sum() + (p >= threshold).sum())),
        "specificity_at_sensitivity_0.9": specificity_at_sensitivity,
        "sensitivity_at_specificity_0.9": sensitivity_at_specificity,
    }


def accepted(metrics: Metrics) -> dict[str, bool]:
    """Each criterion of series A, and all of them."""
    values = {name: getattr(metrics, name).value for name in ACCEPTANCE}
    passed = {
        name: values[name] <= bound if name == "false_negative_rate" else values[name] >= bound
        for name, bound in ACCEPTANCE.items()
    }
    return {**passed, "all": all(passed.values())}


def specificity_at_sensitivity(labels: Floats, probabilities: Floats, least: float = 0.9) -> float:
    """The best specificity of any threshold whose sensitivity is at least `least`."""
    false, true, _ = roc_curve(labels, probabilities)
    return float(1 - false[true >= least].min())


def sensitivity_at_specificity(labels: Floats, probabilities: Floats, least: float = 0.9) -> float:
    """The best sensitivity of any threshold whose specificity is at least `least`."""
    false, true, _ = roc_curve(labels, probabilities)
    return float(true[1 - false >= least].max())


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
