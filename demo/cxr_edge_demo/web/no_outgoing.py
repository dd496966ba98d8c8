"""No word to any other computer: whatever a library of this process tries, it gets no connection."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterable
from typing import Any

_HERE = {"", "localhost", "0.0.0.0", "::"}


def forbid_other_computers(also_allowed: Iterable[str] = ()) -> None:
    """Refuse every outgoing connection and name look-up from now on, in the whole process, for good.

    Web frameworks report usage, look for updates and fetch addresses that a client names; this holds for all of them,
    and for those to come. Answering browsers is no outgoing connection. An audit hook is Python's own means of it: it
    sees every way to a socket, and cannot be taken off again by what it bounds.

    Args:
        also_allowed: names of this computer, such as the one that the server listens on.
    """
    allowed = _HERE | set(also_allowed)

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto"):
            address = args[1]
            if not isinstance(address, tuple):  # a Unix socket
                return
            host = address[0]
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = args[0]
            if host is None or _is_number(_text(host)):
                return  # nobody is asked
        else:
            return
        host = _text(host)
        if host not in allowed and not _is_loopback(host):
            raise PermissionError("cxr-edge demo connects to no other computer")

    sys.addaudithook(refuse)


def _text(host: str | bytes) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_number(host) and ipaddress.ip_address(host.partition("%")[0]).is_loopback
