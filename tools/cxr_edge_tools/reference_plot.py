"""The picture of the page about the reference models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from cxr_edge_train.reference.protocols import PROTOCOLS
from cxr_edge_train.reference.registry import REFERENCE


def plot_reference_models(record: dict[str, Any], path: Path) -> None:
    """AUC with interval of every model and protocol, and accuracy beside the published one."""
    figure = Figure(figsize=(12.5, 5.2), layout="constrained")
    for axis, name in zip(figure.subplots(1, 2, sharey=True), ("auc", "accuracy"), strict=True):
        for offset, (protocol, marker) in enumerate(zip(PROTOCOLS, "osD", strict=True)):
            rows = [m for m in record["models"] if m["protocol"] == protocol]
            places = [list(REFERENCE).index(m["model"]) + 0.22 * (offset - 1) for m in rows]
            values = [m["metrics"]["test"][name] for m in rows]
            axis.errorbar(
                [v["value"] for v in values],
                places,
                xerr=[[v["value"] - v["low"] for v in values], [v["high"] - v["value"] for v in values]],
                fmt=marker,
                capsize=3,
                label=protocol,
            )
        if name == "accuracy":
            published = [model.published["accuracy"] for model in REFERENCE.values()]
            axis.plot(published, np.arange(len(REFERENCE)), "kx", label="as published")
        axis.set(xlabel={"auc": "AUC"}.get(name, name), yticks=range(len(REFERENCE)), yticklabels=list(REFERENCE))
        axis.grid(alpha=0.3)
    figure.axes[0].invert_yaxis()
    handles, names = figure.axes[1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    figure.suptitle("Test films, 95 % intervals")
    figure.savefig(path, dpi=110)


def plot_learning_curves(record: dict[str, Any], path: Path) -> None:
    """Accuracy by epoch of every pooled run, training and validation, with the printed validation accuracy."""
    rows = [m for m in record["models"] if m["protocol"] == "pooled"]
    figure = Figure(figsize=(12.5, 3.4), layout="constrained")
    for axis, m in zip(figure.subplots(1, len(rows), sharey=True, squeeze=False)[0], rows, strict=True):
        epochs = np.arange(1, m["epochs_run"] + 1)
        for name, label in (("accuracy", "training"), ("val_accuracy", "validation")):
            axis.plot(epochs, list(map(float, m["history"][name])), label=label)
        axis.axhline(REFERENCE[m["model"]].validation_accuracy, color="k", ls="--", lw=1, label="validation, printed")
        kept = int(np.argmin(list(map(float, m["history"]["val_loss"]))))
        axis.axvline(kept + 1, color="grey", ls=":", lw=1, label="kept epoch")
        axis.set(title=m["model"], xlabel="epoch", ylim=(0.6, 1.0))
        axis.grid(alpha=0.3)
    figure.axes[0].set_ylabel("accuracy")
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    figure.savefig(path, dpi=110)
