"""What an archive's status for one object means for its sender.

Codes are those of PS3.4 table B.2-1 and PS3.7 annex C for C-STORE, and of PS3.18 table I.2-2 for STOW-RS, which are the
same where both have one.
"""

from __future__ import annotations

from cxr_edge_node.forwarding.sender import State

DUPLICATE = 0x0111
"""The archive has an object of this UID. Answers' UIDs are made from what is in them, so it is this one, and an earlier
attempt arrived whose confirmation was lost."""
_MEANINGS = {
    0x0105: "no such attribute",
    0x0106: "invalid attribute value",
    0x0110: "processing failure",
    0x0112: "no such object instance",
    0x0117: "invalid object instance",
    0x0118: "no such SOP class",
    0x0119: "class and instance conflict",
    0x0122: "SOP class not supported",
    0x0124: "not authorized",
    0x0210: "duplicate invocation",
    0x0211: "unrecognized operation",
    0x0212: "mistyped argument",
    0x0213: "resource limitation",
    0xC122: "transfer syntax not supported",
}
_GROUPS = {0xA7: "out of resources", 0xA9: "the object does not match its SOP class"}
_TEMPORARY = {0x0110, 0x0213}
"""Beside 0xA7xx: a failure that need not repeat."""


def of_status(status: int) -> tuple[State, str]:
    """What the status of a C-STORE response means, and in words why the object was not taken.

    Warnings (0xBxxx; 0x0001, 0x0107 and 0x0116 of PS3.7 C.4) are of objects that were stored.
    """
    if status in (0x0000, 0x0001, 0x0107, 0x0116) or status >> 12 == 0xB:
        return "sent", ""
    return of_failure(status)


def of_failure(status: int) -> tuple[State, str]:
    """What a status means that says that an object was not stored."""
    if status == DUPLICATE:
        return "sent", ""
    state: State = "put off" if status in _TEMPORARY or status >> 8 == 0xA7 else "refused"
    return state, f"status 0x{status:04X} ({_meaning(status)})"


def _meaning(status: int) -> str:
    if status >> 12 == 0xC:
        return _MEANINGS.get(status, "cannot understand the object")
    return _MEANINGS.get(status) or _GROUPS.get(status >> 8, "a failure of the archive's own")
