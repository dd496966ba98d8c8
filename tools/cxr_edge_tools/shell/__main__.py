"""``python -m cxr_edge_tools.shell [--check]``: completions and the manual page, written again or compared.

They are files of the wheel, so that the runtime needs no package to make them. A page is dated by the day on which its
words last changed. Exit status 1 if ``--check`` finds that they are not those of the parser.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone
from pathlib import Path

from cxr_edge_tools.shell.completions import SHELLS, completion
from cxr_edge_tools.shell.manual_page import FILE, date_of, manual_page
from cxr_edge_tools.shell.whole_parser import whole_parser

SHARE = Path(__file__).parents[3] / "runtime/share"


def made(date: str) -> dict[Path, str]:
    """All files below `SHARE`, with the page dated `date`."""
    files = {SHARE / file: completion(whole_parser(), shell) for shell, file in SHELLS.items()}
    return {**files, SHARE / FILE: manual_page(whole_parser(), date)}


def stale() -> list[Path]:
    """Files that are not there or not what the parser gives."""
    page = _text(SHARE / FILE)
    return [file for file, text in made(date_of(page)).items() if _text(file) != text]


def main(arguments: list[str] | None = None) -> int:
    """Write or compare; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args(arguments).check
    old = stale()
    today = datetime.now(timezone.utc).date().isoformat()
    for file in old:
        print(f"{file.relative_to(SHARE)}: {'not of this parser' if check else 'written'}")
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(made(today)[file], encoding="utf-8", newline="\n")
    return int(check and bool(old))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
