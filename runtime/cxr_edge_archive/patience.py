"""What storage fails at now and may do in a moment is tried again."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from cxr_edge.errors import CxrEdgeError

Result = TypeVar("Result")
WAITS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Seconds before each new attempt, about; half a minute in all."""
_LASTING = ("ACCESS_DENIED", "INVALID_ACCESS_KEY", "INVALID_SIGNATURE", "SIGNATURE_DOES_NOT_MATCH", "NO_SUCH_BUCKET")
_OF_THE_FILE = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)


class StorageFailure(CxrEdgeError):
    """Storage that did not do what was asked of it for as long as anybody waited. It says nothing of the film."""


def patiently(attempt: Callable[[], Result], what: str, waits: Sequence[float] | None = None) -> Result:
    """What `attempt` returns, which is called again after a failure of the storage.

    Args:
        attempt: may be called several times.
        what: is attempted, for the message; names no film.
        waits: seconds between attempts, by default `WAITS`; each is varied by a half, so that many readers do not
            come back at once.

    Raises:
        StorageFailure: the last attempt failed as well, or storage refuses for good.
        FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError: what an attempt says of the file.
    """
    for wait in (*(WAITS if waits is None else waits), None):
        try:
            return attempt()
        except _OF_THE_FILE:
            raise
        except OSError as error:
            reason = str(error)
            if wait is None or any(word in reason for word in _LASTING):
                raise StorageFailure(
                    f"{what}: found {error.strerror or _kind(reason)}; expected storage that answers"
                ) from None
        time.sleep(wait * random.uniform(0.5, 1.5))
    raise AssertionError  # the loop ends by return or raise


def _kind(reason: str) -> str:
    """Of a store's message the part that says what kind of failure it is; names of objects stand around it."""
    by_amazon = re.search(r"AWS Error [A-Z_]+ during \w+", reason)
    other = re.search(r"\b[A-Z][A-Z_]{4,}\b", reason)
    return by_amazon[0] if by_amazon else other[0] if other else "an error"
