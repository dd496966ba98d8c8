"""From an object that has come to one that is safe: on the disk and in the ledger, or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable

from cxr_edge import CxrEdgeError
from cxr_edge_node.log_names import LOG, log_name
from cxr_edge_node.receiving.arrival import Arrival, disk_refusal
from cxr_edge_node.receiving.bounds import Bounds
from cxr_edge_node.receiving.commands import (
    CANNOT_UNDERSTAND,
    CLASS_NOT_SUPPORTED,
    INVALID_INSTANCE,
    OUT_OF_RESOURCES,
    Command,
    Refusal,
    is_uid,
)
from cxr_edge_node.records.node_ledger import NodeLedger
from cxr_edge_node.records.whole_objects import keep
from cxr_edge_node.settings import Settings

_OTHER_CLASS = Refusal(CLASS_NOT_SUPPORTED, "a SOP class that was not agreed for this context")
_NO_UID = Refusal(INVALID_INSTANCE, "the SOP Instance UID is no UID")
_NO_LEDGER = Refusal(OUT_OF_RESOURCES, "the ledger does not take it")
_OUR_FAULT = Refusal(CANNOT_UNDERSTAND, "an error of the node")


class Intake:
    """The spool's folders ``incoming`` and ``films``, and the ledger's entry of what is in them.

    Args:
        settings: spool and reserve.
        ledger: where films are entered.
        arrived: called after each new film is.
        bounds: of its files.
    """

    def __init__(self, settings: Settings, ledger: NodeLedger, arrived: Callable[[], None], bounds: Bounds) -> None:
        self._incoming = settings.spool / "incoming"
        self._spool = settings.spool
        self._reserve = settings.reserve
        self._ledger = ledger
        self._arrived = arrived
        self._bounds = bounds
        self._locks = [threading.Lock() for _ in range(64)]

    def prepare(self) -> None:
        """Make the folders, for the owner alone, and delete what an earlier run left half received.

        Raises:
            CxrEdgeError: the spool cannot be written to.
        """
        try:
            for folder in (self._incoming, self._spool / "films"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
        except OSError as error:
            raise CxrEdgeError(f"{self._spool}: found {error.strerror}; expected a folder to write to") from None
        self.delete_leftovers(0.0)

    def delete_leftovers(self, unchanged_seconds: float) -> None:
        """Delete half-received objects whose files have not changed for so long."""
        with contextlib.suppress(OSError):
            for path in self._incoming.iterdir():
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime >= unchanged_seconds:
                        path.unlink()

    def open(self, command: Command, agreed_class: str, transfer_syntax: str) -> Arrival:
        """Begin to receive an object; it may be refused already."""
        refusal = None
        if command.sop_class_uid != agreed_class:
            refusal = _OTHER_CLASS
        elif not is_uid(command.sop_instance_uid):
            refusal = _NO_UID
        return Arrival(self._incoming, command, transfer_syntax, self._bounds, self._has_room, refusal)

    def keep(self, arrival: Arrival, calling_aet: str) -> Refusal | None:
        """Make an object that has come safe; never raises.

        Returns:
            None when it is on the disk and in the ledger, there since now or since before; only then may the sender
            hear of success. Otherwise why not, and nothing of it is left.
        """
        try:
            if self._is_new(arrival, calling_aet):
                LOG.info("received %s from %s", log_name(arrival.command.sop_instance_uid), calling_aet)
                self._tell()
        except OSError as error:
            arrival.refuse(disk_refusal(error))
        except CxrEdgeError:
            arrival.refuse(_NO_LEDGER)
        except Exception as error:  # whatever it is, the sender must not take it for success
            LOG.error("an object could not be received (%s)", type(error).__name__)
            arrival.refuse(_OUR_FAULT)
        arrival.drop()
        return arrival.refusal

    def _is_new(self, arrival: Arrival, calling_aet: str) -> bool:
        partial = arrival.complete()
        if partial is None:
            return False
        uid, sha256 = arrival.command.sop_instance_uid, arrival.sha256
        hashed = hashlib.sha256(uid.encode()).hexdigest()[:24]  # a UID in a path could lead to a patient, or elsewhere
        name = f"films/{hashed[:2]}/{hashed}-{sha256[:24]}.dcm"
        with self._locks[int(sha256[:8], 16) % len(self._locks)]:  # the same object may come twice at the same time
            if self._ledger.knows(uid, sha256):
                return False
            file = self._spool / name
            try:
                keep(partial, file)
                return self._ledger.receive(
                    sop_instance_uid=uid, sha256=sha256, sop_class_uid=arrival.command.sop_class_uid,
                    transfer_syntax_uid=arrival.transfer_syntax, file=name, bytes=arrival.file_bytes,
                    calling_aet=calling_aet,
                )  # fmt: skip
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(file)
                raise

    def _tell(self) -> None:
        try:
            self._arrived()
        except Exception as error:  # the film is safe; that nobody looks at it yet is no reason to send it again
            LOG.error("a received film could not be announced (%s)", type(error).__name__)

    def _has_room(self) -> bool:
        try:
            return shutil.disk_usage(self._incoming).free >= self._reserve
        except OSError:
            return False
