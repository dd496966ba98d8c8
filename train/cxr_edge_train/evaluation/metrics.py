"""What a classifier is worth on labelled films: discrimination, decisions, calibration."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import brier_score_loss

from cxr_edge.calibration.intervals import Estimate, proportion
from cxr_edge.calibration.thresholds import sensitivity_specificity
from cxr_edge_train.evaluation.statistics import Floats, auc, resampled


@dataclass(frozen=True)
class Metrics:
    """Figures at one threshold, each with its 95 % interval (Wilson; DeLong for AUC; bootstrap for ECE, Brier).

    `auc` is of the logits where they are known. `confusion` holds counts: true negatives, false positives, false
    negatives, true positives.
    """

    films: int
    pneumonia: int
    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    false_negative_rate: Estimate
    accuracy: Estimate
    auc: Estimate
    expected_calibration_error: Estimate
    brier: Estimate
    confusion: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries and numbers, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        names = ("sensitivity", "specificity", "false_negative_rate", "accuracy", "auc",
                 "expected_calibration_error", "brier")  # fmt: skip
        head = f"{self.films} films, {self.pneumonia} with pneumonia, threshold {self.threshold:.4f}"
        return "\n".join([head, *(f"  {name:<27}{getattr(self, name)}" for name in names)])


def measure(labels: Floats, probabilities: Floats, threshold: float, logits: Floats | None = None) -> Metrics:
    """All metrics of `probabilities` [N] against `labels` 0 or 1 [N]; refer means probability ≥ `threshold`.

    With `logits` [N] the AUC is theirs, which is the same until many probabilities round to 0 or 1.

    Raises:
        ValueError: fewer than two films of either class.
    """
    sick, referred = labels == 1, probabilities >= threshold
    tp, fn = int((sick & referred).sum()), int((sick & ~referred).sum())
    fp, tn = int((~sick & referred).sum()), int((~sick & ~referred).sum())
    sensitivity, specificity = sensitivity_specificity(labels, probabilities, threshold)
    return Metrics(
        films=len(labels),
        pneumonia=tp + fn,
        threshold=threshold,
        sensitivity=sensitivity,
        specificity=specificity,
        false_negative_rate=proportion(fn, tp + fn),
        accuracy=proportion(tp + tn, len(labels)),
        auc=auc(labels, probabilities if logits is None else logits),
        expected_calibration_error=resampled(expected_calibration_error, labels, probabilities),
        brier=resampled(lambda y, p: float(brier_score_loss(y, p, pos_label=1)), labels, probabilities),
        confusion={"tn": tn, "fp": fp, "fn": fn, "tp": tp},
    )


def expected_calibration_error(labels: Floats, probabilities: Floats, bins: int = 15) -> float:
    """Mean |observed share − mean probability| over `bins` equal bins, weighted by films (Naeini et al. 2015)."""
    bin_of = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=labels - probabilities, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
