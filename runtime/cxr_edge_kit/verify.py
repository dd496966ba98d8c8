"""Is a kit, byte for byte, what was made? ``python verify.py [FOLDER]``: 0 if so; else 1, and it names what is not.

Every kit carries a copy of this file and runs it before it installs anything: it needs Python's standard library alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

SUMS, MANIFEST = "SHA256SUMS", "manifest.json"


def sha256(path: Path) -> str:
    """Of the file at `path`, lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sums(hashes: dict[str, str]) -> str:
    """What SHA256SUMS says if the files, by their path in the kit, have `hashes`; ``sha256sum -c`` reads it."""
    return "".join(f"{hashes[path]}  {path}\n" for path in sorted(hashes))


def contents(folder: Path) -> dict[str, Path]:
    """Everything in `folder` that is no folder, by its path there, with slashes."""
    found = [Path(top, name) for top, folders, names in os.walk(folder) for name in names + folders]
    return {path.relative_to(folder).as_posix(): path for path in found if path.is_symlink() or not path.is_dir()}


def faults(folder: Path) -> list[str]:
    """What `folder` differs in from the kit that was made, such as ``wheels/x.whl: changed``; empty if in nothing."""
    there = contents(folder)
    if missing := [f"{name}: missing" for name in (SUMS, MANIFEST) if name not in there]:
        return missing
    try:
        lines = there[SUMS].read_text(encoding="ascii").splitlines()
        summed = {line[66:]: line[:64] for line in lines}
        manifest = sha256(there[MANIFEST])
        if manifest != summed.get(MANIFEST):
            return [f"{MANIFEST}: changed, or its line in {SUMS} is"]
        made = {file["path"]: file["sha256"] for file in json.loads(there[MANIFEST].read_bytes())["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return [f"{SUMS} or {MANIFEST}: changed so that it cannot be read"]
    found = []
    if there[SUMS].read_bytes() != sums({**made, MANIFEST: manifest}).encode():
        found.append(f"{SUMS}: changed")
    for name, expected in sorted(made.items()):
        if name not in there:
            found.append(f"{name}: missing")
        elif not _same(there[name], expected):
            found.append(f"{name}: changed")
    return found + [f"{name}: added" for name in sorted({*there} - {*made, SUMS, MANIFEST})]


def _same(path: Path, expected: str) -> bool:
    try:
        return not path.is_symlink() and path.is_file() and sha256(path) == expected
    except OSError:  # a bad block of a stick
        return False


def in_words(folder: Path, found: list[str]) -> str:
    """`found` for a person."""
    if found:
        return "\n".join([*found, f"{folder}: not as it was made. Copy or make it again; do not install it."])
    return f"{folder}: every file is as it was made"


def main(arguments: list[str]) -> int:
    """Check the folder that is named, or the one that this file is in."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    found = faults(folder)
    print(in_words(folder, found), file=sys.stderr if found else sys.stdout)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
