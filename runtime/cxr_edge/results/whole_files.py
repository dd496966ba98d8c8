"""Files that are there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text file that takes the place of `path` once it is written: a kill leaves the old one or the new one.

    Characters that are no text, as in file names, are written as backslash escapes; line ends as they are given.

    Raises:
        OSError: it cannot be written; the old one stays, and nothing is left beside it.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="", errors="backslashreplace") as file:
            yield file
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
