"""A folder of labelled films in Kaggle's layout: ``ROOT/{train,test}/{NORMAL,PNEUMONIA}/*``."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cxr_edge import CxrEdgeError
from cxr_edge.film.folder import films_in

CLASSES = ("NORMAL", "PNEUMONIA")
HOW_TO_GET = (
    "Download 'Chest X-Ray Images (Pneumonia)' (Kermany et al. 2018, CC BY 4.0) with "
    "`kaggle datasets download paultimothymooney/chest-xray-pneumonia --unzip`, "
    "then set CXR_EDGE_DATA to the folder that holds chest_xray/"
)
_PATIENT = re.compile(r"(?:person(?P<n1>\d+)_(?P<kind1>bacteria|virus)|(?P<kind2>NORMAL2-IM|IM)-(?P<n2>\d+))")


@dataclass(frozen=True)
class LabelledFilm:
    """One file.

    Attributes:
        path: where it is.
        label: index into `CLASSES`; 1 is pneumonia.
        series: the naming series of the data set (bacteria, virus, IM, NORMAL2-IM), or the class name.
        patient: series and number; a file outside those series is its own patient.
        sha256: of the file's bytes.
    """

    path: Path
    label: int
    series: str
    patient: str
    sha256: str


def data_folder(given: Path | None = None) -> Path:
    """`given`, or ``$CXR_EDGE_DATA/chest_xray``.

    Raises:
        CxrEdgeError: neither exists; the message says how to get the films.
    """
    folder = given or Path(os.environ.get("CXR_EDGE_DATA", "")) / "chest_xray"
    if not folder.is_dir():
        raise CxrEdgeError(f"{folder}: found no such folder; expected train/ and test/ in it. {HOW_TO_GET}")
    return folder


def read_labelled(folder: Path) -> list[LabelledFilm]:
    """All films below `folder`/NORMAL and `folder`/PNEUMONIA, sorted by path, each file hashed.

    Raises:
        CxrEdgeError: a class folder is missing or holds no films.
    """
    films = []
    for label, name in enumerate(CLASSES):
        paths = films_in(folder / name) if (folder / name).is_dir() else []
        if not paths:
            raise CxrEdgeError(f"{folder}: found no films in {name}/; expected {' and '.join(CLASSES)} folders")
        films += [labelled(path, label) for path in paths]
    return films


def labelled(path: Path, label: int) -> LabelledFilm:
    """Describe one file of known `label`."""
    match = _PATIENT.match(path.name)
    if match:
        series = match["kind1"] or match["kind2"]
        patient = f"{series}-{match['n1'] or match['n2']}"
    else:
        series, patient = CLASSES[label], path.stem
    return LabelledFilm(path, label, series, patient, hashlib.sha256(path.read_bytes()).hexdigest())
