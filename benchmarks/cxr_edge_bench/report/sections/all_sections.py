"""All sections that a report has results for, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cxr_edge_bench.report.sections import same_and_good, size_and_computers, speed
from cxr_edge_bench.report.sections.section import Section


def sections(report: dict[str, Any]) -> Iterator[Section]:
    """From the classifier's answers to the computer's details."""
    if report.get("parity"):
        yield same_and_good.same_classifier(report["parity"])
        yield from same_and_good.how_good(report)
    for name in report.get("peers") or {}:
        yield speed.others(report, name)
    if report.get("latency"):
        yield speed.stages(report["latency"])
    if report.get("limit"):
        yield speed.limit(report["limit"])
    if counted := speed.instructions(report.get("instructions") or {}):
        yield counted
    if report.get("processes"):
        yield from size_and_computers.processes(report["processes"], report["films"])
    if report.get("other_cpus"):
        yield size_and_computers.other_cpus(report["other_cpus"])
    yield size_and_computers.details(report)
