"""Files that are on the disk, whole, or not there at all: after a power cut, too."""

from __future__ import annotations

import os
from pathlib import Path


def keep(partial: Path, file: Path) -> None:
    """Give a complete file its name, and return when both are on the disk.

    Args:
        partial: on the same file system; flushed by its writer.
        file: its final name; an older file of that name is replaced, and its folder made.

    Raises:
        OSError: it cannot be done, for want of space for instance.
    """
    with partial.open("rb+") as opened:
        os.fsync(opened.fileno())
    if not file.parent.is_dir():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(file.parent.parent)
    partial.replace(file)
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there; NTFS keeps a journal of names
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
