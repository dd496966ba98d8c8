"""A report as JSON, as Markdown with charts beside it, and as a page that needs nothing beside itself."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jinja2

from cxr_edge_bench.report.measurements import errors
from cxr_edge_bench.report.report_sections import Section, sections
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.markdown import table

TEMPLATE = Path(__file__).with_name("template.html")


def write_report(report: dict[str, Any], out: Path) -> None:
    """``report.json``, ``report.md`` with its ``charts/``, and ``report.html`` in the folder `out`."""
    write_json(out / "report.json", report)
    found = list(sections(report))
    (out / "charts").mkdir(exist_ok=True)
    for file, svg in (pair for section in found for pair in _charts(section)):
        (out / file).write_text(svg, encoding="utf-8")
    (out / "report.md").write_text(markdown(report, found), encoding="utf-8")
    page = jinja2.Environment(autoescape=True).from_string(TEMPLATE.read_text(encoding="utf-8"))
    text = page.render(r=report, errors=errors(report), sections=[asdict(section) for section in found])
    (out / "report.html").write_text(text, encoding="utf-8")


def markdown(report: dict[str, Any], found: list[Section]) -> str:
    """The report as Markdown; its charts are files beside it."""
    parts = [
        f"# cxr-edge {report['version']}: benchmark report",
        f"{report['machine']['cpu']}. Films: {report['films']}.",
        "**FAILED**: " + "; ".join(report["failures"]) if report["failures"] else "All gates pass.",
    ]
    parts += [f"**Not measured**: {name}.\n\n```\n{reason}\n```" for name, reason in errors(report).items()]
    for section in found:
        parts.append(f"## {section.title}\n\n{section.text}")
        if section.rows:
            parts.append(table(section.head, section.rows))
        parts += [f"![{section.title}]({file})" for file, _ in _charts(section)]
    return "\n\n".join(parts) + "\n"


def _charts(section: Section) -> list[tuple[str, str]]:
    """Path below the report's folder, and SVG, of each chart of a section."""
    name = "-".join(re.findall("[a-z0-9]+", section.title.lower()))
    return [(f"charts/{name}-{number}.svg", svg) for number, svg in enumerate(section.charts, start=1)]
