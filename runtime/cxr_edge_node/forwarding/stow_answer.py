"""What an archive's answer to a STOW-RS request means, PS3.18 10.5.3 and annex I."""

from __future__ import annotations

import json
from typing import Any

from cxr_edge_node.forwarding.sender import State
from cxr_edge_node.forwarding.statuses import DUPLICATE, of_failure

_REFERENCED, _FAILED = "00081199", "00081198"
_INSTANCE, _REASON = "00081155", "00081197"
_STORED_BEFORE = {DUPLICATE, 45070}
"""45070: Microsoft's DICOM service, its conformance statement, section Store Failure Reason Codes."""
_PUT_OFF = {
    401: "it does not accept the authorization",
    403: "it does not let this node store",
    404: "there is no STOW-RS service at this address",
    405: "there is no STOW-RS service at this address",
    407: "a proxy asks for an authorization",
    408: "it gave up waiting",
    425: "it is not ready",
    429: "it has too much to do",
    501: "there is no STOW-RS service at this address",
    503: "it has too much to do",
    507: "out of resources",
}
_REFUSED = {
    400: "it cannot understand the request",
    406: "it cannot answer in application/dicom+json",
    409: "it could not store the object",
    413: "the object is too large for it",
    415: "it does not take application/dicom",
}


def judged(status: int, body: bytes, sop_instance: str) -> tuple[State, str]:
    """What became of the one object of a request.

    Only an answer that names the object as stored is success. Orthanc says 200 to a request in which it found nothing,
    and a sign-in page that a proxy put in front of the archive says 200 as well.

    Args:
        status: of HTTP.
        body: ``application/dicom+json``, if the archive is as it should be.
        sop_instance: the object's UID.
    """
    found = _objects(body)
    if status < 300 and (sop_instance, None) in found.get(_REFERENCED, ()):
        return "sent", ""
    for uid, reason in found.get(_FAILED, ()):
        if uid in (sop_instance, None) and isinstance(reason, int):  # some leave out which: there is only one
            return ("sent", "") if reason in _STORED_BEFORE else of_failure(reason)
    words = f"HTTP {status}"
    if status in _REFUSED:
        return "refused", f"{words}: {_REFUSED[status]}"
    if 300 <= status < 400:
        return "put off", f"{words}: it points to another address; expected that one in forward_web"
    if status in _PUT_OFF or status >= 500:
        return "put off", f"{words}: {_PUT_OFF.get(status, 'a failure of the archive')}"
    if status >= 400:
        return "refused", words
    return "refused", f"{words}, but its answer does not say that it stored the object"


def _objects(body: bytes) -> dict[str, list[tuple[Any, Any]]]:
    """By sequence, UID and failure reason of each object that an answer names; empty if it is none."""
    try:
        answer = json.loads(body)
        return {
            sequence: [(_value(item, _INSTANCE), _value(item, _REASON)) for item in answer[sequence]["Value"]]
            for sequence in (_REFERENCED, _FAILED)
            if answer.get(sequence, {}).get("Value")
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _value(item: dict[str, Any], tag: str) -> Any:
    values = item.get(tag, {}).get("Value") or [None]
    return values[0]
