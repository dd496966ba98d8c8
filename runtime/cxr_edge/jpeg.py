"""The one thing a JPEG decoder does not tell: whether the file was all there."""

from __future__ import annotations

import re

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # no stuffed byte, no fill byte, no restart
_END = 0xD9


def ends(data: bytes) -> bool:
    """Whether a JPEG's own end marker is there; libjpeg would make up what is missing before it."""
    position = 2
    while marker := _MARKER.search(data, position):
        if data[marker.end() - 1] == _END:
            return True
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return False
