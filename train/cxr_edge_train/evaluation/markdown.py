"""Tables and figures with intervals, as the written pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def interval(e: Mapping[str, float], digits: int = 3) -> str:
    """An `Estimate` as a dictionary: value, and its 95 % interval in brackets."""
    return f"{e['value']:.{digits}f} [{e['low']:.{digits}f}, {e['high']:.{digits}f}]"


def percent(e: Mapping[str, float]) -> str:
    """A share likewise, in percent."""
    return f"{100 * e['value']:.1f} % [{100 * e['low']:.1f}, {100 * e['high']:.1f}]"
