"""What the report says, section by section, as tables and charts; made from its JSON alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_edge_bench.report import charts
from cxr_edge_train.evaluation.markdown import interval


@dataclass(frozen=True)
class Section:
    """A heading, a sentence, a table, charts as SVG."""

    title: str
    text: str
    head: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    charts: Sequence[str] = ()


def sections(report: dict[str, Any]) -> Iterator[Section]:
    """All sections that `report` has data for."""
    if report.get("parity"):
        yield _parity(report["parity"])
        yield from _performance(report)
    if report.get("latency"):
        yield _latency(report["latency"])
    for name, found in report.get("peers", {}).items():
        yield _peers(name, found)
    if report.get("processes"):
        yield from _processes(report["processes"], report["films"])
    if report.get("limit"):
        yield _limit(report["limit"])
    if report.get("other_cpus"):
        yield _other_cpus(report["other_cpus"])


def _parity(parity: dict[str, Any]) -> Section:
    rows, drawn = [], []
    for name, model in parity["models"].items():
        for part, row in model["parts"].items():
            auc = row.get("auc_difference")
            rows.append(
                (
                    f"{name}, {part}",
                    "; ".join(row["failures"]) or "pass",
                    str(row["films"]),
                    f"{row['max_difference']:.3f}",
                    f"{row['mean_difference']:.4f}",
                    str(row["decisions_changed"]),
                    interval(auc, 4) if auc else "–",
                    f"{row['mcnemar_p']:.2f}" if auc else "–",
                    interval(row["sensitivity_difference"]) if auc else "–",
                    interval(row["specificity_difference"]) if auc else "–",
                )
            )
        for part, (p, reference) in model["scatter"].items():
            threshold = model["threshold"]
            drawn.append(charts.scatter(f"{name}, {part}", np.array(p), np.array(reference), threshold))
    head = ("file", "gate", "films", "max Δp", "mean Δp", "decisions changed", "ΔAUC", "McNemar", "Δ sensitivity",
            "Δ specificity")  # fmt: skip
    text = (
        "Every shipped int8 file against its Keras original on the same films, file bytes to probability. The gates: "
        f"mean Δp ≤ {parity['gate']['mean_difference']}, decisions changed ≤ {parity['gate']['share_changed']:.1%}, "
        f"and an AUC loss of {parity['gate']['auc_loss']} excluded with 95 % confidence. Differences are paired."
    )
    return Section("Is it the same classifier?", text, head, rows, drawn)


def _performance(report: dict[str, Any]) -> Iterator[Section]:
    measured, drawn, rows = [], [], []
    for name, model in report["parity"]["models"].items():
        if "test" not in model["scatter"]:
            continue
        labels, p = np.array(model["labels"]["test"], float), np.array(model["scatter"]["test"][0])
        drawn.append(charts.roc_and_reliability(name, labels, p))
        metrics = report["metrics"][name]
        rows.append((name, *(interval(metrics[key]) for key in KEYS)))
        row = next((r for r in report.get("latency") or [] if _is_end_to_end(r, name)), None)
        if row:
            measured.append({"name": name, "auc": metrics["auc"], "median": row["median"]})
    if rows:
        if measured:
            drawn.insert(0, charts.accuracy_and_latency(measured))
        head = ("624 test films", *(key.replace("_", " ") for key in KEYS))
        text = "At the frozen threshold, with 95 % intervals (DeLong, Wilson, bootstrap). For its limits see the card."
        yield Section("How good is it?", text, head, rows, drawn)


KEYS = ("auc", "accuracy", "sensitivity", "specificity", "expected_calibration_error")


def _is_end_to_end(row: dict[str, Any], model: str) -> bool:
    return (row["stage"], row["model"], row.get("threads"), row.get("size")) == ("end to end", model, 1, "full-size")


def _latency(rows: list[dict[str, Any]]) -> Section:
    titled = [{**row, "title": _title(row)} for row in rows]
    table = [(row["title"], *(f"{row[key]:.2f}" for key in ("median", "p90", "p99"))) for row in titled]
    text = "Each stage by itself, another film each round, after warm-ups. Full-size is about 1,400 × 1,000 pixels."
    return Section(
        "How fast is each stage?", text, ("stage", "median ms", "p90", "p99"), table, [charts.latencies(titled)]
    )


def _title(row: dict[str, Any]) -> str:
    parts = [row["model"], row["stage"], row.get("size", "")]
    parts += [f"batch {row['batch']}"] if "batch" in row else []
    parts += [f"{row['threads']} thread{'s' * (row['threads'] > 1)}"] if "threads" in row else []
    return ", ".join(part for part in parts if part)


def _peers(name: str, found: dict[str, Any]) -> Section:
    rows = [
        (peer, f"{row['median']:.2f}", f"{row['p90']:.2f}", f"{row['ratio']:.2f}", str(row["films"]), row["settings"])
        for peer, row in found["peers"].items()
    ]
    text = (
        f"The network of {name} on {found['films']}, one thread each, taking turns (weights: {found['weights']}). The "
        "ratio is a peer's median over that of cxr-edge: above 1, the peer is slower. “End to end” is from file bytes."
    )
    if found.get("left_out"):
        text += f" Left out, since they are not installed: {', '.join(found['left_out'])}."
    head = ("runtime", "median ms", "p90", "ratio", "films", "settings")
    return Section(
        f"How fast are the others? {name}",
        text,
        head,
        rows,
        [charts.ratios(found["peers"]), charts.distributions(found["peers"])],
    )


def _processes(found: dict[str, Any], films: str) -> Iterator[Section]:
    if "cold start" in found:
        ours = found["cold start"]["cxr-edge"]
        rows = [
            (name, f"{row['seconds']:.2f}", f"{row['seconds'] / ours['seconds']:.1f}",
             f"{row['peak_bytes'] / 2**20:.0f}", f"{row['peak_bytes'] / ours['peak_bytes']:.1f}")
            for name, row in found["cold start"].items()
        ]  # fmt: skip
        head = ("process start → first answer → exit", "seconds", "ratio", "peak MiB", "ratio")
        yield Section("Cold start and memory", f"Medians of whole processes, one film each ({films}).", head, rows)
    if "bytes" in found:
        sizes = [(name, f"{size / 1e6:,.2f}") for name, size in found["bytes"].items()]
        yield Section("Size", "As installed here.", ("what", "MB"), sizes)
    if "scale" in found:
        runs = [
            (f"{row['films']:,} films, {row['workers']} worker{'s' * (row['workers'] > 1)}",
             f"{row['films_per_second']:.0f}", f"{row['peak_bytes'] / 2**20:.0f}")
            for row in found["scale"]
        ]  # fmt: skip
        yield Section("Scale", "Full-size films, bytes to decision.", ("run", "films / s", "peak MiB"), runs)


def _limit(found: dict[str, Any]) -> Section:
    rows = [
        (stage, f"{row['milliseconds']:.2f}", f"{row['limit']:.2f}" if row["limit"] else "–",
         f"{row['times_above']:.1f} ×" if row["times_above"] else "–")
        for stage, row in found["stages"].items()
    ]  # fmt: skip
    rates, work = found["multiply_adds_per_second"], found["multiply_adds"]
    text = (
        f"{found['model']}: decoding against the JPEG decoder alone; inference against {work['int8'] / 1e6:.1f} "
        f"million int8 and {work['float32'] / 1e6:.1f} million float32 multiply-adds at this CPU's measured peak "
        f"({rates['int8'] / 1e9:.0f} and {rates['float32'] / 1e9:.0f} billion a second)."
    )
    return Section("How far from the limit?", text, ("stage", "ms", "limit, ms", "above it"), rows)


def _other_cpus(found: dict[str, Any]) -> Section:
    rows = []
    for name, model in found.items():
        for cpu, row in model["cpus"].items():
            if "skipped" in row:
                rows.append((f"{name}, {cpu}", "skipped", row["skipped"], "–"))
            else:
                rows.append((f"{name}, {cpu}", str(model["films"]), f"{row['max_difference']:.3g}",
                             str(row["decisions_changed"])))  # fmt: skip
    text = "The same pixels scored under emulation, against this computer. Right for answers, not for times."
    return Section("Other CPUs", text, ("file, CPU", "films", "max Δp", "decisions changed"), rows)
