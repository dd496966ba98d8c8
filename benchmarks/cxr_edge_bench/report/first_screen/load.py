"""How busy other programs kept the computer while times were taken, and what that does to them."""

from __future__ import annotations

from typing import Any

from cxr_edge_bench.report.figures import count

TIMED = ("latency", "peers", "processes", "limit")
"""Sections whose steps take times, which other programs can spoil."""
BUSY, SPOILED = 0.1, 0.5
"""Share of the processors from which on others spoil milliseconds, and ratios as well.

A tenth moves a median by about as much, and every runtime alike. With nine tenths of them taken, ratios of the same
two runtimes came out at 4 and at 22.
"""


def others_at_work(report: dict[str, Any]) -> float | None:
    """Processors that other programs kept busy while times were taken, on average; None if not known."""
    steps = [state for name, state in (report.get("steps") or {}).items() if name.split(":")[0] in TIMED]
    known = [(s["seconds"], s["cores_used_by_others"]) for s in steps if s.get("cores_used_by_others") is not None]
    seconds = sum(weight for weight, _ in known)
    return sum(weight * cores for weight, cores in known) / seconds if seconds else None


def spoiled(report: dict[str, Any]) -> bool:
    """Whether times of the report mean nothing."""
    return bool((others_at_work(report) or 0.0) > SPOILED * report["machine"]["cores"])


def load(report: dict[str, Any]) -> str:
    """What other programs used, and what that leaves to be trusted; without it the load average at the start."""
    cores, others = report["machine"]["cores"], others_at_work(report)
    if others is None:
        averages = [run["load_average"] for run in report.get("runs") or [] if run.get("load_average") is not None]
        return f"{averages[0]} programs wanted a processor at the start" if averages else "not recorded"
    text = f"other programs used {others:.1f} of {count(cores, 'core')}"
    if spoiled(report):
        return f"{text}: too busy, trust no time"
    return f"{text}: busy, so trust ratios, not milliseconds" if others > BUSY * cores else f"{text}: idle enough"
