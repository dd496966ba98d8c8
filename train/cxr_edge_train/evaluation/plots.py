"""Pictures of a training run and of its mistakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import ConfusionMatrixDisplay

from cxr_edge_train.data.films import CLASSES
from cxr_edge_train.evaluation.metrics import Metrics


def plot_history(history: list[dict[str, float]], path: Path) -> None:
    """Loss, accuracy and AUC per epoch, training (augmented, balanced) beside validation (clean)."""
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    epochs = [int(row["epoch"]) + 1 for row in history]
    for axis, name in zip(figure.subplots(1, 3), ("loss", "accuracy", "auc"), strict=True):
        column = name if name in history[0] else f"logit_{name}"  # of a network with two outputs
        axis.plot(epochs, [row[column] for row in history], "o--", label="training, augmented")
        axis.plot(epochs, [row[f"val_{column}"] for row in history], "s-", label="validation")
        axis.set(xlabel="epoch", title={"auc": "AUC"}.get(name, name))
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
    figure.axes[0].legend()
    figure.savefig(path, dpi=120)


def plot_confusion(metrics: dict[str, Metrics], path: Path) -> None:
    """Confusion matrix of each part at its threshold, with sensitivity, specificity and their intervals."""
    figure = Figure(figsize=(4.8 * len(metrics), 4.6), layout="constrained")
    axes = figure.subplots(1, len(metrics), squeeze=False)[0]
    for axis, (part, m) in zip(axes, metrics.items(), strict=True):
        counts = m.confusion
        matrix = [[counts["tn"], counts["fp"]], [counts["fn"], counts["tp"]]]
        ConfusionMatrixDisplay(np.array(matrix), display_labels=CLASSES).plot(ax=axis, cmap="Blues", colorbar=False)
        lines = [f"{part}, threshold {m.threshold:.3f}"]
        for name in ("sensitivity", "specificity"):
            e = getattr(m, name)
            lines.append(f"{name} {e.value:.3f} [{e.low:.3f}, {e.high:.3f}]")
        axis.set_title("\n".join(lines), fontsize=10)
        axis.set(xlabel="probability", ylabel="label")
        axis.set_xticks([0, 1], ["below the threshold", "at or above it"])
    figure.savefig(path, dpi=120)
