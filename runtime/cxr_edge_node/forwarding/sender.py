"""What every way of sending has in common."""

from __future__ import annotations

import ssl
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

State = Literal["sent", "put off", "refused", "unreadable"]
"""What became of one answer.

``put off``: not taken now, by reason of the archive or of the line, so others need not be tried now either;
``refused``: not taken as it is, others may be; ``unreadable``: it cannot be read here and never will be.
"""


@dataclass(frozen=True)
class Result:
    """What became of one answer's file, and why in words without anything of its content."""

    file: Path
    state: State
    error: str = ""


class Unreachable(Exception):
    """The archive cannot be spoken to, so nothing was sent. The message says why in words."""


class Sender(Protocol):
    """A way to one archive."""

    def send(self, files: Sequence[Path]) -> Generator[Result, None, None]:
        """Send answers, and say of each what became of it as soon as it is known; files left out were not tried.

        The connection is ended with the generator.

        Args:
            files: DICOM files.

        Raises:
            Unreachable: the archive cannot be reached, or not any longer, while no answer was on its way.
        """

    def hang_up(self) -> None:
        """Cut the connection, from any thread. What is on its way is put off."""


def in_words(error: OSError) -> str:
    """Why a connection failed, for people."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not verify: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or 'no reason given').lower().replace('_', ' ')}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return error.strerror or type(error).__name__
