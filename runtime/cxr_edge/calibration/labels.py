"""The label of a film, read from the folders it lies in. Calibration, training and audits share this one reading."""

from __future__ import annotations

import os
from pathlib import PurePath

from cxr_edge.errors import CxrEdgeError

LABELS = {"NORMAL": 0, "PNEUMONIA": 1}
"""By the name of a folder, in upper case; 1 is pneumonia."""


def label_of(path: str | os.PathLike[str], below: str | os.PathLike[str] | None = None) -> int:
    """The label that a film's folders give it: 0 for ``NORMAL``, 1 for ``PNEUMONIA``, in upper or lower case.

    Args:
        path: of the film, which need not exist.
        below: read only the folders under this one, so that what lies above a data set cannot label it.

    Raises:
        CxrEdgeError: none of the folders has such a name, or the folders disagree.
    """
    inside = PurePath(path) if below is None else PurePath(path).relative_to(below)
    named = {folder.upper() for folder in inside.parts[:-1]} & LABELS.keys()
    if len(named) != 1:
        found = "both NORMAL and PNEUMONIA" if named else "neither NORMAL nor PNEUMONIA"
        raise CxrEdgeError(f"{path}: found {found} among its folders; expected one of them")
    return LABELS[named.pop()]
