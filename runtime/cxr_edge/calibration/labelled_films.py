"""A clinic's own labelled films: folders named for their label, or a table."""

from __future__ import annotations

import csv
from pathlib import Path

from cxr_edge.calibration.labels import label_of
from cxr_edge.errors import CxrEdgeError
from cxr_edge.film.folder import films_in

_LABELS = {"NORMAL": 0, "PNEUMONIA": 1, "0": 0, "1": 1}


def labelled_films(source: Path) -> list[tuple[Path, int]]:
    """Films with labels, 1 for pneumonia.

    Args:
        source: a folder with the folders NORMAL and PNEUMONIA somewhere below it, or a CSV file with the columns
            ``path`` (relative to the CSV's folder) and ``label`` (NORMAL or PNEUMONIA, or 0 or 1).

    Raises:
        CxrEdgeError: neither, no film, a label that is none of these, or a film that is listed twice.
    """
    try:
        labelled = _from_folder(source) if source.is_dir() else _from_table(source)
    except OSError as error:
        raise CxrEdgeError(f"{source}: found {error.strerror}; expected a folder of films or a CSV file") from None
    if not labelled:
        raise CxrEdgeError(f"{source}: found no films; expected some with labels")
    seen: set[Path] = set()
    for path, _ in labelled:
        if path.resolve() in seen:
            raise CxrEdgeError(f"{source}: found {path} twice; expected every film once")
        seen.add(path.resolve())
    return labelled


def _from_folder(folder: Path) -> list[tuple[Path, int]]:
    return [(film, label_of(film, below=folder)) for film in films_in(folder)]


def _from_table(table: Path) -> list[tuple[Path, int]]:
    labelled = []
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, skipinitialspace=True, strict=True)
            columns = [name.strip().lower() for name in rows.fieldnames or ()]
            if not {"path", "label"} <= set(columns):
                found = ", ".join(columns) or "no columns"
                raise CxrEdgeError(f"{table}: found {found}; expected the columns path and label, parted by commas")
            rows.fieldnames = columns
            for row in rows:
                path, label = (row["path"] or "").strip(), (row["label"] or "").strip().upper()
                if not path or label not in _LABELS:
                    found = f"the path {path!r} with the label {label!r} in line {rows.line_num}"
                    raise CxrEdgeError(f"{table}: found {found}; expected NORMAL, PNEUMONIA, 0 or 1 for a path")
                labelled.append((table.parent / path, _LABELS[label]))
    except (ValueError, csv.Error) as error:
        raise CxrEdgeError(f"{table}: found {error}; expected a table of comma-separated values in UTF-8") from None
    return labelled
