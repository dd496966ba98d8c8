"""Sentences of the runtime that hold numbers, given to the catalogue with placeholders in their places.

The runtime says "9 × 9 pixels" and knows no catalogue. A PO file holds "{0} × {1} pixels", which serves all of them.
"""

from __future__ import annotations

import re

from cxr_edge_demo.words.translator import _

_NUMBER = re.compile(r"(?<![A-Za-z\d])\d+(?:[.,]\d+)*")


def pattern(sentence: str) -> str:
    """A sentence with ``{0}``, ``{1}``, … in the places of its numbers: the key that a PO file has it under."""
    count = iter(range(len(sentence)))
    return _NUMBER.sub(lambda match: f"{{{next(count)}}}", sentence)


def translated(sentence: str) -> str:
    """A sentence of the runtime in the language of the request: under itself as key, or under its `pattern`."""
    whole = _(sentence)
    if whole != sentence:
        return whole
    key = pattern(sentence)
    found = _(key)
    return sentence if found == key else found.format(*_NUMBER.findall(sentence))
