"""Which files of a folder are films."""

from __future__ import annotations

import os
from pathlib import Path

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})


def films_in(folder: str | os.PathLike[str]) -> list[Path]:
    """Picture files anywhere below `folder`, by their suffix, sorted; hidden files and links to folders not.

    Errors that the file system gives for a subfolder are raised as they are (`OSError`).
    """

    def refuse(error: OSError) -> None:
        raise error

    return sorted(
        Path(parent, name)
        for parent, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if os.path.splitext(name)[1].lower() in SUFFIXES and not name.startswith(".")
    )
