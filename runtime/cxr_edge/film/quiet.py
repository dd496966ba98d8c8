"""What decoders say on their own stays off the terminal: one line per film is ours to say."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def decoders_silenced() -> Iterator[None]:
    """Drop what C libraries (libtiff, libjpeg) write to file descriptor 2, and Python's warnings, while this lasts.

    What this program itself prints to standard error still arrives. For the command line alone: both are switches of
    the whole process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            kept = os.dup(2)
        except OSError:  # there is no standard error
            yield
            return
        ours = sys.stderr
        try:
            ours.flush()
            if ours.fileno() == 2:
                sys.stderr = os.fdopen(os.dup(kept), "w", encoding=ours.encoding, errors=ours.errors, buffering=1)
        except (OSError, ValueError, AttributeError):  # replaced by something that is no file: it does not use 2
            pass
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        try:
            yield
        finally:
            if sys.stderr is not ours:
                sys.stderr.close()
                sys.stderr = ours
            os.dup2(kept, 2)
            os.close(kept)
