"""How logs name an object: by a hash, because UIDs lead to patients."""

from __future__ import annotations

import hashlib
import logging

LOG = logging.getLogger("cxr_edge_node")


def log_name(uid: str) -> str:
    """The first 12 hexadecimal digits of the sha256 of a SOP Instance UID."""
    return hashlib.sha256(uid.encode("utf-8", "backslashreplace")).hexdigest()[:12]
