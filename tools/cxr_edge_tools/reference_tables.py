"""The tables of the page about the reference models: what they reach, and what export and int8 change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cxr_edge_train.evaluation.markdown import interval, table
from cxr_edge_train.reference.registry import REFERENCE

SIDES = ("accuracy", "sensitivity", "specificity", "false_negative_rate")
Runs = Sequence[dict[str, Any]]
"""Of ``results/reference_models.json``."""


def performance(rows: Runs) -> str:
    """Figures on the test films, beside the published ones."""
    head = (
        "model",
        "epochs",
        "AUC",
        *(side.replace("_", " ") for side in SIDES),
        "accepted by A",
        "published, verdict",
    )
    lines = []
    for m in rows:
        test = m["metrics"]["test"]
        told = "of another split"
        if not m["published_figures_are_right"]:
            told = "wrong, see below: " + ", ".join(f"{value:.3f}" for value in m["published"].values())
        elif m["protocol"] == "pooled":
            told = ", ".join(
                f"{name.replace('_', ' ')} {value:.3f} ({m['against_published'][name]})"
                for name, value in m["published"].items()
            )
        lines.append(
            (
                m["model"],
                f"{m['epochs_run']} / {m['epochs_published']}",
                *(interval(test[name]) for name in ("auc", *SIDES)),
                "yes" if test["accepted"]["all"] else "no",
                told,
            )
        )
    return table(head, lines)


def parity_with_originals(rows: Runs) -> str:
    """Probabilities of the exported files against those of the Keras networks, all on the same films."""
    films = rows[0]["files"]["int8"]["parity"]["test"]["films"]
    changed = f"decisions changed of {films}"
    head = ("model", "file", "MB", "how", "max Δp", "mean Δp", changed, "ΔAUC", "time / fp32", "use")
    lines = []
    for m in rows:
        recommended = m["files"]["int8"]["quantization"]["recommended"]
        for precision in ("fp32", "int8"):
            file = m["files"][precision]
            p, how = file["parity"]["test"], file.get("quantization", {})
            lines.append(
                (
                    m["model"],
                    precision,
                    f"{file['bytes'] / 1e6:.2f}",
                    how.get("method", "none"),
                    f"{p['max_difference']:.2g}",
                    f"{p['mean_difference']:.2g}",
                    p["decisions_changed"],
                    _signed(p["auc_difference"], 4),
                    how.get("time_over_fp32", 1),
                    "this one" if precision == recommended else "",
                )
            )
    return table(head, lines)


def changes_by_int8(rows: Runs) -> str:
    """What the int8 files change of every metric but the AUC."""
    names = [name for name in rows[0]["files"]["int8"]["changes"] if name not in ("auc", "false_negative_rate")]
    lines = [(m["model"], *(_signed(m["files"]["int8"]["changes"][name]) for name in names)) for m in rows]
    return table(("model", *(name.replace("_", " ") for name in names)), lines)


def _signed(change: dict[str, float], digits: int = 3) -> str:
    value, low, high = (f"{change[name]:+.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def learning_curves(rows: Runs) -> str:
    """Which epoch was kept of each pooled run, and its validation accuracy beside the printed one."""
    head = (
        "model",
        "epochs",
        "kept epoch",
        "validation loss",
        "validation accuracy",
        "printed",
        "last epoch's accuracy",
    )
    lines = []
    for m in rows:
        if m["protocol"] != "pooled":
            continue
        losses, accuracies = (list(map(float, m["history"][name])) for name in ("val_loss", "val_accuracy"))
        kept = int(np.argmin(losses))
        lines.append(
            (
                m["model"],
                f"{m['epochs_run']} / {m['epochs_published']}",
                kept + 1,
                f"{losses[kept]:.3f}",
                interval(m["metrics"]["validation"]["accuracy"]),
                f"{REFERENCE[m['model']].validation_accuracy:.4f}",
                f"{accuracies[-1]:.3f}",
            )
        )
    return table(head, lines)


def first_epochs(rows: Runs) -> str:
    """Validation loss after one epoch, with either kind of product, by seed."""
    kinds = ("float32", "bfloat16")
    places = sorted({(r["model"], r["protocol"], r["seed"]) for r in rows})
    losses = {(r["model"], r["protocol"], r["seed"], r["products"]): f"{r['val_loss']:.3f}" for r in rows}
    head = ("model", "protocol", "seed", *kinds)
    return table(head, [(*place, *(losses.get((*place, kind), "–") for kind in kinds)) for place in places])


def of_other_seeds(record: dict[str, Any]) -> str:
    """Test figures of the runs that differ in their seed alone, the published seed first."""
    seeds = record["other_seeds"]
    places = {(m["protocol"], m["model"]) for m in seeds}
    first = [m for m in record["models"] if (m["protocol"], m["model"]) in places]
    rows = sorted([*first, *seeds], key=lambda m: (m["protocol"], m["model"], m["seed"] != 42, m["seed"]))
    return _summaries(rows, "seed")


def earlier_runs(record: dict[str, Any]) -> str:
    """Test figures of the runs that longer ones replaced."""
    return _summaries(record["earlier_runs"], "augmentation")


def _summaries(rows: Runs, told: str) -> str:
    head = ("model", "protocol", told, "epochs", "AUC", *(side.replace("_", " ") for side in SIDES))
    lines = [
        (
            m["model"],
            m["protocol"],
            m[told],
            f"{m['epochs_run']} / {m['epochs_published']}",
            *(interval(m["metrics"]["test"][name]) for name in ("auc", *SIDES)),
        )
        for m in rows
    ]
    return table(head, lines)


def largest_fp32_change(rows: Runs) -> float:
    """The most that an fp32 file changes of any metric."""
    values = [change["value"] for m in rows for change in m["files"]["fp32"]["changes"].values()]
    return float(np.abs(values).max())
