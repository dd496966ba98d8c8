"""ROC with operating points, reliability and decision curve, as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from cxr_edge_bench.evidence.film_scores import ScoredFilms


def plot_evidence(title: str, test: ScoredFilms, record: dict[str, Any], path: Path) -> None:
    """Write the picture of `record`, which `on_test_films.on_test` made of the scored films `test`, to `path`."""
    figure = Figure(figsize=(13.5, 4.4), layout="constrained")
    roc, reliability, benefit = figure.subplots(1, 3)
    _plot_roc(roc, test, record)
    roc.set_title(f"{title}: ROC, {len(test.films)} test films")
    _plot_reliability(reliability, record["reliability"])
    _plot_benefit(benefit, record["decision curve"])
    for axis in figure.axes:
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=110)


def _plot_roc(axis: Axes, test: ScoredFilms, record: dict[str, Any]) -> None:
    false, true, _ = roc_curve(test.labels, test.p)
    area = record["metrics"]["auc"]
    axis.plot(false, true, label=f"AUC {area['value']:.3f} [{area['low']:.3f}, {area['high']:.3f}]")
    for name, point in record["operating points"].items():
        x, y = (point[side] for side in ("specificity", "sensitivity"))
        axis.errorbar(
            1 - x["value"],
            y["value"],
            xerr=[[x["high"] - x["value"]], [x["value"] - x["low"]]],
            yerr=[[y["value"] - y["low"]], [y["high"] - y["value"]]],
            fmt="o",
            capsize=3,
            label=f"threshold for {name}",
        )
    axis.set(xlabel="1 − specificity", ylabel="sensitivity")
    axis.legend(loc="lower right", fontsize=8)


def _plot_reliability(axis: Axes, bins: list[dict[str, Any]]) -> None:
    observed = [row["pneumonia"] for row in bins]
    axis.plot([0, 1], [0, 1], ":", color="grey")
    axis.errorbar(
        [row["mean probability"] for row in bins],
        [o["value"] for o in observed],
        yerr=[[o["value"] - o["low"] for o in observed], [o["high"] - o["value"] for o in observed]],
        fmt="o-",
        capsize=3,
    )
    for row in bins:
        axis.annotate(
            row["films"],
            (row["mean probability"], row["pneumonia"]["value"]),
            textcoords="offset points",
            xytext=(7, -10),
            fontsize=7,
        )
    axis.set(xlabel="probability", ylabel="share with pneumonia", title="reliability (films per bin)")


def _plot_benefit(axis: Axes, curve: list[dict[str, float]]) -> None:
    at = [row["threshold"] for row in curve]
    axis.plot(at, [row["model"] for row in curve], label="the model")
    axis.plot(at, [row["refer all"] for row in curve], "--", label="refer all")
    axis.axhline(0, color="grey", linestyle=":", label="refer none")
    axis.set(xlabel="probability at which one refers", ylabel="net benefit per film", title="decision curve")
    axis.set_ylim(-0.1, None)
    axis.legend(fontsize=8)
