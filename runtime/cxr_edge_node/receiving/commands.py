"""The commands of senders: C-ECHO and C-STORE requests, read without believing them."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

SUCCESS = 0x0000
INVALID_INSTANCE = 0x0117
CLASS_NOT_SUPPORTED = 0x0122
OUT_OF_RESOURCES = 0xA700
CANNOT_UNDERSTAND = 0xC000
"""Statuses, PS3.7 annex C and 9.1.1.1.9, PS3.4 table B.2-1."""

C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0030, 0x0FFF
_NO_DATA_SET = 0x0101
_UID = re.compile(r"[0-9]+(?:\.[0-9]+)+")
_CONFORMANT_UID = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+")


class Violation(Exception):
    """A sender broke the protocol, or a bound; its association ends. The message is for the ledger."""


@dataclass(frozen=True)
class Refusal:
    """Why an object is not kept: a status, and words for the sender (64 characters, PS3.7 C.4.2) and the ledger."""

    status: int
    reason: str


@dataclass(frozen=True)
class Command:
    """A request (PS3.7 9.3.1 and 9.3.5)."""

    field: int
    message_id: int
    sop_class_uid: str
    sop_instance_uid: str
    has_data_set: bool

    @classmethod
    def parse(cls, encoded: bytes) -> Command:
        """Read a command set, which is always implicit little endian with defined lengths (PS3.7 6.3.1).

        pydicom would read it too, but warns on the standard error, with the values, of UIDs that are not quite right.

        Raises:
            Violation: it is none, or one of another operation than C-ECHO, C-STORE and C-CANCEL.
        """
        found: dict[int, bytes] = {}
        at = 0
        while at < len(encoded):
            if len(encoded) - at < 8:
                raise Violation("a damaged command")
            group, element, length = struct.unpack_from("<HHI", encoded, at)
            at += 8
            if group != 0 or length > len(encoded) - at:
                raise Violation("a damaged command")
            found[element] = encoded[at : at + length]
            at += length
        field = _number(found, 0x0100)
        if field not in (C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ):
            raise Violation("an operation other than C-ECHO and C-STORE")
        return cls(
            field=field,
            message_id=_number(found, 0x0120 if field == C_CANCEL_RQ else 0x0110),
            sop_class_uid=_text(found, 0x0002),
            sop_instance_uid=_text(found, 0x1000),
            has_data_set=_number(found, 0x0800) != _NO_DATA_SET,
        )


def is_uid(text: str) -> bool:
    """Whether `text` may name an object: digits and dots, up to 64 (PS3.5 9.1).

    A component that starts with 0 is against the standard, but machines send it; their films are worth having.
    """
    return len(text) <= 64 and _UID.fullmatch(text) is not None


def may_be_repeated(uid: str) -> bool:
    """Whether an answer may hold it, which it need not (PS3.7 table 9.1-1): pydicom prints any other as a warning."""
    return len(uid) <= 64 and _CONFORMANT_UID.fullmatch(uid) is not None


def _number(found: dict[int, bytes], element: int) -> int:
    value = found.get(element, b"")
    if len(value) != 2:
        raise Violation("a damaged command")
    return int.from_bytes(value, "little")


def _text(found: dict[int, bytes], element: int) -> str:
    return found.get(element, b"").rstrip(b"\0 ").decode("ascii", "replace")
