"""The validation split: by patient, stratified, seeded, and written down file by file."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold

from cxr_edge import CxrEdgeError
from cxr_edge_train.data.films import CLASSES, LabelledFilm

Split = dict[str, list[LabelledFilm]]
"""Films by part: ``train``, ``validation`` and ``test``."""

COLUMNS = ("part", "label", "patient", "sha256", "path")


def split_by_patient(
    films: Sequence[LabelledFilm], fraction: float, seed: int, fold: int = 0
) -> tuple[list[LabelledFilm], list[LabelledFilm]]:
    """Divide films into (training, validation) so that no patient, and no file content, is in both.

    Args:
        films: of the published training folder.
        fraction: of the films that go to validation, about; at most 0.5.
        seed: of the shuffle.
        fold: which of the 1 / `fraction` parts of the same shuffle is validation, from 0.

    Raises:
        CxrEdgeError: there is no such fold.

    The strata are the series of the data set, so both parts hold the same mix of bacterial, viral and
    both kinds of normal films.
    """
    _, patients = np.unique([film.patient for film in films], return_inverse=True)
    _, contents = np.unique([film.sha256 for film in films], return_inverse=True)
    nodes = patients.max() + 1 + contents.max() + 1  # a graph of patients and file contents
    edges = (np.ones(len(films)), (patients, patients.max() + 1 + contents))
    _, component = connected_components(coo_array(edges, shape=(nodes, nodes)), directed=False)
    groups = component[patients]  # patients that share a byte-identical file are one group
    count = round(1 / fraction)
    if not 0 <= fold < count:
        raise CxrEdgeError(f"found the fold {fold}; expected one from 0 to {count - 1}")
    folds = StratifiedGroupKFold(n_splits=count, shuffle=True, random_state=seed)
    training, validation = list(folds.split(films, [film.series for film in films], groups))[fold]
    return [films[i] for i in training], [films[i] for i in validation]


def write_manifest(path: Path, split: Mapping[str, Iterable[LabelledFilm]], root: Path) -> str:
    """Write one CSV row per film (columns `COLUMNS`, paths relative to `root`); return its sha256."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for part, films in split.items():
            for film in films:
                relative = film.path.relative_to(root).as_posix()
                writer.writerow((part, CLASSES[film.label], film.patient, film.sha256, relative))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_manifest(path: Path, root: Path) -> Split:
    """The split that a manifest lists, each file below `root` checked against its sha256.

    Raises:
        CxrEdgeError: a file is missing or is not the one that was split.
    """
    split: Split = {}
    for row in read_rows(path):
        film = root / row["path"]
        if not film.is_file() or hashlib.sha256(film.read_bytes()).hexdigest() != row["sha256"]:
            raise CxrEdgeError(f"{film}: found another or no file; expected the one listed in {path}")
        label = CLASSES.index(row["label"])
        series = row["patient"].rpartition("-")[0] or row["label"]
        split.setdefault(row["part"], []).append(LabelledFilm(film, label, series, row["patient"], row["sha256"]))
    return split


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a manifest, whose films need not be there."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
