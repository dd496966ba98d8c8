"""The report as Markdown that reads well as a job summary: the first screen as a table, charts folded away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxr_edge_bench.report.figures import INTERVAL, shown, times
from cxr_edge_bench.report.first_screen.facts import FirstScreen
from cxr_edge_bench.report.first_screen.speed import Bar, Bars
from cxr_edge_bench.report.sections.section import Section
from cxr_edge_train.evaluation.markdown import table

LONGEST = 24
"""Blocks of the longest bar."""


def markdown(first: FirstScreen, found: Sequence[Section], errors: dict[str, str]) -> str:
    """The whole file; charts are expected at `chart_files`, beside it."""
    parts = [
        f"# {first.title}",
        f"{first.subject} {first.run} {INTERVAL}",
        *(f"**{_plain(problem)}**" for problem in first.problems),
    ]
    parts += [_table(("question", "answer"), list(_answers(first)))]
    parts += [_bars(first.speed)] if first.speed else []
    parts += ["**Contents**: " + " · ".join(f"[{section.title}](#{_github_anchor(section)})" for section in found)]
    parts += [f"**Not measured**: {_plain(name)}.\n\n```\n{reason}\n```" for name, reason in errors.items()]
    for section in found:
        parts.append(f"## {section.title}\n\n{_plain(section.text)}")
        parts += [_table(found.head, found.rows) for found in section.tables]
        images = "\n".join(f"![{section.title}]({file})" for file, _ in chart_files(section))
        parts += ["<details><summary>Charts</summary>", images, "</details>"] if images else []
    return "\n\n".join(parts) + "\n"


def chart_files(section: Section) -> list[tuple[str, str]]:
    """Path below the report's folder, and SVG, of each chart of a section."""
    return [(f"charts/{section.anchor}-{n}.svg", svg) for n, svg in enumerate(section.charts, start=1)]


def _answers(first: FirstScreen) -> Iterator[tuple[str, str]]:
    yield "Does it answer as the original?", f"**{first.same.word}.** {first.same.text} {first.same.more}"
    yield "How fast is it here?", f"**{first.fast.word}**: {first.fast.text} {first.fast.more}"
    good = "; ".join(f"**{name} {shown(figure)}** ({meaning})" for name, meaning, figure in first.good)
    yield "How good is it?", f"{good}. {first.films}" if good else first.films
    yield "For whom is it not?", " ".join(first.not_for)
    yield "What was measured, when, where?", " · ".join(f"{name}: {text}" for name, text in first.made.items())


def _bars(groups: Sequence[Bars]) -> str:
    """Time as a ratio to cxr-edge, in blocks."""
    scale = max(group.longest for group in groups)
    rows: list[tuple[str, str, str]] = []
    for group in groups:
        rows.append((f"**{group.title}**", "", ""))
        rows += [(_name(row), _blocks(row.ratio.value, scale) if row.ratio else "", _ratio(row)) for row in group.rows]
        if group.limit:
            rows.append(
                ("the shortest time that this processor allows", _blocks(group.limit, scale), f"{group.limit:.2f} ×")
            )
    return _table(("time, where cxr-edge takes 1", "shorter is faster", ""), rows)


def _blocks(ratio: float, scale: float) -> str:
    return "█" * max(1, round(LONGEST * ratio / scale))


def _name(row: Bar) -> str:
    return f"{row.name} ({row.note})" if row.ratio and row.note else row.name


def _ratio(row: Bar) -> str:
    if row.ours:
        return "1"
    return times(row.ratio) if row.ratio else row.note


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return table([_plain(cell) for cell in head], [[_plain(cell) for cell in row] for row in rows])


def _plain(text: str) -> str:
    """As it is, whatever it holds: no HTML, no end of a cell."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def _github_anchor(section: Section) -> str:
    """What GitHub calls a heading."""
    return "".join(c for c in section.title.lower().replace(" ", "-") if c.isalnum() or c in "-_")
