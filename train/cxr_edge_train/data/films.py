"""A folder of labelled films in Kaggle's layout: ``ROOT/{train,test}/{NORMAL,PNEUMONIA}/*``."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cxr_edge import CxrEdgeError
from cxr_edge.calibration.labels import LABELS, label_of
from cxr_edge.film.folder import films_in

CLASSES = tuple(LABELS)
"""By label: ``NORMAL`` is 0, ``PNEUMONIA`` 1."""
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
    """All films below `folder`, labelled by the folders NORMAL and PNEUMONIA there; each file is hashed.

    Returns:
        The normal films sorted by path, then those with pneumonia.

    Raises:
        CxrEdgeError: a class has no films, or a film lies below neither of its folders or below both.
    """
    paths = films_in(folder) if folder.is_dir() else []
    labels = {path: label_of(path, below=folder) for path in paths}
    for label, name in enumerate(CLASSES):
        if label not in labels.values():
            raise CxrEdgeError(f"{folder}: found no films in {name}/; expected {' and '.join(CLASSES)} folders")
    return [labelled(path, labels[path]) for path in sorted(paths, key=lambda path: labels[path])]


def labelled(path: Path, label: int) -> LabelledFilm:
    """Describe one file of known `label`."""
    match = _PATIENT.match(path.name)
    if match:
        series = match["kind1"] or match["kind2"]
        patient = f"{series}-{match['n1'] or match['n2']}"
    else:
        series, patient = CLASSES[label], path.stem
    return LabelledFilm(path, label, series, patient, hashlib.sha256(path.read_bytes()).hexdigest())
