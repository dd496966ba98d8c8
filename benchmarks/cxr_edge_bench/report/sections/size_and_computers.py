"""What it costs to start, to hold and to install it, and what it does on other computers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cxr_edge_bench.report.figures import count
from cxr_edge_bench.report.sections.section import Section, Table


def processes(found: dict[str, Any], films: str) -> Iterator[Section]:
    """Whole processes, sizes on disk, many films."""
    if "cold start" in found:
        ours = found["cold start"]["cxr-edge"]
        rows = [
            (name, f"{row['seconds'] / ours['seconds']:.1f} ×", f"{row['seconds']:.2f} s",
             f"{row['peak_bytes'] / ours['peak_bytes']:.1f} ×", f"{row['peak_bytes'] / 2**20:.0f} MiB")
            for name, row in found["cold start"].items()
        ]  # fmt: skip
        head = ("process", "time, × cxr-edge", "time", "memory, × cxr-edge", "memory")
        text = f"From the start of a process to its first answer and its end, one film each ({films}): medians."
        yield Section("Cold start and memory", text, [Table(head, rows)])
    if "bytes" in found:
        sizes = [(name, f"{size / 1e6:,.2f} MB") for name, size in found["bytes"].items()]
        yield Section("Size", "As installed here.", [Table(("what", "size"), sizes)])
    if "scale" in found:
        runs = [
            (f"{count(row['films'], 'film')}, {count(row['workers'], 'worker')}", f"{row['films_per_second']:.0f}",
             f"{row['peak_bytes'] / 2**20:.0f} MiB")
            for row in found["scale"]
        ]  # fmt: skip
        yield Section(
            "Scale", "Full-size films, bytes to decision.", [Table(("run", "films a second", "memory"), runs)]
        )


def other_cpus(found: dict[str, Any]) -> Section:
    """Answers under emulation."""
    rows = []
    for name, model in found.items():
        for cpu, row in model["cpus"].items():
            if "skipped" in row:
                rows.append((f"{name}: {cpu}", "skipped", row["skipped"], "–"))
            else:
                rows.append((f"{name}: {cpu}", str(model["films"]), str(row["decisions_changed"]),
                             f"{row['max_difference']:.3f}"))  # fmt: skip
    text = "The same pixels scored under emulation, against this computer. Right for answers, not for times."
    return Section("Other CPUs", text, [Table(("file: CPU", "films", "decisions changed", "largest Δp"), rows)])


def details(report: dict[str, Any]) -> Section:
    """Everything about the computer and the run that the first screen has no room for."""
    names = {"instruction_sets": "instruction sets", "ai-edge-litert": "LiteRT"}
    machine = [
        (names.get(name, name), " ".join(value) if isinstance(value, list) else str(value))
        for name, value in report["machine"].items()
        if value is not None
    ]
    tables = [Table(("computer", ""), machine)]
    tables.append(
        Table(("model", "sha256"), [(n, value[:16] + "…") for n, value in (report.get("models") or {}).items()])
    )
    steps = [
        (
            name,
            f"{state['seconds']:.0f} s",
            "–" if (used := state.get("cores_used_by_others")) is None else f"{used:.1f}",
        )
        for name, state in (report.get("steps") or {}).items()
    ]
    tables.append(Table(("step", "took", "cores used by others"), steps))
    text = "What the times depend on. A time is worth little where other programs used many of the cores."
    return Section("Computer and run", text, [table for table in tables if table.rows])
