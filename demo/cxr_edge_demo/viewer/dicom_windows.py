"""The windows that a DICOM object asks to be seen through."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from cxr_edge_demo.viewer.grey_window import FUNCTIONS, Window

if TYPE_CHECKING:
    from pydicom import Dataset

OWN = "Film's own window"
_MOST_ENTRIES = 2**16  # of a table, by the standard
MOST = 4  # windows of one object that are offered; some list dozens


def windows_of(dataset: Dataset) -> list[Window]:
    """VOI tables and windows of a dataset, the one to begin with first; none if it has none that can be used.

    Nothing here stops a film from being seen: a window that makes no sense is left out.
    """
    return [*_tables(dataset), *_windows(dataset)][:MOST]


def _windows(dataset: Dataset) -> list[Window]:
    function = str(dataset.get("VOILUTFunction") or "LINEAR").strip().upper()
    if function not in FUNCTIONS:
        return []
    centres, widths = _numbers(dataset.get("WindowCenter")), _numbers(dataset.get("WindowWidth"))
    return [
        Window(OWN, centre, width, function)
        for centre, width in zip(centres, widths, strict=False)
        if math.isfinite(centre) and math.isfinite(width) and width >= (1 if function == "LINEAR" else 1e-6)
    ]


def _numbers(value: Any) -> list[float]:
    several = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    return [float(one) for one in several if one is not None and one != ""]


def _tables(dataset: Dataset) -> list[Window]:
    from pydicom.pixels.processing import apply_voi

    found = []
    for index, item in enumerate(dataset.get("VOILUTSequence") or ()):
        try:
            entries, first, bits = (int(value) for value in item.LUTDescriptor)
            entries = entries or _MOST_ENTRIES
            if not (0 < entries <= _MOST_ENTRIES and 0 < bits <= 16):  # a crafted table would fill the memory
                continue
            values = np.arange(first, first + entries, dtype=np.int32)
            levels = np.asarray(apply_voi(values, dataset, index), np.float64) * (255 / (2**bits - 1))
            found.append(Window(OWN, first + entries / 2, entries, "LINEAR", np.uint8(np.rint(levels)), first))
        except Exception:  # whatever a table holds, the film itself is good
            continue
    return found
