"""May this tag be released? It must be the version, and the changelog must say what the version brings.

``python -m cxr_edge_tools.check_release TAG [--notes FILE]``. TAG is ``v`` and the version of the package; CHANGELOG.md
must have a section ``## VERSION – YYYY-MM-DD`` with text. ``--notes`` writes that text, for the page of the release.
Exit status 1 if anything is wrong, with every reason.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import cxr_edge

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
HEADING = re.compile(r"^## (?P<version>\S+) – (?P<date>.+)$", re.M)


def problems(tag: str, version: str, changelog: str) -> list[str]:
    """Why `tag` may not be released as `version`, in words; empty if it may."""
    found = []
    if tag != f"v{version}":
        found.append(f"found the tag {tag}; expected v{version}, the version of the package")
    date = next((heading["date"] for heading in HEADING.finditer(changelog) if heading["version"] == version), None)
    if date is None:
        found.append(f"CHANGELOG.md: found no section for {version}; expected ## {version} – YYYY-MM-DD")
    elif not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
        found.append(f"CHANGELOG.md: found {version} – {date}; expected the day of the release, YYYY-MM-DD")
    elif not notes(version, changelog):
        found.append(f"CHANGELOG.md: found nothing below {version}; expected what it brings")
    return found


def notes(version: str, changelog: str) -> str:
    """What the changelog says of `version`, without its heading; empty if nothing."""
    parts = HEADING.split(changelog)  # text, then version, date, text, …
    return {parts[i]: parts[i + 2] for i in range(1, len(parts), 3)}.get(version, "").strip()


def main(arguments: list[str] | None = None) -> int:
    """Print what is wrong, or write the notes; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tag")
    parser.add_argument("--notes", type=Path, metavar="FILE")
    args = parser.parse_args(arguments)
    changelog = CHANGELOG.read_text(encoding="utf-8")
    found = problems(args.tag, cxr_edge.__version__, changelog)
    for problem in found:
        print(problem, file=sys.stderr)
    if args.notes and not found:
        args.notes.write_text(notes(cxr_edge.__version__, changelog) + "\n", encoding="utf-8")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
