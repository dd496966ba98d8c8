"""What a section is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A head, and rows of as many cells; few columns, since phones and job summaries are narrow."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Section:
    """A question, a text that says how to read what follows, tables, and charts as SVG."""

    title: str
    text: str
    tables: Sequence[Table] = ()
    charts: Sequence[str] = ()

    @property
    def anchor(self) -> str:
        """Name for links within the page and for files: lower-case words with hyphens."""
        return "-".join(re.findall("[a-z0-9]+", self.title.lower()))
