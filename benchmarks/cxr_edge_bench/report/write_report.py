"""A report as JSON, as Markdown with charts beside it, and as a page that needs nothing beside itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from cxr_edge_bench.report.charts.svg_text import standalone
from cxr_edge_bench.report.figures import INTERVAL, shown, times
from cxr_edge_bench.report.first_screen.facts import FirstScreen, first_screen
from cxr_edge_bench.report.markdown import chart_files, markdown
from cxr_edge_bench.report.measurements import errors
from cxr_edge_bench.report.sections.all_sections import sections
from cxr_edge_bench.report.sections.section import Section
from cxr_edge_train.data.records import write_json

TEMPLATES = Path(__file__).with_name("templates")


def write_report(report: dict[str, Any], out: Path) -> None:
    """``report.json``, ``report.md`` with its ``charts/``, and ``report.html`` in the folder `out`.

    Charts that an earlier report left in ``charts/`` are removed.
    """
    write_json(out / "report.json", report)
    first, found = first_screen(report), list(sections(report))
    charts = out / "charts"
    charts.mkdir(exist_ok=True)
    for old in charts.glob("*.svg"):
        old.unlink()
    for file, svg in (pair for section in found for pair in chart_files(section)):
        (out / file).write_text(standalone(svg), encoding="utf-8")
    (out / "report.md").write_text(markdown(first, found, errors(report)), encoding="utf-8")
    (out / "report.html").write_text(page(first, found, errors(report)), encoding="utf-8")


def page(first: FirstScreen, found: list[Section], failed: dict[str, str]) -> str:
    """The report as one HTML file."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "times": times}
    scale = max((group.longest for group in first.speed), default=1.0)
    return environment.get_template("report.html").render(
        f=first,
        sections=found,
        errors=failed,
        interval=INTERVAL,
        scale=scale,
        percent=lambda value, most: f"{100 * value / most:.2f}%",
    )
