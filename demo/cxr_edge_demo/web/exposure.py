"""Who may reach the demo: this computer alone, unless a password or a plain word says otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cxr_edge import CxrEdgeError

VARIABLE = "CXR_EDGE_DEMO_AUTH"
LEAST_PASSWORD = 8  # characters
_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Exposure:
    """Where the demo listens and whom it lets in.

    Attributes:
        host: address to listen on.
        share: whether a public link is made.
        users: names and passwords; empty if anybody who reaches it may use it.
        open: whether the operator said that anybody may.
    """

    host: str
    share: bool
    users: tuple[tuple[str, str], ...]
    open: bool

    @property
    def local(self) -> bool:
        """Whether only this computer reaches it."""
        return self.host in _LOCAL and not self.share

    def check(self) -> None:
        """Refuse to be reached by others without a password, unless that was asked for.

        Raises:
            CxrEdgeError: it would be.
        """
        if self.local or self.users or self.open:
            return
        how = "--share" if self.share else f"--host {self.host}"
        raise CxrEdgeError(
            f"found {how} without a password; expected --auth-file FILE or {VARIABLE}=USER:PASSWORD, or --open if "
            "anybody who reaches it may use it"
        )

    def sentences(self, url: str, share_url: str | None) -> list[str]:
        """Who reaches what, where and for how long, one line each."""
        whom = f"whoever knows one of {len(self.users)} passwords" if self.users else "anybody, without a password"
        lines = []
        if self.host in _LOCAL:
            lines.append(f"on this computer alone: {url}")
        else:
            lines.append(f"on every computer that reaches {self.host} of this one, for {whom}: {url}")
            lines.append("what is sent there is not encrypted: use a network that you trust")
        if self.share:
            lines.append(f"from the whole internet, for {whom}: {share_url}")
            lines.append("films pass through the servers of gradio.live; the link ends with this program, or in a week")
        return [*lines, "until this program ends: Ctrl-C"]


def read_users(file: Path | None) -> tuple[tuple[str, str], ...]:
    """Names and passwords from `file`, one ``USER:PASSWORD`` a line, or from the environment variable `VARIABLE`.

    On the command line itself a password would stay in the shell's history and be seen by every user of the computer.

    Raises:
        CxrEdgeError: the file cannot be read, or holds something else, or a password is too short.
    """
    try:
        text = os.environ.get(VARIABLE, "") if file is None else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CxrEdgeError(f"{file}: found no readable text file; expected USER:PASSWORD, one a line") from None
    source = VARIABLE if file is None else str(file)
    users = []
    for number, line in enumerate((line.strip() for line in text.splitlines()), 1):
        user, colon, password = line.partition(":")
        if not line or line.startswith("#"):
            continue
        if not (user and colon and len(password) >= LEAST_PASSWORD):
            expected = f"USER:PASSWORD with at least {LEAST_PASSWORD} characters of password"
            raise CxrEdgeError(f"{source}: found something else in line {number}; expected {expected}")
        users.append((user, password))
    if file is not None and not users:
        raise CxrEdgeError(f"{source}: found no line; expected USER:PASSWORD, one a line")
    return tuple(users)
