"""Is it the same classifier, and how good is it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cxr_edge.calibration.intervals import proportion
from cxr_edge_bench.report.charts import charts
from cxr_edge_bench.report.charts.equal_mass import equal_mass_bins
from cxr_edge_bench.report.figures import estimate, shown
from cxr_edge_bench.report.sections.section import Section, Table

METRICS = {
    "auc": "AUC",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "expected_calibration_error": "expected calibration error",
}
PAIRED = ("sensitivity_difference", "specificity_difference")


def same_classifier(parity: dict[str, Any]) -> Section:
    """Every shipped file against its Keras original."""
    first, second, drawn = [], [], []
    for name, model in parity["models"].items():
        for part, row in model["parts"].items():
            films, changed = f"{name}: {row['films']} {_of(part)}", proportion(row["decisions_changed"], row["films"])
            verdict = "; ".join(row["failures"]) or "pass"
            counted = f"{row['decisions_changed']}, a share of {shown(changed)}"
            first.append((films, verdict, counted, f"{row['mean_difference']:.4f} ({row['max_difference']:.3f})"))
            if "auc_difference" in row:
                auc = shown(estimate(row["auc_difference"]), 4, signed=True)
                others = (shown(estimate(row[key]), signed=True) for key in PAIRED)
                second.append((films, auc, *others))
        for part, (p, reference) in model["scatter"].items():
            title = f"{name}: {len(p)} {_of(part)}"
            drawn.append(charts.agreement(title, np.array(p), np.array(reference), model["threshold"]))
    gate = parity["gate"]
    text = (
        "Every shipped int8 file against the Keras network that it was made from: the same films, from the bytes of "
        f"the file to the probability p. To pass, at most {gate['share_changed'] * 100:.1f} % of the decisions may "
        f"change, p may move by {gate['mean_difference']} on average, and an AUC loss of {gate['auc_loss']} must be "
        "outside the interval. Differences are paired: file minus original."
    )
    tables = [Table(("films", "gate", "decisions changed", "mean Δp (largest)"), first)]
    if second:
        tables.append(Table(("films", "ΔAUC", "Δ sensitivity", "Δ specificity"), second))
    return Section("Is it the same classifier?", text, tables, drawn)


def _of(part: str) -> str:
    return {"phantoms": "drawn films"}.get(part, f"{part} films")


def how_good(report: dict[str, Any]) -> Iterator[Section]:
    """Figures of every model that was measured on the test films."""
    metrics, models, drawn = report.get("metrics") or {}, report["parity"]["models"], []
    scored = {
        name: (np.array(models[name]["labels"]["test"], float), np.array(models[name]["scatter"]["test"][0]))
        for name in metrics
    }
    if not scored:
        return
    drawn.append(charts.roc({name: (*found, models[name]["threshold"]) for name, found in scored.items()}))
    for name, (labels, p) in scored.items():
        bins = equal_mass_bins(labels, p)
        drawn += [charts.reliability(name, bins)] if bins else []
    timed = [
        {"name": row["model"], "auc": metrics[row["model"]]["auc"], "median": row["median"]}
        for row in report.get("latency") or []
        if row["model"] in metrics and whole_film(row)
    ]
    drawn += [charts.accuracy_and_time(timed)] if timed else []
    first = next(iter(metrics.values()))
    text = (
        f"{first['films']} test films, {first['pneumonia']} of them with pneumonia. Decisions are counted at each "
        "model's own threshold, even where the program says “review”. Intervals are of 95 %: DeLong's for the AUC, "
        "Wilson's for shares, bootstrap for the calibration error. The reliability charts have as many films in each "
        "bin."
    )
    rows = [(title, *(shown(estimate(m[key])) for m in metrics.values())) for key, title in METRICS.items()]
    tables = [Table(("", *metrics), rows)]
    default, (labels, p) = next(iter(scored.items()))
    if bins := equal_mass_bins(labels, p):
        told = [(f"{b.low:.3f} to {b.high:.3f}", str(b.films), f"{b.mean:.3f}", shown(b.sick)) for b in bins]
        tables.append(Table((f"probability by {default}", "films", "mean", "share with pneumonia"), told))
    yield Section("How good is it?", text, tables, drawn)


def whole_film(row: dict[str, Any]) -> bool:
    """Whether a row of ``latency`` is the way from a full-size file to the decision on one thread."""
    return (row["stage"], row.get("threads"), row.get("size")) == ("end to end", 1, "full-size")
