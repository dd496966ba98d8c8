"""Who may call, and the note of who was turned away."""

from __future__ import annotations

import ipaddress
import threading
import time

from cxr_edge_node.log_names import LOG
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.settings import Settings

CALLING_AET_UNKNOWN = (0x01, 0x01, 0x03)
CALLED_AET_UNKNOWN = (0x01, 0x01, 0x07)
LIMIT_EXCEEDED = (0x02, 0x03, 0x02)
"""Result, source and reason of an A-ASSOCIATE-RJ, PS3.8 table 9-21: for good, for good, and for the moment."""

_SAME_AGAIN = 60.0
_REMEMBERED = 1000


def numeric_address(address: str) -> str:
    """An address as `cxr_edge_node.settings.Caller` has it: without a zone, and as IPv4 if it is one inside IPv6."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return str(getattr(found, "ipv4_mapped", None) or found)


class Callers:
    """Who may send to a node, by its settings.

    An application entity title is a name that anybody can give, so it counts only together with an address.
    """

    def __init__(self, settings: Settings) -> None:
        self._aet = settings.aet
        self._pairs = {(one.aet, numeric_address(one.address)) for one in settings.allow}
        self._addresses = {address for _, address in self._pairs}

    def may_connect(self, address: str) -> bool:
        """Whether anybody may call from `address`, as `numeric_address` gives it."""
        return address in self._addresses if self._pairs else ipaddress.ip_address(address).is_loopback

    def rejection(self, calling: str, called: str, address: str) -> tuple[tuple[int, int, int], str] | None:
        """Why an association is rejected, for the sender and in words; None if it is not.

        Args:
            calling, called: application entity titles; spaces around them mean nothing (PS3.5 6.2).
            address: of the caller, as `numeric_address` gives it.
        """
        if not self.may_connect(address) or (self._pairs and (calling.strip(), address) not in self._pairs):
            return CALLING_AET_UNKNOWN, "this pair of AE title and address is not allowed"
        if called.strip() != self._aet:
            return CALLED_AET_UNKNOWN, "it called another AE title"
        return None


class Refusals:
    """Notes refusals in the ledger and the log, and never fails: what was refused stays refused.

    Args:
        ledger: that has them.
    """

    def __init__(self, ledger: NodeLedger) -> None:
        self._ledger = ledger
        self._recent: dict[tuple[str, str, str], float] = {}
        self._lock = threading.Lock()

    def note(self, aet: str, address: str, reason: str, *, every: bool = True) -> None:
        """Note one.

        Args:
            aet: of the caller, empty if it is not known.
            address: of the caller.
            reason: in words of ours; never a value of a tag.
            every: False to leave out what was noted within the last minute, so that a caller who tries a thousand times
                does not keep the disk busy.
        """
        try:
            if every or self._is_new((aet, address, reason)):
                LOG.warning("refused from %s@%s: %s", aet, address, reason)
                self._ledger.refuse(aet, address, reason)
        except Exception as error:
            LOG.error("a refusal could not be noted (%s)", type(error).__name__)

    def _is_new(self, refusal: tuple[str, str, str]) -> bool:
        now = time.monotonic()
        with self._lock:
            if now - self._recent.get(refusal, -_SAME_AGAIN) < _SAME_AGAIN:
                return False
            if len(self._recent) >= _REMEMBERED:
                self._recent.clear()
            self._recent[refusal] = now
            return True
