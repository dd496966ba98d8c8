"""Who reaches the demo at which address and until when, and who may stop it."""

from __future__ import annotations

import ipaddress
import socket
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from cxr_edge_demo.web.exposure import Exposure

LONGEST = timedelta(days=7)  # of a share link; its servers end it then
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_ANY = ("0.0.0.0", "::")
_LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass
class Reach:
    """How the demo that runs now is reached.

    Made before other computers are forbidden: only then does a computer say which address it has in its network.

    Attributes:
        exposure: what its operator chose.
        port: where it listens.
        share_url: from the internet, once the link is made; empty without one.
        network_url: from other computers of the network; empty if none reaches it.
        began: when it was started.
        stop: set when somebody at this computer ends it.
    """

    exposure: Exposure
    port: int
    share_url: str = ""
    network_url: str = field(init=False)
    began: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        host = self.exposure.host
        here_alone = Exposure(host, False, (), False).local
        address = own_address() if host in _ANY else f"[{host}]" if ":" in host else host
        self.network_url = "" if here_alone else f"http://{address}:{self.port}/"

    @property
    def local_url(self) -> str:
        """Its address on this computer itself."""
        host = self.exposure.host
        return f"http://{'127.0.0.1' if host in _ANY else f'[{host}]' if ':' in host else host}:{self.port}/"

    @property
    def share_ends(self) -> datetime:
        """When the share link ends at the latest."""
        return self.began + LONGEST


def own_address() -> str:
    """This computer's address in its network, or its name if it is in none. Nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # of no computer; a datagram socket only chooses the way
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def at_this_computer(request: Any) -> bool:
    """Whether a request comes from a browser on this computer, and from a page of the demo itself.

    A share link's requests arrive from this computer too, out of the tunnel: they bear another host's name, and say
    whom they are forwarded for. A page of another site cannot ask under our name.

    Args:
        request: of Starlette.
    """
    headers = request.headers
    if any(name in headers for name in _FORWARDED) or not _loopback(request.client.host if request.client else ""):
        return False
    host = headers.get("host", "")
    origin = headers.get("origin")
    return _name(host) in _LOCAL_NAMES and (origin is None or urlsplit(origin).netloc == host)


def _name(host: str) -> str:
    return host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
