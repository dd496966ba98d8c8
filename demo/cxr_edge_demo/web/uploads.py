"""Uploaded files: where the web server puts them, and that none stays there."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cxr_edge import CxrEdgeError
from cxr_edge.errors import one_line
from cxr_edge.film.source import Limits, read_film
from cxr_edge_demo.words import _

FORGOTTEN = 5 * 60
"""Seconds after which an upload that nobody asked about is deleted."""
_INTERVAL = 20


class Uploads:
    """The folder of uploads: emptied at the start, each file deleted as soon as it is read, the rest after a while.

    Args:
        folder: of this server alone; made, readable by its owner only.

    Raises:
        CxrEdgeError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            if folder.is_symlink() or folder.exists():  # what a killed server left
                self.remove()
            folder.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise CxrEdgeError(f"{folder}: found {error.strerror}; expected to make a folder for uploads") from None
        self._real = folder.resolve()
        self._stop = threading.Event()

    def take(self, upload: Any) -> tuple[str, bytes]:
        """Name and bytes of an uploaded file, which is then gone.

        Args:
            upload: what the web server says of it: a mapping with ``path`` and ``orig_name``.

        Raises:
            CxrEdgeError: nothing was uploaded, or it is somewhere else, or gone.
            UnreadableFilm: empty or too large.
        """
        path = upload.get("path") if isinstance(upload, dict) else None
        if not isinstance(path, str):
            raise CxrEdgeError(_("There is no film here. Choose one and send it."))
        name = one_line(os.path.basename(str(upload.get("orig_name") or path)))
        real = self._inside(path)
        if real is None:
            raise CxrEdgeError(_("{film} is no longer on the server. Send it again.").format(film=name))
        try:
            return name, read_film(real, name, Limits().max_bytes)[1] or b""
        finally:
            _delete(real)

    def discard(self, uploads: Iterable[Any]) -> None:
        """Delete what is left of these."""
        for upload in uploads:
            path = upload.get("path") if isinstance(upload, dict) else None
            real = self._inside(path) if isinstance(path, str) else None
            if real is not None:
                _delete(real)

    def _inside(self, path: str) -> Path | None:
        """The file itself, if it is one in this folder: a client can name any."""
        if "\0" in path:
            return None
        real = Path(os.path.realpath(path))
        return real if self._real in real.parents and real.is_file() else None

    def sweep_until_closed(self, also: Callable[[], None] = lambda: None) -> None:
        """Start to delete forgotten uploads now and then, in the background; `also` is done with it."""

        def run() -> None:
            while not self._stop.wait(_INTERVAL):
                self.sweep(FORGOTTEN)
                also()

        threading.Thread(target=run, name="uploads", daemon=True).start()

    def sweep(self, seconds: float) -> None:
        """Delete what is older than that."""
        before = time.time() - seconds
        for parent, _folders, names in os.walk(self.folder, topdown=False):
            for path in (os.path.join(parent, name) for name in names):
                with contextlib.suppress(OSError):
                    if os.stat(path).st_mtime < before:
                        os.unlink(path)
            with contextlib.suppress(OSError):  # not empty, or too young
                if parent != os.fspath(self.folder) and os.stat(parent).st_mtime < before:
                    os.rmdir(parent)

    def remove(self) -> None:
        """Delete the folder and whatever is in it; a link there is not followed."""
        if self.folder.is_symlink():
            self.folder.unlink()
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Stop sweeping and delete everything."""
        self._stop.set()
        self.remove()


def _delete(file: Path) -> None:
    file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # holds another file
        file.parent.rmdir()
