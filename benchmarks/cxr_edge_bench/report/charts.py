"""The charts of the report, as SVG text."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from cxr_edge_train.evaluation.statistics import Floats


def svg(figure: Figure) -> str:
    """The figure as an ``<svg>`` element, its text kept as text, without a date."""
    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "cxr-edge"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _figure(width: float = 9, height: float = 4) -> Figure:
    return Figure(figsize=(width, height), layout="constrained")


def latencies(rows: list[dict[str, Any]]) -> str:
    """Median, with the span to p99, of every stage and setting."""
    figure = _figure(9, 0.28 * len(rows) + 1.2)
    axis = figure.subplots()
    places = np.arange(len(rows))
    medians = np.array([row["median"] for row in rows])
    axis.barh(places, medians, color="#2b6f8f")
    above = np.array([row["p99"] for row in rows]) - medians
    axis.errorbar(medians, places, xerr=(np.zeros(len(rows)), above), fmt="none",
                  color="#333333", capsize=2)  # fmt: skip
    axis.set_yticks(places, [row["title"] for row in rows], fontsize=8)
    axis.invert_yaxis()
    axis.set(xlabel="milliseconds: median, and p99", title="Latency of each stage")
    axis.grid(axis="x", alpha=0.3)
    return svg(figure)


def distributions(peers: dict[str, Any]) -> str:
    """Times of every peer, on a logarithmic axis."""
    figure = _figure(9, 0.36 * len(peers) + 1.2)
    axis = figure.subplots()
    axis.boxplot(
        [row["milliseconds"] for row in peers.values()], orientation="horizontal", whis=(1, 99), showfliers=False
    )
    axis.set_yticks(range(1, len(peers) + 1), list(peers), fontsize=8)
    axis.invert_yaxis()
    axis.set(
        xscale="log", xlabel="milliseconds (whiskers: 1st to 99th percentile)", title="Every runtime, taking turns"
    )
    axis.grid(axis="x", alpha=0.3, which="both")
    return svg(figure)


def ratios(peers: dict[str, Any]) -> str:
    """Median of every peer over that of this package."""
    names = [name for name, row in peers.items() if row["ratio"] != 1.0]
    values = [peers[name]["ratio"] for name in names]
    figure = _figure(9, 0.32 * len(names) + 1.2)
    axis = figure.subplots()
    colours = ["#2b6f8f" if value >= 1 else "#b5541c" for value in values]
    bars = axis.barh(range(len(names)), values, color=colours)
    axis.bar_label(bars, [f"{value:.2f} ×" for value in values], padding=3, fontsize=8)
    axis.axvline(1, color="black", linewidth=1)
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.invert_yaxis()
    axis.margins(x=0.15)
    axis.set(xscale="log", xlabel="median time over that of cxr-edge (right of 1: slower)", title="Peers as ratios")
    return svg(figure)


def accuracy_and_latency(models: list[dict[str, Any]]) -> str:
    """AUC with interval against end-to-end time of the bundled models."""
    figure = _figure(6, 3.6)
    axis = figure.subplots()
    for model in models:
        e = model["auc"]
        axis.errorbar(model["median"], e["value"], yerr=[[e["value"] - e["low"]], [e["high"] - e["value"]]], fmt="o",
                      capsize=4, label=model["name"])  # fmt: skip
    axis.set(xlabel="end to end, milliseconds", ylabel="AUC, test films", title="Accuracy against latency")
    axis.set_xlim(0, 1.15 * max(model["median"] for model in models))
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    return svg(figure)


def scatter(name: str, p: Floats, reference: Floats, threshold: float) -> str:
    """Probability of the file against that of its Keras original."""
    figure = _figure(4.6, 4.4)
    axis = figure.subplots()
    axis.plot([0, 1], [0, 1], ":", color="grey")
    axis.plot(reference, p, ".", markersize=4, alpha=0.5)
    axis.axhline(threshold, color="#b5541c", linewidth=0.8)
    axis.axvline(threshold, color="#b5541c", linewidth=0.8, label="threshold")
    axis.set(xlabel="Keras original", ylabel="int8 file", title=f"{name}: {len(p)} films")
    axis.set_aspect("equal")
    axis.legend(fontsize=8)
    return svg(figure)


def roc_and_reliability(name: str, labels: Floats, p: Floats) -> str:
    """ROC with a bootstrap band, and the reliability curve."""
    figure = _figure(9, 4.2)
    roc, reliability = figure.subplots(1, 2)
    false, true, _ = roc_curve(labels, p)
    grid = np.linspace(0, 1, 101)
    rng = np.random.default_rng(0)
    samples = [rng.integers(0, len(p), len(p)) for _ in range(300)]
    curves = [np.interp(grid, *roc_curve(labels[s], p[s])[:2]) for s in samples]
    bands = np.quantile(curves, (0.025, 0.975), axis=0)
    roc.fill_between(grid, *bands, alpha=0.25, label="95 % of 300 bootstrap samples")
    roc.plot(false, true, label="test films")
    roc.set(xlabel="1 − specificity", ylabel="sensitivity", title=f"{name}: ROC", aspect="equal")
    roc.legend(fontsize=8, loc="lower right")
    bins = np.minimum((p * 10).astype(int), 9)
    used = [b for b in range(10) if (bins == b).any()]
    reliability.plot([0, 1], [0, 1], ":", color="grey")
    reliability.plot([p[bins == b].mean() for b in used], [labels[bins == b].mean() for b in used], "o-")
    for b in used:
        reliability.annotate(
            int((bins == b).sum()),
            (p[bins == b].mean(), labels[bins == b].mean()),
            textcoords="offset points", xytext=(6, -9), fontsize=7,
        )  # fmt: skip
    reliability.set(xlabel="probability", ylabel="share with pneumonia", title="Reliability")
    reliability.set_aspect("equal")
    return svg(figure)
