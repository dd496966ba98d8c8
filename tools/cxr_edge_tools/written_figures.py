"""Figures in pages, written from the records instead of typed.

``python -m cxr_edge_tools.written_figures [--check] [PAGE …]`` fills what stands between ``<!-- figures: NAME -->`` and
``<!-- end -->`` in README.md and docs/*.md. NAME is one of `FIGURES`; what it asks for follows in the
marker, separated by ``|``::

    <!-- figures: test-table -->
    <!-- end -->
    The AUC is <!-- figures: interval default/evidence/test/metrics/auc | 2 --><!-- end -->.

Tables stand on lines of their own, single figures in the line. ``--check`` writes nothing, names every stale page and
ends with exit status 1 if there is one; 2 if a marker asks for what is not there.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from cxr_edge.results.whole_files import replacing
from cxr_edge_tools.figure_tables import FIGURES as OTHER_FIGURES
from cxr_edge_tools.lung_tables import LUNG_FIGURES

ROOT = Path(__file__).parents[2]
MARKED = re.compile(r"(<!-- figures: (?P<asked>.*?) -->).*?(<!-- end -->)", re.S)
FIGURES = {**OTHER_FIGURES, **LUNG_FIGURES}
OPEN, CLOSED = "<!-- figures: ", "<!-- end -->"


class WrongMarker(ValueError):
    """A marker that asks for a figure that does not exist, or that is not closed."""


def pages() -> list[Path]:
    """The pages whose figures are written."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def filled(text: str) -> str:
    """`text` of a page with today's figures between its markers.

    Raises:
        WrongMarker: it has a marker without end, or one that asks for an unknown figure.
    """
    if any(part.count(OPEN) > 1 for part in text.split(CLOSED)) or OPEN in text.rpartition(CLOSED)[2]:
        raise WrongMarker(f"found a `{OPEN}NAME -->` without an end; expected `{CLOSED}` behind each")
    return MARKED.sub(_filled_marker, text)


def _filled_marker(marker: re.Match[str]) -> str:
    name, _, rest = marker["asked"].strip().partition(" ")
    if name not in FIGURES:
        raise WrongMarker(f"found the figures {name}; expected one of {', '.join(FIGURES)}")
    arguments = [argument.strip() for argument in rest.split("|")] if rest else []
    try:
        figures = FIGURES[name](*arguments)
    except (KeyError, TypeError, OSError) as error:
        raise WrongMarker(f"figures {marker['asked']}: {error}") from error
    return f"{marker[1]}\n{figures}\n{marker[3]}" if "\n" in figures else f"{marker[1]}{figures}{marker[3]}"


def main(arguments: list[str] | None = None) -> int:
    """Fill the pages, or only compare; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if a page is stale")
    args = parser.parse_args(arguments)
    stale = 0
    for page in args.pages or pages():
        text = page.read_text(encoding="utf-8")
        try:
            new = filled(text)
        except WrongMarker as error:
            print(f"{page}: {error}", file=sys.stderr)
            return 2
        if new == text:
            continue
        stale += 1
        if args.check:
            print(f"{page}: found stale figures; write them with: python -m cxr_edge_tools.written_figures")
        else:
            with replacing(page) as file:
                file.write(new)
            print(f"wrote {page}")
    return int(args.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
