"""What the charts show. Each is narrow enough to be read on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter
from sklearn.metrics import roc_curve

from cxr_edge_bench.report.charts.equal_mass import Bin
from cxr_edge_bench.report.charts.svg_text import INK, LINE, MARK, OTHER, OURS, QUIET, STYLE, svg
from cxr_edge_train.evaluation.statistics import Floats

Parameters = ParamSpec("Parameters")
WIDE, SQUARE = 4.7, 3.25
"""Inches, 96 pixels each: one fills a phone and a column, two squares stand beside each other in a column."""


def _chart(draw: Callable[Parameters, tuple[Figure, str]]) -> Callable[Parameters, str]:
    """From a function that gives a figure and what it shows to one that gives SVG."""

    @wraps(draw)
    def drawn(*args: Parameters.args, **kwargs: Parameters.kwargs) -> str:
        with rc_context(STYLE):
            return svg(*draw(*args, **kwargs))

    return drawn


def _figure(height: float, width: float = WIDE) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _rows(axis: Axes, names: Sequence[str]) -> None:
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", linewidth=0.6)
    axis.set_axisbelow(True)


@_chart
def stages(rows: list[dict[str, Any]]) -> tuple[Figure, str]:
    """Median and 90th percentile of each stage of one full-size film; rows have title, median, p90."""
    figure, axis = _figure(0.27 * len(rows) + 0.9)
    medians = np.array([row["median"] for row in rows])
    axis.barh(range(len(rows)), medians, color=OURS, height=0.62)
    above = np.array([row["p90"] for row in rows]) - medians
    axis.errorbar(medians, range(len(rows)), xerr=(np.zeros(len(rows)), np.maximum(above, 0)), fmt="none", ecolor=INK,
                  elinewidth=1, capsize=2)  # fmt: skip
    _rows(axis, [row["title"] for row in rows])
    axis.set(xlabel="milliseconds: median, and 90th percentile")
    return figure, "Milliseconds of each stage of one full-size film."


@_chart
def peers(model: str, rows: dict[str, Floats], limits: dict[str, float]) -> tuple[Figure, str]:
    """Times of every runtime over the median of cxr-edge, on a logarithmic axis.

    Args:
        model: its name.
        rows: by runtime, ratios, one of each round.
        limits: by runtime beside which it is drawn, the least ratio that this processor allows.
    """
    figure, axis = _figure(0.27 * len(rows) + 1.0)
    parts = axis.boxplot(list(rows.values()), positions=range(len(rows)), orientation="horizontal", whis=(5, 95),
                         showfliers=False, widths=0.55, patch_artist=True)  # fmt: skip
    for box, name in zip(parts["boxes"], rows, strict=True):
        box.set(facecolor=OURS if "cxr-edge" in name else LINE, edgecolor=QUIET, linewidth=0.8)
    for line in (*parts["whiskers"], *parts["caps"], *parts["medians"]):
        line.set(color=INK, linewidth=1)
    for name, limit in limits.items():
        place = list(rows).index(name)
        axis.plot([limit] * 2, [place - 0.45, place + 0.45], color=MARK, linewidth=2, solid_capstyle="butt")
    axis.axvline(1, color=OURS, linewidth=1)
    _rows(axis, list(rows))
    axis.set(xscale="log", xlabel="time over the median of cxr-edge")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    return figure, f"{model}: times of every runtime as ratios to cxr-edge."


@_chart
def accuracy_and_time(models: list[dict[str, Any]]) -> tuple[Figure, str]:
    """AUC with interval against the time of one film; rows have name, auc, median."""
    figure, axis = _figure(SQUARE + 0.15, SQUARE)
    for model in models:
        e = model["auc"]
        axis.errorbar(model["median"], e["value"], yerr=[[e["value"] - e["low"]], [e["high"] - e["value"]]], fmt="o",
                      color=OURS, ecolor=QUIET, capsize=3)  # fmt: skip
        axis.annotate(
            model["name"], (model["median"], e["value"]), textcoords="offset points", xytext=(7, 4), fontsize=8
        )
    axis.set(xlabel="milliseconds, file to decision", ylabel="AUC", title="AUC against time")
    axis.set_xlim(0, 1.3 * max(model["median"] for model in models))
    axis.grid(linewidth=0.6)
    return figure, "AUC with its interval against the time of one film, per model."


@_chart
def agreement(name: str, p: Floats, reference: Floats, threshold: float) -> tuple[Figure, str]:
    """Probability of the file against that of its Keras original, a point for each film; both [N]."""
    figure, axis = _figure(SQUARE + 0.15, SQUARE)
    axis.plot([0, 1], [0, 1], color=LINE, linewidth=1)
    axis.axhline(threshold, color=MARK, linewidth=0.9)
    axis.axvline(threshold, color=MARK, linewidth=0.9, label="threshold")
    # A line of no length with round ends is a dot: one path for all films, where markers are an element for each.
    places = np.repeat(np.column_stack([reference, p]), 2, axis=0)
    dots = Path(places, np.tile([Path.MOVETO, Path.LINETO], len(p)))
    axis.add_patch(PathPatch(dots, edgecolor=OURS, facecolor="none", linewidth=3.2, alpha=0.75, capstyle="round"))
    changed = (p >= threshold) != (reference >= threshold)
    axis.plot(reference[changed], p[changed], "o", markersize=8, markerfacecolor="none", markeredgecolor=MARK,
              linestyle="none", label="decided otherwise")  # fmt: skip
    axis.set(xlabel="p of the Keras original", ylabel="p of the int8 file", title=name, aspect="equal")
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axis.legend(loc="upper left")
    return figure, f"{name}: probability of the int8 file against its original, {int(changed.sum())} decided otherwise."


@_chart
def roc(curves: dict[str, tuple[Floats, Floats, float]]) -> tuple[Figure, str]:
    """ROC of every model with a bootstrap band; by model: labels [N], probabilities [N], threshold."""
    figure, axis = _figure(SQUARE + 0.15, SQUARE)
    grid = np.linspace(0, 1, 101)
    for (name, (labels, p, threshold)), colour in zip(curves.items(), _colours(len(curves)), strict=True):
        rng = np.random.default_rng(0)
        samples = [rng.integers(0, len(p), len(p)) for _ in range(300)]
        drawn = [np.interp(grid, *roc_curve(labels[s], p[s])[:2]) for s in samples]
        axis.fill_between(grid, *np.quantile(drawn, (0.025, 0.975), axis=0), alpha=0.15, color=colour, linewidth=0)
        axis.plot(*roc_curve(labels, p)[:2], color=colour, linewidth=1.4, label=name)
        referred = p >= threshold
        axis.plot(referred[labels == 0].mean(), referred[labels == 1].mean(), "o", color=colour, markersize=5)
    axis.set(xlabel="1 − specificity", ylabel="sensitivity", title="ROC", aspect="equal")
    axis.grid(linewidth=0.6)
    axis.legend(loc="lower right")
    return figure, "ROC curves of the models with 95 % bands; a dot marks the threshold."


def _colours(number: int) -> list[str]:
    return [OURS, MARK, OTHER, QUIET, INK][:number] + [QUIET] * (number - 5)


@_chart
def reliability(name: str, bins: list[Bin]) -> tuple[Figure, str]:
    """Share of the sick among films of neighbouring probability, with interval, and the bin's span."""
    figure, axis = _figure(SQUARE + 0.15, SQUARE)
    axis.plot([0, 1], [0, 1], color=QUIET, linewidth=0.9, linestyle="--", label="perfect")
    x, y = [b.mean for b in bins], [b.sick.value for b in bins]
    spans = np.array([(b.mean - b.low, b.high - b.mean) for b in bins]).T
    above = np.array([(b.sick.value - b.sick.low, b.sick.high - b.sick.value) for b in bins]).T
    axis.errorbar(x, y, xerr=spans, yerr=above, fmt="o", color=OURS, ecolor=OURS, elinewidth=1, capsize=2, markersize=5,
                  label=f"{min(b.films for b in bins)} films or more")  # fmt: skip
    axis.set(
        xlabel="predicted probability", ylabel="share with pneumonia", title=f"Reliability of {name}", aspect="equal"
    )
    axis.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    axis.grid(linewidth=0.6)
    axis.legend(loc="upper left")
    return figure, f"{name}: share with pneumonia against the predicted probability, in {len(bins)} bins of equal mass."
