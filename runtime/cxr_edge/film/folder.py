"""Which files of a folder are films."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".dcm"})


def films_in(folder: str | os.PathLike[str], on_error: Callable[[OSError], None] | None = None) -> list[Path]:
    """Pictures (by suffix) and DICOM objects (by content) anywhere below `folder`, sorted.

    Hidden files are passed over, and links to folders are not followed.

    A subfolder that cannot be listed raises `OSError`, or is given to `on_error` and passed over.
    """

    def refuse(error: OSError) -> None:
        raise error

    return sorted(
        Path(parent, name)
        for parent, _, names in os.walk(folder, onerror=on_error or refuse)
        for name in names
        if is_film(parent, name)
    )


def is_film(folder: str, name: str) -> bool:
    """Whether a file of `folder` counts as a film; a name without a known suffix is looked into."""
    return not name.startswith(".") and (has_suffix(name) or _is_dicom(os.path.join(folder, name)))


def has_suffix(name: str) -> bool:
    """Whether a name ends as those of films do."""
    return os.path.splitext(name)[1].lower() in SUFFIXES


def _is_dicom(path: str) -> bool:
    """X-ray machines and archives often name objects without any suffix."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False
