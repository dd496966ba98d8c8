"""All runs of the reference models in one record, and the page made from it.

``python -m cxr_edge_tools.reference_page [RUNS]``. With RUNS, which holds PROTOCOL/MODEL for every finished run (and
their ``export`` folders, and ``faults.json``), ``results/reference_models.json`` is written first. Then
``docs/reference_models.md`` and its plot are written from that record.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.markdown import interval, table
from cxr_edge_train.reference.collect import collect
from cxr_edge_train.reference.protocols import PROTOCOLS
from cxr_edge_train.reference.registry import REFERENCE

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "results/reference_models.json"
PAGE = ROOT / "docs/reference_models.md"
AGAIN = """A run, and what becomes of it here (a stopped one goes on; `--epochs` shortens it and is recorded):

```sh
cxr-edge train --model a1_baseline --protocol published --run runs/published/a1_baseline
cxr-edge export runs/published/a1_baseline
python -m cxr_edge_train.reference.faults runs/published runs/faults.json
python -m cxr_edge_tools.reference_page runs
```"""
SIDES = ("accuracy", "sensitivity", "specificity", "false_negative_rate")


def page(record: dict[str, Any]) -> str:
    """The Markdown page."""
    models = record["models"]
    parts = [
        "# The ten reference models\n\nTwo published notebooks, reproduced, evaluated on one threshold (0.5) with 95 % "
        "intervals (DeLong for AUC, Wilson for shares, bootstrap for the rest), exported and quantized. Written by "
        "`python -m cxr_edge_tools.reference_page` from `results/reference_models.json`, which has every figure.\n\n"
        "The films are 224 × 224 copies of the published ones, so an input of 240 pixels is an upscale. Films are "
        "resized by the one filter of this package (bilinear, antialiased); the notebooks did not antialias.",
        AGAIN,
    ]
    for protocol, title in TITLES.items():
        rows = [m for m in models if m["protocol"] == protocol]
        if rows:
            parts.append(f"## {title}\n\n{_performance(rows)}")
    parts.append(
        "“Within” means that the published figure lies in the interval around ours. Epochs: run / published; training "
        "that was shortened, or whose arithmetic was bfloat16, says so in the record.\n\n"
        f"{_shortcuts(models)}"
        "![ROC areas and accuracies](reference_models.png)"
    )
    exported = [m for m in models if m["files"]]
    if exported:
        parts.append(
            f"## Parity with the Keras originals, {TITLES['published'].lower()}\n\n{_parity(exported)}\n\n"
            "What the int8 file changes of the other metrics (paired, 95 % intervals). What fp32 changes most is "
            f"changed by {_largest_change(exported):.1e}.\n\n{_changes(exported)}"
        )
    if record["faults"]:
        parts.append(f"## The faults of the notebooks, shown and mended\n\n{_faults(record['faults'])}")
    return "\n\n".join(parts) + "\n"


def _shortcuts(models: Sequence[dict[str, Any]]) -> str:
    told = {
        f"{m['model']}: augmentation is {m['augmentation']}; not trained: {m['not_trained']}."
        for m in models
        if "not_trained" in m
    }
    return "".join(f"{text}\n\n" for text in sorted(told))


TITLES = {
    "published": "The published split (624 test films)",
    "pooled": "Pooled, as series A did: films of one patient on both sides",
    "pooled-grouped": "Pooled, with patients kept together",
}


def _performance(rows: Sequence[dict[str, Any]]) -> str:
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


def _parity(rows: Sequence[dict[str, Any]]) -> str:
    head = ("model", "file", "MB", "how", "max Δp", "mean Δp", "decisions changed of 624", "ΔAUC", "time / fp32", "use")
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


def _changes(rows: Sequence[dict[str, Any]]) -> str:
    names = [name for name in rows[0]["files"]["int8"]["changes"] if name not in ("auc", "false_negative_rate")]
    lines = [(m["model"], *(_signed(m["files"]["int8"]["changes"][name]) for name in names)) for m in rows]
    return table(("model", *(name.replace("_", " ") for name in names)), lines)


def _signed(change: dict[str, float], digits: int = 3) -> str:
    value, low, high = (f"{change[name]:+.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def _largest_change(rows: Sequence[dict[str, Any]]) -> float:
    values = [change["value"] for m in rows for change in m["files"]["fp32"]["changes"].values()]
    return float(np.abs(values).max())


def _faults(faults: dict[str, Any]) -> str:
    parts = []
    if faults.get("reshuffled labels"):
        rows = [
            (
                name,
                *(f"{found['published'][side]:.3f}" for side in SIDES[:3]),
                *(f"{found['labels reshuffled'][side]['mean']:.3f}" for side in SIDES[:3]),
                *(interval(found["right"][side]) for side in SIDES[:3]),
            )
            for name, found in faults["reshuffled labels"].items()
        ]
        head = ("model", *(f"{when}: {side}" for when in ("published", "reshuffled", "right") for side in SIDES[:3]))
        parts.append(
            "**Series B compares predictions with labels in another order**: its test set is reshuffled whenever it "
            "is read. The same predictions against labels in 200 random orders (mean), and in the right one:\n\n"
            + table(head, rows)
        )
    if faults.get("threshold 0.5 on logits"):
        rows = [
            (name, cut, *(interval(figures[side]) for side in SIDES[:3]))
            for name, found in faults["threshold 0.5 on logits"].items()
            for cut, figures in found.items()
        ]
        parts.append(
            "**B4 and B5 cut logits at 0.5**, which is a probability of 0.62:\n\n"
            + table(("model", "cut at", *SIDES[:3]), rows)
        )
    for name, found in faults.get("augmentation left on", {}).items():
        parts.append(
            f"**{name} is asked with its augmentation switched on.** {found['films']} test films, each scored "
            f"{found['passes']} times: standard deviation of the probability "
            f"{found['mean standard deviation of the probability']:.3f} on average, largest range "
            f"{found['largest range of the probability']:.2f}, films that get both decisions "
            f"{interval(found['films with both decisions'])}. Here it is off, and checked by a test."
        )
    if faults.get("other filters"):
        rows = [
            (name, filter_, f"{change['decisions changed']} of {found['films']}", f"{change['mean |Δp|']:.3f}",
             f"{change['max |Δp|']:.2f}")
            for name, found in faults["other filters"].items()
            for filter_, change in found.items()
            if isinstance(change, dict)
        ]  # fmt: skip
        parts.append(
            "**Series A's application resizes with another filter than training** (nearest; training had bilinear "
            "without antialiasing); films in their original size:\n\n"
            + table(("model", "filter", "decisions changed", "mean Δp", "max Δp"), rows)
        )
    return "\n\n".join(parts)


def plot(record: dict[str, Any], path: Path) -> None:
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


def main(runs: Path | None = None) -> None:
    """Collect if asked, then write the page."""
    if runs:
        write_json(RECORD, collect(runs))
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    PAGE.write_text(page(record), encoding="utf-8")
    plot(record, PAGE.with_suffix(".png"))
    print(f"wrote {PAGE} of {len(record['models'])} runs")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
